import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Config, QingStor, Request, type Answer, type Bucket } from 'qingstor-sdk';
import type { S3Endpoint } from '../s3/endpoint';
import { bucketName } from '../s3/sdk';

/** The SDK's settings for an endpoint. It keeps a file of its own beside, which is not to be in anybody's home. */
export function configFor({ url, accessKey, secretKey }: S3Endpoint): Config {
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-qingstor-'));
  const before = process.env['QINGSTOR_CONFIG_PATH'];
  process.env['QINGSTOR_CONFIG_PATH'] = join(folder, 'config.yaml');
  try {
    return new Config({ access_key_id: accessKey, secret_access_key: secretKey, endpoint: url });
  } finally {
    if (before === undefined) delete process.env['QINGSTOR_CONFIG_PATH'];
    else process.env['QINGSTOR_CONFIG_PATH'] = before;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What comes behind the bucket's name: `/KEY?QUERY`, or for keys that have a question mark the two apart. */
export type Target = string | readonly [key: string, query?: string];

function partsOf(target: Target): readonly [key: string, query?: string | undefined] {
  if (typeof target !== 'string') return target;
  const [path = '', query] = target.split(/\?(.*)/s);
  return [path.slice(1), query];
}

/** What an operation is asked with. */
export interface Given {
  readonly headers?: Readonly<Record<string, string>>;
  /** What is in the query, and not signed. */
  readonly params?: Readonly<Record<string, string | number>>;
  readonly document?: Readonly<Record<string, unknown>>;
  readonly body?: string | Buffer;
}

/** What was answered, also where it is an error. */
export type Answered = Answer & { readonly data: Document };

/** A document of which any field can be asked for. */
export type Document = Readonly<Record<string, unknown>>;

/** A bucket as the SDK has it, and besides by operations of our own, since it has none for versions. */
export class QsBucket {
  readonly sdk: Bucket;

  private constructor(
    private readonly config: Config,
    readonly name: string,
  ) {
    this.sdk = new QingStor(config).Bucket(name);
  }

  static at(endpoint: S3Endpoint, name: string): QsBucket {
    return new QsBucket(configFor(endpoint), name);
  }

  /** A new one. */
  static async make(endpoint: S3Endpoint, status?: 'ENABLED' | 'SUSPENDED'): Promise<QsBucket> {
    const bucket = QsBucket.at(endpoint, bucketName());
    await bucket.sdk.put();
    if (status) await bucket.setVersions(status);
    return bucket;
  }

  async setVersions(status: 'ENABLED' | 'SUSPENDED'): Promise<void> {
    await this.must(200, 'PUT', '?versioning', { document: { status } });
  }

  /** What is in the target is signed by the SDK. */
  request(
    method: string,
    target: Target,
    { headers = {}, params = {}, document = {}, body }: Given = {},
  ) {
    const [key, query] = partsOf(target);
    const uri = `/<bucket-name>${key === '' ? '' : '/<object-key>'}${query === undefined ? '' : `?${query}`}`;
    const properties = { 'bucket-name': this.name, ...(key === '' ? {} : { 'object-key': key }) };
    return new Request(this.config, {
      ...{ api: 'Any', method, uri, params, headers, elements: document, properties, body },
    }).build();
  }

  ask(method: string, target: Target, given?: Given): Promise<Answered> {
    return settled(this.request(method, target, given).send());
  }

  async must(status: number, method: string, target: Target, given?: Given): Promise<Answered> {
    const answer = await this.ask(method, target, given);
    if (answer.status !== status)
      throw new Error(
        `${method} ${partsOf(target).join('?')}: ${answer.status} ${JSON.stringify(answer.data)}`,
      );
    return answer;
  }

  /** Writes an object, with an id where there are versions. */
  async put(key: string, body: string): Promise<string> {
    return (await this.must(201, 'PUT', [key], { body })).headers['x-qs-version-id'] ?? '';
  }
}

/** What the SDK tells of an answer, which it throws where that is an error. */
export async function settled(answer: Promise<Answer>): Promise<Answered> {
  try {
    return asAnswered(await answer);
  } catch (error) {
    const response = Reflect.get(Object(error) as object, 'response') as Answer | undefined;
    if (response === undefined) throw error;
    return asAnswered(response);
  }
}

function asAnswered(answer: Answer): Answered {
  return answer as Answered;
}

/** What an answer carries that is no document; a document as its text, since the SDK reads even a number as one. */
export function textOf({ data }: Pick<Answer, 'data'>): string {
  return typeof data === 'string' ? data : JSON.stringify(data);
}

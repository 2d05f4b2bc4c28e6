import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Config, QingStor, Request, type Answer, type Bucket } from 'qingstor-sdk';
import type { S3Endpoint } from '../../servers/s3_endpoint';
import { bucketName } from '../s3/sdk';

/**
 * The SDK's settings for an endpoint. The SDK writes a configuration file, which must not
 * end up in a home directory.
 */
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

/**
 * What follows the bucket's name: `/KEY?QUERY`, or the two apart for keys with a question
 * mark.
 */
export type Target = string | readonly [key: string, query?: string];

function partsOf(target: Target): readonly [key: string, query?: string | undefined] {
  if (typeof target !== 'string') return target;
  const [path = '', query] = target.split(/\?(.*)/s);
  return [path.slice(1), query];
}

/** Optional parts of a request. */
export interface Given {
  readonly headers?: Readonly<Record<string, string>>;
  /** Parameters of the query that are not signed. */
  readonly params?: Readonly<Record<string, string | number>>;
  readonly document?: Readonly<Record<string, unknown>>;
  readonly body?: string | Buffer;
}

/** A response, which may be an error. */
export type Answered = Answer & { readonly data: Document };

/** A document with any fields. */
export type Document = Readonly<Record<string, unknown>>;

/**
 * A bucket through the SDK, with additional operations for versions, which the SDK lacks.
 */
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

  /** Creates a bucket. */
  static async make(endpoint: S3Endpoint, status?: 'ENABLED' | 'SUSPENDED'): Promise<QsBucket> {
    const bucket = QsBucket.at(endpoint, bucketName());
    await bucket.sdk.put();
    if (status) await bucket.setVersions(status);
    return bucket;
  }

  async setVersions(status: 'ENABLED' | 'SUSPENDED'): Promise<void> {
    await this.must(200, 'PUT', '?versioning', { document: { status } });
  }

  /** Builds a request; the SDK signs the target. */
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

  ask(method: string, target: Target, options?: Given): Promise<Answered> {
    return settled(this.request(method, target, options).send());
  }

  async must(status: number, method: string, target: Target, options?: Given): Promise<Answered> {
    const answer = await this.ask(method, target, options);
    if (answer.status !== status)
      throw new Error(
        `${method} ${partsOf(target).join('?')}: ${answer.status} ${JSON.stringify(answer.data)}`,
      );
    return answer;
  }

  /** Writes an object. Returns its version id if it has one. */
  async put(key: string, body: string): Promise<string> {
    return (await this.must(201, 'PUT', [key], { body })).headers['x-qs-version-id'] ?? '';
  }
}

/** Returns the SDK's response even if it is an error, which the SDK throws. */
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

/**
 * The text of a response that is no document; a document as JSON, since the SDK parses
 * even a number as one.
 */
export function textOf({ data }: Pick<Answer, 'data'>): string {
  return typeof data === 'string' ? data : JSON.stringify(data);
}

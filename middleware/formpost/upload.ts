import { Readable } from 'node:stream';
import { drain } from '../../src/http/body';
import { isText, trimEndChars, unquote, type ByteString } from '../../src/http/bytes';
import { verifySignature, parseSignature } from '../../src/http/digest';
import { parseParameters } from '../../src/formats/form';
import { FieldLimits } from '../../src/formats/form_fields';
import { Headers } from '../../src/http/headers';
import { SwiftClient, withoutCredentials } from '../../src/swift_api/client';
import type { Handler, Request } from '../../src/swift_api/message';
import { parseTarget, type ContainerTarget } from '../../src/swift_api/target';
import { readTempUrlKeys, type Key } from '../../src/swift_api/temp_url/keys';
import type { Admit, Signer } from './admission';
import type { Outcome } from './answers';
import { readInteger, objectHeaders, signedMessage } from './fields';
import { InvalidForm, readParts, type Part } from '../../src/formats/multipart';

/** The form has no valid signature, or it has expired. */
export class UnsignedForm extends Error {
  override readonly name = 'Unsigned';
}

/** The rules for verifying a form, and for admitting its files. */
export interface UploadRules {
  readonly digests: readonly string[];
  readonly admit: Admit;
}

/** Bytes of a field's value that count. */
const MAX_VALUE = 4096;

/** The result of reading a form, however far it was read. */
export interface UploadResult {
  readonly outcome: Outcome;
  readonly redirect: ByteString;
}

/**
 * Reads a form and makes an object of each file. A field applies to the files after it.
 */
export class Upload {
  private readonly fields = new Map<string, ByteString>();
  private readonly bounds = new FieldLimits();
  private readonly path: ByteString;
  private readonly container: ContainerTarget | undefined;

  constructor(
    private readonly request: Request,
    private readonly rules: UploadRules,
    private readonly next: Handler,
  ) {
    this.path = unquote(request.path);
    const target = parseTarget(request.path);
    if (target?.container !== undefined)
      this.container = { ...target, container: target.container };
  }

  /** @throws InvalidForm, Unsigned; files before the failing one exist by then */
  async run(boundary: ByteString): Promise<UploadResult> {
    const keys = this.container
      ? await readTempUrlKeys(this.request, this.container, this.next)
      : [];
    // there is no key to sign with, so no form can be valid here
    if (keys.length === 0 && this.request.sendContinue) throw new UnsignedForm('invalid signature');
    this.request.sendContinue?.();
    let outcome: Outcome = { status: 400, message: 'no files to process', headers: Headers.none };
    let files = 0;
    for await (const part of readParts(this.request.body, boundary)) {
      const { value, parameters } = parseParameters(part.headers.get('content-disposition') ?? '');
      const filename = value === 'form-data' ? parameters.get('filename') : undefined;
      if (!filename) {
        await this.readField(parameters.get('name'), part);
        continue;
      }
      const isTooMany = ++files > readInteger(this.fields, 'max_file_count');
      outcome = isTooMany
        ? { status: 400, message: 'max file count exceeded', headers: Headers.none }
        : await this.put(filename, part, keys);
      if (outcome.status >= 300) break;
    }
    return { outcome, redirect: this.fields.get('redirect') ?? '' };
  }

  private async readField(name: string | undefined, part: Part): Promise<void> {
    const value = (await this.bounds.readValue(name, part)).slice(0, MAX_VALUE);
    if (name !== undefined) this.fields.set(name.toLowerCase(), trimEndChars(value, '\r\n-'));
  }

  private async put(filename: ByteString, part: Part, keys: readonly Key[]): Promise<Outcome> {
    const { request, container, fields, rules } = this;
    if (!container || keys.length === 0) throw new UnsignedForm('invalid signature');
    const max = readInteger(fields, 'max_file_size');
    const headers = objectHeaders(fields, part.headers);
    const object = (this.folder() + filename).split('/').slice(4).join('/');
    if (!isText(object)) throw new InvalidForm('the name of a file is not UTF-8 text');
    const { path, query, ...right } = rules.admit(this.checkSignature(keys), {
      ...container,
      object,
    });
    const client = new SwiftClient(this.next, { ...withoutCredentials(request), ...right });
    const content = Readable.from(limit(part.body, max), { objectMode: false });
    try {
      const response = await client.put(path, {
        query,
        headers: request.headers.only('origin').withAll(Headers.of(headers)),
        body: content,
      });
      await drain(response.body);
      const isRefused = response.status === 401 && query !== '';
      return {
        status: response.status,
        message: isRefused ? 'the store rejected the temporary URL for this object' : '',
        headers: response.headers,
      };
    } catch (error) {
      throw content.errored instanceof InvalidForm ? content.errored : error;
    }
  }

  /**
   * The prefix of file names: the whole path of the request, with a slash after a
   * container.
   */
  private folder(): ByteString {
    const isPrefix = this.path.endsWith('/') || this.path.split('/').length > 4;
    return isPrefix ? this.path : `${this.path}/`;
  }

  private checkSignature(keys: readonly Key[]): Signer {
    const { fields, path } = this;
    const expires = readInteger(fields, 'expires', 'expired not an integer');
    if (expires < Date.now() / 1000) throw new UnsignedForm('form expired');
    const signature = parseSignature(fields.get('signature') ?? '');
    if (!signature || !this.rules.digests.includes(signature.digest))
      throw new UnsignedForm('invalid signature');
    const message = signedMessage(path, fields);
    const key = keys.find(({ value }) => verifySignature(value, message, signature));
    if (!key) throw new UnsignedForm('invalid signature');
    return { value: key.value, digest: signature.digest, expires };
  }
}

/** Passes the bytes on, but fails if there are more than `max`. */
async function* limit(
  content: AsyncGenerator<Buffer, void>,
  max: number,
): AsyncGenerator<Buffer, void> {
  let seen = 0;
  for await (const chunk of content) {
    seen += chunk.length;
    if (seen > max) throw new InvalidForm('max_file_size exceeded');
    yield chunk;
  }
}

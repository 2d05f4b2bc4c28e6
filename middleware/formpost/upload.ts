import { Readable } from 'node:stream';
import { drain } from '../../src/http/body';
import { isText, trimmedEnd, unquote, type ByteString } from '../../src/http/bytes';
import { isSignedBy, parseSignature } from '../../src/http/digest';
import { parseParameters } from '../../src/formats/form';
import { FieldBounds } from '../../src/formats/form_fields';
import { Headers } from '../../src/http/headers';
import { subrequest, type Handler, type Request } from '../../src/swift_api/message';
import { parseTarget, type ContainerTarget } from '../../src/swift_api/target';
import { keysOf, type Key } from '../tempurl/keys';
import type { Admit, Signer } from './admission';
import type { Outcome } from './answers';
import { numberIn, objectHeaders, signedMessage } from './fields';
import { InvalidForm, readParts, type Part } from '../../src/formats/multipart';

/** Nobody who may has signed a form, or not for now. */
export class Unsigned extends Error {
  override readonly name = 'Unsigned';
}

/** What a form is judged by, and what its files are given on their way. */
export interface UploadRules {
  readonly digests: readonly string[];
  readonly admit: Admit;
}

/** So much of a field's value counts. */
const MAX_VALUE = 4096;

/** What was learned of a form, however far it was read. */
export interface Uploaded {
  readonly outcome: Outcome;
  readonly redirect: ByteString;
}

/** Reads a form and makes an object of each of its files. Fields count for the files that come after them. */
export class Upload {
  private readonly fields = new Map<string, ByteString>();
  private readonly bounds = new FieldBounds();
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

  /**
   * @throws InvalidForm, Unsigned; files before the one where it went wrong are there then
   */
  async run(boundary: ByteString): Promise<Uploaded> {
    const keys = this.container ? await keysOf(this.request, this.container, this.next) : [];
    // nobody has a key that a signature could be made with, so no form is good here
    if (keys.length === 0 && this.request.sendContinue) throw new Unsigned('invalid signature');
    this.request.sendContinue?.();
    let outcome: Outcome = { status: 400, message: 'no files to process', headers: Headers.none };
    let files = 0;
    for await (const part of readParts(this.request.body, boundary)) {
      const { value, parameters } = parseParameters(part.headers.get('content-disposition') ?? '');
      const filename = value === 'form-data' ? parameters.get('filename') : undefined;
      if (!filename) {
        await this.keep(parameters.get('name'), part);
        continue;
      }
      const isTooMany = ++files > numberIn(this.fields, 'max_file_count');
      outcome = isTooMany
        ? { status: 400, message: 'max file count exceeded', headers: Headers.none }
        : await this.put(filename, part, keys);
      if (outcome.status >= 300) break;
    }
    return { outcome, redirect: this.fields.get('redirect') ?? '' };
  }

  private async keep(name: string | undefined, part: Part): Promise<void> {
    const value = (await this.bounds.valueOf(name, part)).slice(0, MAX_VALUE);
    if (name !== undefined) this.fields.set(name.toLowerCase(), trimmedEnd(value, '\r\n-'));
  }

  private async put(filename: ByteString, part: Part, keys: readonly Key[]): Promise<Outcome> {
    const { request, container, fields, rules } = this;
    if (!container || keys.length === 0) throw new Unsigned('invalid signature');
    const max = numberIn(fields, 'max_file_size');
    const headers = objectHeaders(fields, part.headers);
    const object = (this.folder() + filename).split('/').slice(4).join('/');
    if (!isText(object)) throw new InvalidForm('the name of a file is not UTF-8 text');
    const admission = rules.admit(this.checkSignature(keys), { ...container, object });
    const content = Readable.from(capped(part.body, max), { objectMode: false });
    try {
      const response = await this.next(
        subrequest(request, {
          ...admission,
          method: 'PUT',
          headers: request.headers.only('origin').withAll(Headers.of(headers)),
          body: content,
        }),
      );
      await drain(response.body);
      const isRefused = response.status === 401 && admission.query !== '';
      return {
        status: response.status,
        message: isRefused ? 'the store takes no temporary URL for this object' : '',
        headers: response.headers,
      };
    } catch (error) {
      throw content.errored instanceof InvalidForm ? content.errored : error;
    }
  }

  /** What comes before the names of the files: the whole path of the request, the container's with a slash. */
  private folder(): ByteString {
    const isPrefix = this.path.endsWith('/') || this.path.split('/').length > 4;
    return isPrefix ? this.path : `${this.path}/`;
  }

  private checkSignature(keys: readonly Key[]): Signer {
    const { fields, path } = this;
    const expires = numberIn(fields, 'expires', 'expired not an integer');
    if (expires < Date.now() / 1000) throw new Unsigned('form expired');
    const signature = parseSignature(fields.get('signature') ?? '');
    if (!signature || !this.rules.digests.includes(signature.digest))
      throw new Unsigned('invalid signature');
    const message = signedMessage(path, fields);
    const key = keys.find(({ value }) => isSignedBy(value, message, signature));
    if (!key) throw new Unsigned('invalid signature');
    return { value: key.value, digest: signature.digest, expires };
  }
}

/** The same bytes, but failing where they are more than they may be. */
async function* capped(
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

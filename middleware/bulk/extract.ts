import { validateHeaderName, validateHeaderValue } from 'node:http';
import { drain } from '../../src/http/body';
import { render, type Problem } from '../../src/swift_api/bulk/report';
import { isText, quote, trimmedEnd, type ByteString } from '../../src/http/bytes';
import { LIMITS } from '../../src/swift_api/constraints';
import { credentials, Headers } from '../../src/http/headers';
import { NO_BODY, subrequest, type Handler, type Request } from '../../src/swift_api/message';
import { statusLine } from '../../src/swift_api/reasons';
import type { Log } from '../../src/util/log';
import { isReserved } from '../../src/swift_api/reserved';
import { StoreError } from '../../src/util/store_error';
import { ByteReader } from '../../src/formats/byte_reader';
import { MAX_PATH } from '../../src/plugin/held_names';
import { objectHeaders } from '../../src/formats/archive/pax';
import type { Work } from '../../src/swift_api/bulk/progress';
import { establishRight } from './right';
import { checkBody, reportOf, splitPath, Stopped } from './stopped';
import { readTar, type TarEntry } from '../../src/formats/archive/tar';
import { unpack, type ArchiveKind } from '../../src/formats/archive/unpack';
import { BrokenArchive } from '../../src/formats/archive/broken_archive';
import type { BulkOptions } from './options';

/**
 * Makes an object of each file in the archive that is a request's body (Swift's `handle_extract_iter`), entry by entry while
 * it comes.
 *
 * @param type of the report; undefined where the client takes none that there is
 */
export async function* extractArchive(
  request: Request,
  next: Handler,
  { kind, type }: { readonly kind: ArchiveKind; readonly type: string | undefined },
  options: BulkOptions,
  log: Log,
): Work {
  const extraction = new Extraction(request, next, options);
  try {
    if (type === undefined) throw new Stopped(406);
    yield* extraction.run(kind);
    return extraction.report(type);
  } catch (error) {
    return extraction.report(type, ...reportOf(error, request, log));
  }
}

const MIB = 1024 * 1024;

/** Bytes that reading an archive takes: headers of entries, and of bzip2 a block, packed and unpacked. */
const NEEDED: Readonly<Record<ArchiveKind, number>> = {
  plain: 2 * MIB,
  gzip: 2 * MIB,
  bzip2: 10 * MIB,
};

/** So much of an archive is read on for a client that may not write where it belongs. */
const MAX_REFUSED = 16 * MIB;

class Extraction {
  private created = 0;
  private containersCreated = 0;
  private worst = 400;
  /** Bytes of files that the client may not write where they belong. */
  private refused = 0;
  private readonly problems: Problem[] = [];
  private readonly containers = new Set<ByteString>();
  private readonly credentials: Headers;
  /** What the request says of all objects. */
  private readonly forAll: Headers;

  constructor(
    private readonly request: Request,
    private readonly next: Handler,
    private readonly options: BulkOptions,
  ) {
    this.credentials = credentials(request.headers);
    this.forAll = request.headers.filter(
      (key) =>
        key.startsWith('x-object-meta-') || key === 'x-delete-at' || key === 'x-delete-after',
    );
  }

  async *run(kind: ArchiveKind): AsyncGenerator<undefined, void> {
    const { request, problems, options } = this;
    checkBody(request);
    const { account, rest } = splitPath(request.path);
    const base = trimmedEnd(rest, '/');
    await establishRight(request, 'path', this.next);
    const release = request.memory?.take(account, NEEDED[kind]);
    request.sendContinue?.();
    const bytes = unpack(ByteReader.over(request.body), kind);
    try {
      for await (const entry of readTar(bytes)) {
        if (problems.length >= options.max_failed_extractions) break;
        if (entry.isFile) await this.extract(entry, account, base);
        yield;
      }
    } finally {
      await bytes.close();
      release?.();
    }
    await drain(request.body);
  }

  /** The report; with a status of its own, and a text to it, where the whole was stopped. */
  report(type: string | undefined, status?: number, text = ''): string {
    const failed = this.problems.length > 0;
    const nothing = !failed && this.created === 0;
    const facts = {
      'Response Status': statusLine(status ?? (failed ? this.worst : nothing ? 400 : 201)),
      'Response Body': status === undefined && nothing ? 'Invalid Tar File: No Valid Files' : text,
      'Number Files Created': this.created,
    };
    return render(type, facts, this.problems, 'extract');
  }

  private async extract(entry: TarEntry, account: ByteString, base: ByteString): Promise<void> {
    const name = entry.name.replace(/^\.\//, '').replace(/^\/+/, '');
    const path = base === '' ? name : `${base}/${name}`;
    // a file that lies in no container
    if (!path.includes('/')) return;
    const problem = problemOf(entry, `${account}/${path}`);
    if (problem === undefined) await this.extractTo(entry, account, path);
    else this.fail(path, problem);
  }

  private async extractTo(entry: TarEntry, account: ByteString, path: ByteString): Promise<void> {
    const container = path.slice(0, path.indexOf('/'));
    const problem = this.containers.has(container)
      ? undefined
      : await this.makeContainer(`${account}/${container}`);
    const status = await this.put(entry, `${account}/${path}`);
    this.containers.add(container);
    if (status < 300) {
      this.created++;
      return;
    }
    if (problem) this.problems.push(problem);
    this.fail(path, status);
    if (status === 401) throw new Stopped(401);
    if (status === 403) this.countRefused(entry.size);
  }

  /** To read on takes work, of an archive that is compressed more than it has bytes. */
  private countRefused(bytes: number): void {
    this.refused += bytes;
    if (this.refused > MAX_REFUSED)
      throw new Stopped(403, 'Too much of the archive belongs where this client may not write');
  }

  private fail(path: ByteString, status: number): void {
    if (status >= 500) this.worst = 502;
    this.problems.push([quote(path.slice(0, MAX_PATH)), statusLine(status)]);
  }

  /**
   * Makes a container unless it is there. One that cannot be made may still be written to by who has the right.
   *
   * @returns what went wrong
   */
  private async makeContainer(path: ByteString): Promise<Problem | undefined> {
    const headers = this.credentials;
    let status = await this.ask(
      subrequest(this.request, { method: 'HEAD', path: quote(path), headers }),
    );
    if (status < 300) return undefined;
    if (status === 404) {
      status = await this.ask(
        subrequest(this.request, { method: 'PUT', path: quote(path), headers }),
      );
      const max = this.options.max_containers_per_extraction;
      if (status < 300 && ++this.containersCreated > max)
        throw new Stopped(400, `More than ${max} containers to create from tar.`);
      if (status < 300) return undefined;
    }
    if (status === 401) throw new Stopped(401);
    return [quote(path.slice(0, MAX_PATH)), statusLine(status)];
  }

  private async put({ content, size, pax }: TarEntry, path: ByteString): Promise<number> {
    const own = objectHeaders(pax);
    const unsendable = whyUnsendable(own);
    if (unsendable !== undefined) return unsendable;
    const headers = this.forAll
      .withAll(Headers.of({ 'Content-Length': String(size) }))
      .withAll(this.credentials)
      .withAll(own);
    const body = size === 0 ? NO_BODY : content;
    try {
      const status = await this.ask(
        subrequest(this.request, { method: 'PUT', path: quote(path), headers, body }),
      );
      return content.failure instanceof BrokenArchive ? 500 : status;
    } catch (error) {
      if (content.failure instanceof BrokenArchive) return 500;
      throw content.failure ?? error;
    }
  }

  private async ask(request: Request): Promise<number> {
    try {
      const response = await this.next(request);
      await drain(response.body);
      return response.status;
    } catch (error) {
      if (error instanceof StoreError) return 503;
      throw error;
    }
  }
}

/** Why an entry cannot be made an object, as a status. */
function problemOf({ size, isSparse }: TarEntry, path: ByteString): number | undefined {
  if (!isText(path)) return 412;
  if (size > LIMITS.max_file_size) return 413;
  return isSparse ? 501 : undefined;
}

/**
 * Why headers cannot be sent on, as a status: 400 for names that no header has, and for those that the gatekeeper, which has not seen them, takes
 * from no client; 503 (as Swift fails) for values that no header has.
 */
function whyUnsendable(headers: Headers): number | undefined {
  for (const [name] of headers.entries()) if (isReserved(name)) return 400;
  const raw = headers.toRaw();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i], raw[i + 1]];
    if (!passes(() => validateHeaderName(name))) return 400;
    if (!passes(() => validateHeaderValue(name, value))) return 503;
  }
  return undefined;
}

function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

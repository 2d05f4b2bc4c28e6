import { validateHeaderName, validateHeaderValue } from 'node:http';
import { drain } from '../../src/http/body';
import { render, type Problem } from '../../src/swift_api/bulk/report';
import { isText, quote, trimEndChars, type ByteString } from '../../src/http/bytes';
import { LIMITS } from '../../src/swift_api/constraints';
import { Headers } from '../../src/http/headers';
import { SwiftClient, type RequestParts } from '../../src/swift_api/client';
import { NO_BODY, type Handler, type Request } from '../../src/swift_api/message';
import { statusLine } from '../../src/swift_api/reasons';
import type { Log } from '../../src/util/log';
import { hasReservedParameter, isReserved } from '../../src/swift_api/reserved';
import { StoreError } from '../../src/util/store_error';
import { ByteReader } from '../../src/formats/byte_reader';
import { MAX_PATH } from '../../src/plugin/held_names';
import { objectHeaders } from '../../src/formats/archive/pax';
import type { Work } from '../../src/swift_api/bulk/progress';
import { checkBulkRight } from './right';
import { checkBody, reportForError, splitPath, BulkError } from './bulk_error';
import { readTar, type TarEntry } from '../../src/formats/archive/tar';
import { unpack, type ArchiveKind } from '../../src/formats/archive/unpack';
import { BrokenArchive } from '../../src/formats/archive/broken_archive';
import type { BulkOptions } from './options';
import { X_DELETE_AFTER, X_DELETE_AT } from '../../src/swift_api/header_names';

/**
 * Makes an object of each file in the archive that is the request's body (Swift's
 * `handle_extract_iter`), entry by entry as it arrives.
 *
 * @param type of the report; undefined if the client accepts none of those available
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
    if (type === undefined) throw new BulkError(406);
    yield* extraction.run(kind);
    return extraction.report(type);
  } catch (error) {
    return extraction.report(type, ...reportForError(error, request, log));
  }
}

const MIB = 1024 * 1024;

/**
 * Bytes needed to read an archive: entry headers, and for bzip2 a block, packed and
 * unpacked.
 */
const READER_BYTES: Readonly<Record<ArchiveKind, number>> = {
  plain: 2 * MIB,
  gzip: 2 * MIB,
  bzip2: 10 * MIB,
};

/**
 * Bytes of an archive that are read for a client that may not write to its containers.
 */
const MAX_REFUSED_BYTES = 16 * MIB;

class Extraction {
  private created = 0;
  private containersCreated = 0;
  private failureStatus = 400;
  /** Bytes of files whose containers the client may not write to. */
  private refusedBytes = 0;
  private readonly problems: Problem[] = [];
  private readonly containers = new Set<ByteString>();
  private readonly client: SwiftClient;
  /** Headers of the request that apply to every object. */
  private readonly sharedHeaders: Headers;

  constructor(
    private readonly request: Request,
    private readonly next: Handler,
    private readonly options: BulkOptions,
  ) {
    this.client = new SwiftClient(next, request);
    this.sharedHeaders = request.headers.filter(
      (key) => key.startsWith('x-object-meta-') || key === X_DELETE_AT || key === X_DELETE_AFTER,
    );
  }

  async *run(kind: ArchiveKind): AsyncGenerator<undefined, void> {
    const { request, problems, options } = this;
    checkBody(request);
    const { account, rest } = splitPath(request.path);
    const base = trimEndChars(rest, '/');
    await checkBulkRight(request, 'path', this.next);
    const release = request.memory?.take(account, READER_BYTES[kind]);
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

  /**
   * Renders the report.
   *
   * @param status of an operation that was stopped as a whole, with `text` as the reason
   */
  report(type: string | undefined, status?: number, text = ''): string {
    const failed = this.problems.length > 0;
    const isEmpty = !failed && this.created === 0;
    const facts = {
      'Response Status': statusLine(status ?? (failed ? this.failureStatus : isEmpty ? 400 : 201)),
      'Response Body': status === undefined && isEmpty ? 'Invalid Tar File: No Valid Files' : text,
      'Number Files Created': this.created,
    };
    return render(type, facts, this.problems, 'extract');
  }

  private async extract(entry: TarEntry, account: ByteString, base: ByteString): Promise<void> {
    const name = entry.name.replace(/^\.\//, '').replace(/^\/+/, '');
    const path = base === '' ? name : `${base}/${name}`;
    // a file outside any container
    if (!path.includes('/')) return;
    const problem = problemOf(entry, `${account}/${path}`);
    if (problem === undefined) await this.extractTo(entry, account, path);
    else this.fail(path, problem);
  }

  private async extractTo(entry: TarEntry, account: ByteString, path: ByteString): Promise<void> {
    const container = path.slice(0, path.indexOf('/'));
    const problem = this.containers.has(container)
      ? undefined
      : await this.ensureContainer(`${account}/${container}`);
    const status = await this.put(entry, `${account}/${path}`);
    this.containers.add(container);
    if (status < 300) {
      this.created++;
      return;
    }
    if (problem) this.problems.push(problem);
    this.fail(path, status);
    if (status === 401) throw new BulkError(401);
    if (status === 403) this.countRefused(entry.size);
  }

  /** Reading on costs work: a compressed archive may hold far more than its size. */
  private countRefused(bytes: number): void {
    this.refusedBytes += bytes;
    if (this.refusedBytes > MAX_REFUSED_BYTES)
      throw new BulkError(
        403,
        'Too much of the archive is for containers that this client may not write to',
      );
  }

  private fail(path: ByteString, status: number): void {
    if (status >= 500) this.failureStatus = 502;
    this.problems.push([quote(path.slice(0, MAX_PATH)), statusLine(status)]);
  }

  /**
   * Creates a container unless it exists. If it cannot be created, a client with the
   * right may still write to it.
   *
   * @returns what went wrong
   */
  private async ensureContainer(path: ByteString): Promise<Problem | undefined> {
    let status = await this.send('HEAD', path);
    if (status < 300) return undefined;
    if (status === 404) {
      status = await this.send('PUT', path);
      const max = this.options.max_containers_per_extraction;
      if (status < 300 && ++this.containersCreated > max)
        throw new BulkError(400, `More than ${max} containers to create from tar.`);
      if (status < 300) return undefined;
    }
    if (status === 401) throw new BulkError(401);
    return [quote(path.slice(0, MAX_PATH)), statusLine(status)];
  }

  private async put({ content, size, pax }: TarEntry, path: ByteString): Promise<number> {
    const paxHeaders = objectHeaders(pax);
    const unsendable = unsendableStatus(paxHeaders);
    if (unsendable !== undefined) return unsendable;
    const headers = this.sharedHeaders
      .withAll(Headers.of({ 'Content-Length': String(size) }))
      .withAll(paxHeaders);
    const body = size === 0 ? NO_BODY : content;
    try {
      const status = await this.send('PUT', path, { headers, body });
      return content.failure instanceof BrokenArchive ? 500 : status;
    } catch (error) {
      if (content.failure instanceof BrokenArchive) return 500;
      throw content.failure ?? error;
    }
  }

  private async send(method: string, path: ByteString, parts?: RequestParts): Promise<number> {
    try {
      const response = await this.client.send(method, quote(path), parts);
      await drain(response.body);
      return response.status;
    } catch (error) {
      if (error instanceof StoreError) return 503;
      throw error;
    }
  }
}

/** Returns a status if an entry cannot become an object. */
function problemOf({ size, isSparse }: TarEntry, path: ByteString): number | undefined {
  if (!isText(path)) return 412;
  if (size > LIMITS.max_file_size) return 413;
  return isSparse ? 501 : undefined;
}

/**
 * Returns a status if headers cannot be sent on. 400 for invalid names, and for what the
 * gatekeeper, which has not seen them, accepts from no client; 503 (as Swift
 * fails) for invalid values.
 */
function unsendableStatus(headers: Headers): number | undefined {
  for (const [name] of headers.entries()) if (isReserved(name)) return 400;
  if (hasReservedParameter(headers.get('content-type') ?? '')) return 400;
  const raw = headers.toRaw();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i], raw[i + 1]];
    if (!isValid(() => validateHeaderName(name))) return 400;
    if (!isValid(() => validateHeaderValue(name, value))) return 503;
  }
  return undefined;
}

function isValid(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

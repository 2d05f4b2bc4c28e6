import { randomBytes } from 'node:crypto';
import { chunks, streamOf, type Body } from '../http/body';
import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import { NO_BODY, type Request, type Response } from './message';
import { statusResponse } from './responses';
import { failedCondition } from './conditions';
import { parseRanges, type Range } from '../http/ranges';
import { httpDate } from './times';

/**
 * What a GET of an object shows: its own bytes, those of many segments, or a manifest.
 */
export interface View {
  /** All headers except type, length, ETag and time. */
  readonly headers: Headers;
  readonly contentType: ByteString;
  /** As in the header: quoted for a large object. */
  readonly etag: string;
  readonly timestamp: string;
  /** Undefined if unknown: the content is then whatever `read` returns. */
  readonly size: number | undefined;
  /**
   * Whether only single ranges are supported; a request for several gets the whole
   * content.
   */
  readonly isRangedOnce?: boolean;
  /** Rejects if the content from `first` on is known to be missing. */
  check?(first: number): Promise<void>;
  /**
   * Reads from byte `first` to byte `last`, inclusive. Called for at least one byte, and
   * at most once per range. Rejects if it is known before the first byte that the content
   * cannot be read.
   */
  read(first: number, last: number): Body | Promise<Body>;
}

/**
 * Responds to a GET or HEAD with a view: conditions, then ranges (swob's
 * `Response._response_iter`).
 */
export async function serve(request: Request, view: View): Promise<Response> {
  const headers = viewHeaders(view);
  const status = failedCondition(request.headers, view.etag, view.timestamp);
  if (status === 304)
    return emptyResponse(304, headers.with('Accept-Ranges', 'bytes'), view.contentType);
  if (status === 412) return emptyResponse(412, headers, 'text/html; charset=UTF-8');
  const typedHeaders = headers
    .with('Content-Type', cleanContentType(view.contentType))
    .with('Accept-Ranges', 'bytes');
  const { size } = view;
  if (size === undefined) {
    const body = request.method === 'HEAD' ? NO_BODY : await view.read(0, Number.MAX_SAFE_INTEGER);
    return { status: 200, headers: typedHeaders, body };
  }
  const wholeHeaders = typedHeaders.with('Content-Length', String(size));
  if (request.method === 'HEAD') return { status: 200, headers: wholeHeaders, body: NO_BODY };
  const ranges = requestedRanges(request, view, size);
  if (ranges?.length === 0)
    return unsatisfiable(
      view.isRangedOnce ? typedHeaders.only('Accept-Ranges') : typedHeaders,
      size,
    );
  if (size === 0) return { status: 200, headers: wholeHeaders, body: NO_BODY };
  if (ranges === undefined)
    return { status: 200, headers: wholeHeaders, body: await view.read(0, size - 1) };
  const [range] = ranges;
  if (range && ranges.length === 1) return serveRange(view, typedHeaders, range, size);
  return serveRanges(view, typedHeaders, ranges, size);
}

/** The ranges that a request wants of a view; undefined if it gets the whole content. */
export function requestedRanges(request: Request, view: View, size: number): Range[] | undefined {
  const header = request.headers.get('range');
  return view.isRangedOnce && header?.includes(',') ? undefined : parseRanges(header, size);
}

/** All headers of a view except its type and length. */
function viewHeaders(view: View): Headers {
  return view.headers.withAll(
    Headers.of({
      Etag: view.etag,
      'Last-Modified': httpDate(view.timestamp),
      'X-Timestamp': view.timestamp,
    }),
  );
}

/** Removes Swift's own parameter from a content type (`clean_content_type`). */
export function cleanContentType(contentType: ByteString): ByteString {
  const at = contentType.lastIndexOf(';');
  return at >= 0 &&
    contentType
      .slice(at + 1)
      .trimStart()
      .startsWith('swift_bytes=')
    ? contentType.slice(0, at)
    : contentType;
}

function emptyResponse(status: number, headers: Headers, type: ByteString): Response {
  const entityHeaders = Headers.of({
    'Content-Type': cleanContentType(type),
    'Content-Length': '0',
  });
  return { status, headers: headers.withAll(entityHeaders), body: NO_BODY };
}

function unsatisfiable(headers: Headers, size: number): Response {
  return statusResponse(416, headers.with('Content-Range', `bytes */${size}`));
}

async function serveRange(
  view: View,
  headers: Headers,
  [first, last]: Range,
  size: number,
): Promise<Response> {
  const rangeHeaders = Headers.of({
    'Content-Range': `bytes ${first}-${last}/${size}`,
    'Content-Length': String(last - first + 1),
  });
  return {
    status: 206,
    headers: headers.withAll(rangeHeaders),
    body: await view.read(first, last),
  };
}

function serveRanges(
  view: View,
  headers: Headers,
  ranges: readonly Range[],
  size: number,
): Response {
  const boundary = randomBytes(16).toString('hex');
  const type = cleanContentType(view.contentType);
  const heads = ranges.map(([first, last]) =>
    Buffer.from(
      `--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${first}-${last}/${size}\r\n\r\n`,
      'latin1',
    ),
  );
  const end = Buffer.from(`--${boundary}--`);
  const length = ranges.reduce(
    (sum, [first, last], at) => sum + (heads[at]?.length ?? 0) + (last - first + 1) + 2,
    end.length,
  );
  async function* parts(): AsyncGenerator<Buffer> {
    for (const [at, [first, last]] of ranges.entries()) {
      yield heads[at] ?? end;
      yield* chunks(await view.read(first, last));
      yield Buffer.from('\r\n');
    }
    yield end;
  }
  const multipartHeaders = Headers.of({
    'Content-Type': `multipart/byteranges;boundary=${boundary}`,
    'Content-Length': String(length),
  });
  return { status: 206, headers: headers.withAll(multipartHeaders), body: streamOf(parts()) };
}

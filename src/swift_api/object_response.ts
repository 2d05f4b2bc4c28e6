import { randomBytes } from 'node:crypto';
import { chunks, streamOf, type Body } from '../http/body';
import type { ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import { NO_BODY, type Request, type Response } from './message';
import { answer } from './responses';
import { failedCondition } from './conditions';
import { rangesOf, type Range } from '../http/ranges';
import { httpDate } from './times';

/** What a GET of an object shows: its own bytes, those of many segments, or a manifest. */
export interface View {
  /** All but those that tell type, length, ETag and time. */
  readonly headers: Headers;
  readonly contentType: ByteString;
  /** As the header shows it: that of a large object is quoted. */
  readonly etag: string;
  readonly timestamp: string;
  /** Undefined where it is not known: what comes then is all there is. */
  readonly size: number | undefined;
  /** Of several ranges it knows nothing: the whole is shown. */
  readonly isRangedOnce?: boolean;
  /** Refuses where what is to be read from there on is known not to be there. */
  check?(first: number): Promise<void>;
  /**
   * Bytes from the first to the last, both counted. Called for at least one byte; at most once for
   * a range. Rejects if it is known before the first byte that they cannot be read.
   */
  read(first: number, last: number): Body | Promise<Body>;
}

/** Answers a GET or HEAD with what a view shows: conditions, then ranges (swob's `Response._response_iter`). */
export async function serve(request: Request, view: View): Promise<Response> {
  const headers = viewHeaders(view);
  const failed = failedCondition(request.headers, view.etag, view.timestamp);
  if (failed === 304) return bare(304, headers.with('Accept-Ranges', 'bytes'), view.contentType);
  if (failed === 412) return bare(412, headers, 'text/html; charset=UTF-8');
  const typed = headers
    .with('Content-Type', shownType(view.contentType))
    .with('Accept-Ranges', 'bytes');
  const { size } = view;
  if (size === undefined) {
    const body = request.method === 'HEAD' ? NO_BODY : await view.read(0, Number.MAX_SAFE_INTEGER);
    return { status: 200, headers: typed, body };
  }
  const whole = typed.with('Content-Length', String(size));
  if (request.method === 'HEAD') return { status: 200, headers: whole, body: NO_BODY };
  const ranges = wantedRanges(request, view, size);
  if (ranges?.length === 0)
    return unsatisfiable(view.isRangedOnce ? typed.only('Accept-Ranges') : typed, size);
  if (size === 0) return { status: 200, headers: whole, body: NO_BODY };
  if (ranges === undefined)
    return { status: 200, headers: whole, body: await view.read(0, size - 1) };
  const [range] = ranges;
  if (range && ranges.length === 1) return single(view, typed, range, size);
  return multiple(view, typed, ranges, size);
}

/** The ranges that a request asks of a view; undefined where it shows the whole. */
export function wantedRanges(request: Request, view: View, size: number): Range[] | undefined {
  const header = request.headers.get('range');
  return view.isRangedOnce && header?.includes(',') ? undefined : rangesOf(header, size);
}

/** Everything of a view that is a header, but its type and length. */
export function viewHeaders(view: View): Headers {
  return view.headers.withAll(
    Headers.of({
      Etag: view.etag,
      'Last-Modified': httpDate(view.timestamp),
      'X-Timestamp': view.timestamp,
    }),
  );
}

/** A content type without the parameter that is Swift's own (`clean_content_type`). */
export function shownType(contentType: ByteString): ByteString {
  const at = contentType.lastIndexOf(';');
  return at >= 0 &&
    contentType
      .slice(at + 1)
      .trimStart()
      .startsWith('swift_bytes=')
    ? contentType.slice(0, at)
    : contentType;
}

function bare(status: number, headers: Headers, type: ByteString): Response {
  const own = Headers.of({ 'Content-Type': shownType(type), 'Content-Length': '0' });
  return { status, headers: headers.withAll(own), body: NO_BODY };
}

function unsatisfiable(headers: Headers, size: number): Response {
  return answer(416, headers.with('Content-Range', `bytes */${size}`));
}

async function single(
  view: View,
  headers: Headers,
  [first, last]: Range,
  size: number,
): Promise<Response> {
  const own = Headers.of({
    'Content-Range': `bytes ${first}-${last}/${size}`,
    'Content-Length': String(last - first + 1),
  });
  return { status: 206, headers: headers.withAll(own), body: await view.read(first, last) };
}

function multiple(view: View, headers: Headers, ranges: readonly Range[], size: number): Response {
  const boundary = randomBytes(16).toString('hex');
  const type = shownType(view.contentType);
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
  const own = Headers.of({
    'Content-Type': `multipart/byteranges;boundary=${boundary}`,
    'Content-Length': String(length),
  });
  return { status: 206, headers: headers.withAll(own), body: streamOf(parts()) };
}

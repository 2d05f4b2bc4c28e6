import { readAll } from './body';
import { Headers } from './headers';
import type { Handler, Response } from './message';

/** What a filter tells of itself: by the name that clients look for, as Swift's `register_swift_info`. */
export type Capabilities = Readonly<Record<string, object>>;

const MOST_INFO_BYTES = 1024 * 1024;

/** The same handler, whose answer to `GET /info` has these capabilities as well. */
export function withInfo(handler: Handler, capabilities: Capabilities): Handler {
  return async (request) => {
    if (request.path !== '/info' || request.method !== 'GET') return handler(request);
    return merged(await handler({ ...request }), capabilities);
  };
}

async function merged(response: Response, capabilities: Capabilities): Promise<Response> {
  if (response.status !== 200) return response;
  const body = await readAll(response.body, MOST_INFO_BYTES);
  if (body === undefined) throw new Error('/info of the store is longer than any is');
  const headers = (length: number) =>
    response.headers.withAll(Headers.of({ 'Content-Length': String(length) }));
  try {
    const info = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const whole = Buffer.from(JSON.stringify({ ...info, ...capabilities }));
    return { ...response, headers: headers(whole.length), body: whole };
  } catch {
    return { ...response, headers: headers(body.length), body };
  }
}

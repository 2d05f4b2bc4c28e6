import { Headers } from '../http/headers';
import { readJson } from '../formats/json';
import type { Handler, Response } from '../swift_api/message';
import { readAnswer } from '../swift_api/json_response';

/** What a filter tells of itself: by the name that clients look for, as Swift's `register_swift_info`. */
export type Capabilities = Readonly<Record<string, object>>;

const MAX_INFO_BYTES = 1024 * 1024;

/** The same handler, whose answer to `GET /info` has these capabilities as well. */
export function withInfo(handler: Handler, capabilities: Capabilities): Handler {
  return async (request) => {
    if (request.path !== '/info' || request.method !== 'GET') return handler(request);
    return merged(await handler({ ...request }), capabilities);
  };
}

async function merged(response: Response, capabilities: Capabilities): Promise<Response> {
  if (response.status !== 200) return response;
  const body = await readAnswer(response.body, MAX_INFO_BYTES, '/info of the store');
  const headers = (length: number) =>
    response.headers.withAll(Headers.of({ 'Content-Length': String(length) }));
  try {
    const info = readJson(body) as Record<string, unknown>;
    const whole = Buffer.from(JSON.stringify({ ...info, ...capabilities }));
    return { ...response, headers: headers(whole.length), body: whole };
  } catch {
    return { ...response, headers: headers(body.length), body };
  }
}

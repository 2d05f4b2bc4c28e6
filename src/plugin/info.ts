import { Headers } from '../http/headers';
import { readJson } from '../formats/json';
import type { Handler, Response } from '../swift_api/message';
import { readResponse } from '../swift_api/json_response';

/**
 * The capabilities of filters in `/info`, by the names that clients look for, as in
 * Swift's `register_swift_info`.
 */
export type Capabilities = Readonly<Record<string, object>>;

const MAX_INFO_BYTES = 1024 * 1024;

/** Wraps a handler so that its response to `GET /info` includes `capabilities`. */
export function withInfo(handler: Handler, capabilities: Capabilities): Handler {
  return async (request) => {
    if (request.path !== '/info' || request.method !== 'GET') return handler(request);
    return addCapabilities(await handler({ ...request }), capabilities);
  };
}

async function addCapabilities(response: Response, capabilities: Capabilities): Promise<Response> {
  if (response.status !== 200) return response;
  const body = await readResponse(response.body, MAX_INFO_BYTES, '/info of the store');
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

import { destroy, drain } from '../../src/http/body';
import { credentials, Headers } from '../../src/http/headers';
import { subrequest, type Replaced, type Response } from '../../src/http/message';
import { formatTarget, type ObjectTarget } from '../../src/http/path';
import type { App } from '../../src/plugin';
import { isTrueValue } from '../../src/http/bytes';
import { StoreError } from '../../src/stores/error';
import type { Held } from './held';
import { isVersionOf } from './with_ids/names';
import { reaching } from './with_ids/rights';
import { linkIn } from './with_ids/shown';

/**
 * The refusal of a write or a DELETE on the condition that a filter for another API makes: asked while the object is locked, and of clients that may
 * do it. Undefined where it may go on.
 */
export async function refusalByDialect(
  held: Held,
  written: ObjectTarget,
  app: Pick<App, 'power' | 'mayWrite'>,
): Promise<Response | undefined> {
  const { request } = held;
  const refusal = request.dialect?.refusal;
  if (!refusal || request.method === 'POST') return undefined;
  const right = app.power === 'client' ? undefined : await app.mayWrite(request, written);
  const refused = right && 'status' in right ? right : refusal(await replacedBy(held, written));
  if (refused) destroy(request.body);
  return refused;
}

/** The object as its readers see it. Only a link to the object's own version is followed. */
async function replacedBy(held: Held, written: ObjectTarget): Promise<Replaced | undefined> {
  const itself = await head(held, written);
  const link = itself.status < 300 ? linkIn(itself.headers, written) : undefined;
  const response = link && isVersionOf(link, written) ? await head(held, link) : itself;
  if (response.status === 404) return undefined;
  if (response.status >= 300)
    throw new StoreError(
      response.status < 500 ? 'refused' : 'unavailable',
      `what is to be replaced could not be looked at: the store answered ${response.status}`,
      response.status,
    );
  return {
    etag: (response.headers.get('etag') ?? '').replaceAll('"', ''),
    contentType: response.headers.get('content-type') ?? '',
    ...(isTrueValue(response.headers.get('x-static-large-object')) ? { isLarge: true } : {}),
  };
}

async function head({ own, next }: Held, place: ObjectTarget): Promise<Response> {
  const asClient = own.authority === 'client' ? credentials(own.headers) : Headers.none;
  const headers = asClient.with('X-Newest', 'true');
  const asked = { method: 'HEAD', path: formatTarget(place), query: 'symlink=get', headers };
  const response = await next(reaching(subrequest(own, asked)));
  await drain(response.body);
  return response;
}

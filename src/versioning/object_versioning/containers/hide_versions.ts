import { isVersionsContainer } from '../version_names';
import type { AppRights } from '../../../plugin/held_manifest';
import { statusResponse } from '../../../swift_api/responses';
import { unquote } from '../../../http/bytes';
import {
  textResponse,
  type Handler,
  type Request,
  type Response,
} from '../../../swift_api/message';
import { NAMING_HEADERS } from '../../../swift_api/naming_headers';
import { isObject } from '../../../swift_api/target';
import { ObjectCall, type Call } from '../../calls';
import { hasReservedParameter, RESERVED_TYPE } from '../../../swift_api/reserved';
import { isHiddenPath, refuseHidden } from './hidden_names';
import { checkManifest } from '../manifests';

/**
 * Keeps clients out of versions containers, however a request names one, and from setting
 * content types by which the proxy identifies objects.
 *
 * @param handler handles requests as the client's
 * @param app knows the client's rights
 * @returns the refusal, or the request to forward; that of a static large object has its
 * manifest read
 */
export async function hideVersions(
  call: Call,
  handler: Handler,
  app: AppRights,
): Promise<Request | Response> {
  const { request, target } = call;
  if (isVersionsContainer(target.container ?? '')) return refuseContainer(request);
  const header = NAMING_HEADERS.find((name) =>
    isHiddenPath(unquote(request.headers.get(name) ?? '')),
  );
  if (header !== undefined) return refuseHidden(412, `The container that ${header} names`);
  // requests made from entries of an archive, or from a form, did not pass the gatekeeper
  // as such
  if (!request.dialect && hasReservedParameter(request.headers.get('content-type') ?? ''))
    return textResponse(400, RESERVED_TYPE);
  return isObject(target)
    ? checkManifest(new ObjectCall(request, target, call), handler, app)
    : request;
}

function refuseContainer({ method }: Request): Response {
  if (['GET', 'HEAD', 'DELETE', 'POST', 'OPTIONS'].includes(method)) return statusResponse(404);
  return refuseHidden(412, 'This container');
}

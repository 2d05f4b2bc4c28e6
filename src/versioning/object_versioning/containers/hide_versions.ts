import { isVersionsContainer } from '../version_names';
import type { Judge } from '../../../plugin/held_manifest';
import { answer } from '../../../swift_api/responses';
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
import { isHidden, refuseHidden } from './hidden_names';
import { judgeManifest } from '../manifests';

/**
 * Keeps clients from the containers that hold versions, by whatever way a request names one, and from types by which the proxy tells what an object is.
 *
 * @param handler answers as for the client
 * @param app knows what the client may
 * @returns the refusal, or the request to go on with: that of a static large object with its manifest read
 */
export async function hideVersions(
  { request, target }: Call,
  handler: Handler,
  app: Judge,
): Promise<Request | Response> {
  if (isVersionsContainer(target.container ?? '')) return notThere(request);
  const named = NAMING_HEADERS.find((name) => isHidden(unquote(request.headers.get(name) ?? '')));
  if (named !== undefined) return refuseHidden(412, `The container that ${named} names`);
  // what is made of the entries of an archive, or of a form, did not come by the gatekeeper so
  if (!request.dialect && hasReservedParameter(request.headers.get('content-type') ?? ''))
    return textResponse(400, RESERVED_TYPE);
  return isObject(target) ? judgeManifest(new ObjectCall(request, target), handler, app) : request;
}

function notThere({ method }: Request): Response {
  if (['GET', 'HEAD', 'DELETE', 'POST', 'OPTIONS'].includes(method)) return answer(404);
  return refuseHidden(412, 'This container');
}

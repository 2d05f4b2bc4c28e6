import type { Request, Response } from '../message';
import type { ObjectTarget } from '../target';
import { dispositionOf } from './disposition';
import { readParameters } from './parameters';

/** An answer to who reads an object by a temporary URL, with what a browser needs to know of it; as it is where it is a refusal. */
export function asDownload(
  response: Response,
  { query }: Request,
  { object }: ObjectTarget,
): Response {
  const parameters = readParameters(query);
  if (parameters === undefined || response.status >= 300) return response;
  const { headers } = response;
  const disposition = dispositionOf(parameters, headers.get('content-disposition'), object);
  const own = headers
    .with('Content-Disposition', disposition.replaceAll('\n', '%0A'))
    .with('Expires', new Date(parameters.expires * 1000).toUTCString());
  return { ...response, headers: own };
}

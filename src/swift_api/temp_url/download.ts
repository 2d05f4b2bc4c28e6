import type { Request, Response } from '../message';
import type { ObjectTarget } from '../target';
import { dispositionOf } from './disposition';
import { readParameters } from './parameters';

/**
 * Adds what a browser needs to the response to a temporary URL; leaves error responses as
 * they are.
 */
export function asDownload(
  response: Response,
  { query }: Request,
  { object }: ObjectTarget,
): Response {
  const parameters = readParameters(query);
  if (parameters === undefined || response.status >= 300) return response;
  const { headers } = response;
  const disposition = dispositionOf(parameters, headers.get('content-disposition'), object);
  const downloadHeaders = headers
    .with('Content-Disposition', disposition.replaceAll('\n', '%0A'))
    .with('Expires', new Date(parameters.expires * 1000).toUTCString());
  return { ...response, headers: downloadHeaders };
}

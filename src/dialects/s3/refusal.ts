import { NO_BODY, type Response } from '../../swift_api/message';
import type { Operation, Call } from './call';
import { document } from '../xml';

/** An error that only S3 has, unknown to operations on buckets. */
export class S3Refusal extends Error {
  override readonly name = 'S3Refusal';

  /** @param fields further elements of the body */
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** Returns the error for a feature that is not implemented. */
export function notImplemented(message: string): S3Refusal {
  return new S3Refusal(501, 'NotImplemented', message);
}

/** Wraps an operation so that these errors become responses. */
export function withRefusals(run: Operation): Operation {
  return async (call) => {
    try {
      return await run(call);
    } catch (error) {
      if (error instanceof S3Refusal) return refusalResponse(call, error);
      throw error;
    }
  };
}

function refusalResponse(
  { request, wireFormat }: Call,
  { status, code, message, fields }: S3Refusal,
): Response {
  const response = document(status, wireFormat.errors.element(request, code, message, fields));
  return request.method === 'HEAD' ? { ...response, body: NO_BODY } : response;
}

import { NO_BODY, type Response } from '../../swift_api/message';
import type { Operation, Call } from './call';
import { document } from '../xml';

/** An error that only S3 has: what acts on buckets does not know it. */
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

/** The error for what is known, and not there. */
export function notImplemented(message: string): S3Refusal {
  return new S3Refusal(501, 'NotImplemented', message);
}

/** An operation whose errors of this kind become answers. */
export function withRefusals(run: Operation): Operation {
  return async (call) => {
    try {
      return await run(call);
    } catch (error) {
      if (error instanceof S3Refusal) return spelled(call, error);
      throw error;
    }
  };
}

function spelled(
  { request, spelling }: Call,
  { status, code, message, fields }: S3Refusal,
): Response {
  const answer = document(status, spelling.errors.element(request, code, message, fields));
  return request.method === 'HEAD' ? { ...answer, body: NO_BODY } : answer;
}

import { z } from 'zod';
import { unauthorised } from '../../src/http/answers';
import { allowedDigests, digestInfo } from '../../src/http/digest';
import { formBoundary } from '../../src/http/form';
import { withInfo } from '../../src/http/info';
import type { Filter, Handler, Request, Response } from '../../src/http/message';
import { titled } from '../../src/http/titles';
import type { FilterPlugin } from '../../src/plugin';
import { invalid, outcomeResponse } from './answers';
import { InvalidForm } from './multipart';
import { Unsigned, Upload } from './upload';

const options = z.object({ allowed_digests: allowedDigests });

/**
 * Swift's `formpost`: a form of a web page whose files become objects, signed with a key that the owner keeps in the metadata of the
 * account or of the container. For an app that keeps objects itself; a Swift behind has its own.
 */
export const formpost: FilterPlugin<typeof options> = {
  name: 'formpost',
  options,
  create: ({ allowed_digests }) => formPostFilter(allowed_digests),
};

function formPostFilter(digests: readonly string[]): Filter {
  return (next) =>
    withInfo(
      (request) => {
        const boundary = formBoundary(request);
        return boundary === undefined ? next(request) : receiveForm(request, boundary, digests, next);
      },
      { formpost: digestInfo(digests) },
    );
}

async function receiveForm(
  request: Request,
  boundary: string,
  digests: readonly string[],
  next: Handler,
): Promise<Response> {
  try {
    const { outcome, redirect } = await new Upload(request, digests, next).run(boundary);
    return outcomeResponse(outcome, redirect);
  } catch (error) {
    if (error instanceof InvalidForm) return invalid(error.message);
    if (error instanceof Unsigned) return unauthorised('unknown', `FormPost: ${titled(error.message)}`);
    throw error;
  }
}

import { z } from 'zod';
import { unauthorised } from '../../src/swift_api/responses';
import { digestInfo } from '../../src/http/digest';
import { formBoundary } from '../../src/formats/form';
import { withInfo } from '../../src/plugin/info';
import type { Filter, Handler, Request, Response } from '../../src/swift_api/message';
import { titleCase } from '../../src/http/titles';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { invalidFormResponse, outcomeResponse } from './answers';
import { InvalidForm } from '../../src/formats/multipart';
import { admitByAuthorising, admitBySigning } from './admission';
import { UnsignedForm, Upload, type UploadRules } from './upload';
import { allowedDigests } from '../../src/config/digests';

const options = z.object({ allowed_digests: allowedDigests });

/**
 * Swift's `formpost`: a form of a web page whose files become objects, signed with a key
 * that the owner keeps in the metadata of the account or the container. Each file is a
 * PUT of its own, so that the filters behind this one version it. A Swift behind the
 * proxy checks each PUT again, as a temporary URL. Reading the keys needs a service user
 * there: without one, forms are left to Swift.
 */
export const formpost: FilterPlugin<typeof options> = {
  name: 'formpost',
  options,
  precedesGuard: true,
  precedes: { versioned_writes: 'otherwise its writes would not be versioned' },
  create: ({ allowed_digests: digests }, { app, log }) => {
    const hasUpstream = app.upstream !== undefined;
    if (!hasUpstream || app.power === 'service')
      return formPostFilter({ digests, admit: hasUpstream ? admitBySigning : admitByAuthorising });
    log.warn(
      'formpost: no service user is configured to read the keys of forms; forms are left to the store',
    );
    return (next) => next;
  },
};

function formPostFilter(rules: UploadRules): Filter {
  return (next) =>
    withInfo(
      (request) => {
        const boundary = formBoundary(request);
        return boundary === undefined ? next(request) : receiveForm(request, boundary, rules, next);
      },
      { formpost: digestInfo(rules.digests) },
    );
}

async function receiveForm(
  request: Request,
  boundary: string,
  rules: UploadRules,
  next: Handler,
): Promise<Response> {
  try {
    const { outcome, redirect } = await new Upload(request, rules, next).run(boundary);
    return outcomeResponse(outcome, redirect);
  } catch (error) {
    if (error instanceof InvalidForm) return invalidFormResponse(error.message);
    if (error instanceof UnsignedForm)
      return unauthorised('unknown', `FormPost: ${titleCase(error.message)}`);
    throw error;
  }
}

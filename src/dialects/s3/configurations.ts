import { headBucket } from '../../buckets/bucket';
import type { Operation, Route } from './call';
import { xmlAnswer } from '../xml';
import { bucketOf } from './arguments';
import { notImplemented, S3Refusal } from './refusal';

/** What is answered of a bucket's configuration that nobody set: the error's code, and its text. */
export function missing(code: string, message: string): Operation {
  return async (call) => {
    await headBucket(call.caller, bucketOf(call));
    throw new S3Refusal(404, code, message, { BucketName: bucketOf(call) });
  };
}

/** What is answered where the configuration is then empty: the document's root, and what is in it. */
export function nothingSet(root: string, content: readonly string[]): Operation {
  return async (call) => {
    await headBucket(call.caller, bucketOf(call));
    return xmlAnswer(call, 200, root, content);
  };
}

/** What reads a configuration of a bucket. */
export function configuration(name: string, parameter: string, run: Operation): Route {
  return { name, method: 'GET', on: 'bucket', parameters: [parameter], run };
}

/** Behind all that is: what is known by these parameters, and is not there. */
export function notImplementedRoutes(
  on: 'bucket' | 'object',
  parameters: readonly string[],
): Route[] {
  return parameters.flatMap((parameter) =>
    ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'].map((method) => ({
      name: 'NotImplemented',
      method,
      on,
      parameters: [parameter],
      run: refused,
    })),
  );
}

const refused: Operation = () =>
  Promise.reject(
    notImplemented('A header or query you provided implies functionality that is not implemented'),
  );

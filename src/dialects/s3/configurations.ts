import { headBucket } from '../../buckets/bucket';
import type { Operation, Route } from './call';
import { xmlAnswer } from '../xml';
import { bucketOf } from './arguments';
import { notImplemented, S3Refusal } from './refusal';

/**
 * Returns an operation that reports a configuration that nobody set.
 *
 * @param code of the error
 * @param message of the error
 */
export function missing(code: string, message: string): Operation {
  return async (call) => {
    await headBucket(call.caller, bucketOf(call));
    throw new S3Refusal(404, code, message, { BucketName: bucketOf(call) });
  };
}

/**
 * Returns an operation that answers with an empty configuration.
 *
 * @param root of the document
 * @param content of the root
 */
export function nothingSet(root: string, content: readonly string[]): Operation {
  return async (call) => {
    await headBucket(call.caller, bucketOf(call));
    return xmlAnswer(call, 200, root, content);
  };
}

/** Returns the route that reads a configuration of a bucket. */
export function configuration(name: string, parameter: string, run: Operation): Route {
  return { name, method: 'GET', on: 'bucket', parameters: [parameter], run };
}

/**
 * Returns routes for parameters that are known but not implemented. To be placed after
 * all others.
 */
export function notImplementedRoutes(on: Route['on'], parameters: readonly string[]): Route[] {
  return parameters.flatMap((parameter) =>
    ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'].map((method) => ({
      name: 'NotImplemented',
      method,
      on,
      parameters: [parameter],
      run: refuse,
    })),
  );
}

const refuse: Operation = () =>
  Promise.reject(
    notImplemented('A header or query you provided implies functionality that is not implemented'),
  );

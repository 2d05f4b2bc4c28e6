import { BucketError } from '../../../src/buckets/errors';
import type { FormOperation } from '../call';

/** `POST Object`: a file that a browser sends in a form. */
export const postForm: FormOperation = () =>
  Promise.reject(new BucketError('not-implemented', 'Forms are not implemented.'));

import type { ByteString } from '../http/bytes';
import { BucketError } from './errors';

/** The id of the version that has none of its own. */
export const NULL_VERSION = 'null';

/** Whether a text is an id as versions have them: Swift's timestamps, a dialect's ids like they are. */
export function isVersionId(text: string): boolean {
  return /^\d{10}\.\d{5}$/.test(text);
}

/** An object of a bucket, or one of its versions. */
export interface ObjectRef {
  readonly bucket: ByteString;
  readonly key: ByteString;
  /** `null` for the version without an id of its own; undefined: whatever is current. */
  readonly versionId?: string | undefined;
}

/**
 * A version id as a client gave it.
 *
 * @param name what the dialect calls it
 * @throws BucketError `invalid-argument` for what cannot be one
 */
export function checkVersionId(given: string, name: string): string {
  const refuse = (message: string) =>
    new BucketError('invalid-argument', message, {
      fields: { ArgumentName: name, ArgumentValue: given },
    });
  if (given === '') throw refuse('Version id cannot be the empty string');
  if (given !== NULL_VERSION && !isVersionId(given)) throw refuse('Invalid version id specified');
  return given;
}

/** When a version was made, in milliseconds, as its id tells it; undefined for `null`. */
export function timeOfVersion(id: string): number | undefined {
  return isVersionId(id) ? Math.ceil(Number(id)) * 1000 : undefined;
}

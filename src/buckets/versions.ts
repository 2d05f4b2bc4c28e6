import type { ByteString } from '../http/bytes';
import { BucketError } from './errors';

/** The id of the version that has none of its own. */
export const NULL_VERSION = 'null';

/** Whether a text is a version id: Swift's timestamp, or a dialect's id of that form. */
export function isVersionId(text: string): boolean {
  return /^\d{10}\.\d{5}$/.test(text);
}

/** An object of a bucket, or one of its versions. */
export interface ObjectRef {
  readonly bucket: ByteString;
  readonly key: ByteString;
  /** `null` for the version without an id; undefined for the current version. */
  readonly versionId?: string | undefined;
}

/**
 * Checks a version id from a client.
 *
 * @param name of the parameter in the dialect
 * @throws BucketError `invalid-argument` if it cannot be an id
 */
export function checkVersionId(id: string, name: string): string {
  const refuse = (message: string) =>
    new BucketError('invalid-argument', message, {
      fields: { ArgumentName: name, ArgumentValue: id },
    });
  if (id === '') throw refuse('Version id cannot be the empty string');
  if (id !== NULL_VERSION && !isVersionId(id)) throw refuse('Invalid version id specified');
  return id;
}

/** Returns a version's time from its id, in milliseconds; undefined for `null`. */
export function timeOfVersion(id: string): number | undefined {
  return isVersionId(id) ? Math.ceil(Number(id)) * 1000 : undefined;
}

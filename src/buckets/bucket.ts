import { isTrueValue, type ByteString } from '../http/bytes';
import { drain } from '../http/body';
import { Headers } from '../http/headers';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { expectSuccessAndDrain } from './store_answers';
import {
  X_HISTORY_LOCATION,
  X_VERSIONS_ENABLED,
  X_VERSIONS_LOCATION,
} from '../swift_api/header_names';

/** Whether a bucket keeps versions. A bucket never returns to `never`. */
export type Versioning = 'never' | 'enabled' | 'suspended';

/** The state of a bucket. */
export interface Bucket {
  readonly versioning: Versioning;
  /** Uses one of Swift's header modes instead, whose versions only Swift clients see. */
  readonly isInHeaderMode: boolean;
  /** The container's headers. */
  readonly headers: Headers;
}

/** AWS's rules for general purpose buckets. */
const NEW_NAME = /^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*$/;
const IP_ADDRESS = /^\d+\.\d+\.\d+\.\d+$/;
/** AWS's former rules: containers created by Swift clients may have such names. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/;

/**
 * Whether a name is allowed for a new bucket: 3 to 63 lower-case letters, digits, hyphens
 * and single dots, and not an IP address.
 *
 * @param hasCapitals whether upper-case letters are allowed, too
 */
export function isNewBucketName(bucket: ByteString, hasCapitals = false): boolean {
  const name = hasCapitals ? bucket.toLowerCase() : bucket;
  const hasLabels = name.split('.').every((label) => !label.endsWith('-'));
  return (
    name.length >= 3 &&
    name.length <= 63 &&
    NEW_NAME.test(name) &&
    hasLabels &&
    !IP_ADDRESS.test(name)
  );
}

/** Whether a container counts as a bucket, judging by its name. */
export function isBucketName(name: ByteString): boolean {
  return NAME.test(name);
}

/** @throws BucketError `invalid-bucket-name` */
export function checkBucketName(name: ByteString): void {
  if (!isBucketName(name)) throw invalidName(name);
}

function invalidName(name: ByteString, hint = ''): BucketError {
  return new BucketError('invalid-bucket-name', `The specified bucket is not valid.${hint}`, {
    fields: { BucketName: name },
  });
}

const CAPITALS_HINT = ' This API does not allow upper-case letters in the name of a new bucket.';

/**
 * Creates a bucket.
 *
 * @param headers of the new container: its ACLs
 * @param hasCapitals whether the API allows upper-case letters in names
 * @param mayExist whether it is no error if the caller's account already has the bucket:
 *   it then gets the ACLs in `headers`, and stays as it is without any
 * @throws BucketError otherwise `bucket-owned`, and the bucket is left unchanged
 */
export async function createBucket(
  caller: Caller,
  name: ByteString,
  { headers = Headers.none, hasCapitals = false, mayExist = false } = {},
): Promise<void> {
  if (!isNewBucketName(name, hasCapitals))
    throw invalidName(name, isNewBucketName(name, true) ? CAPITALS_HINT : '');
  const response = await ask(caller, { method: 'HEAD', container: name });
  await drain(response.body);
  if (response.status !== 404) await expectSuccessAndDrain(caller, response, { bucket: name });
  // to create what exists requires the same right
  const created =
    response.status === 404 || mayExist
      ? await expectSuccessAndDrain(
          caller,
          await ask(caller, { method: 'PUT', container: name, headers }),
          {
            bucket: name,
          },
        )
      : response;
  if (created.status !== 201 && !mayExist)
    throw new BucketError(
      'bucket-owned',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { fields: { BucketName: name } },
    );
}

/**
 * Returns the state of a bucket.
 *
 * @throws BucketError `no-such-bucket`, `access-denied`
 */
export async function headBucket(caller: Caller, name: ByteString): Promise<Bucket> {
  const { headers } = await expectSuccessAndDrain(
    caller,
    await ask(caller, { method: 'HEAD', container: name }),
    {
      bucket: name,
    },
  );
  const enabled = headers.get(X_VERSIONS_ENABLED);
  return { versioning: versioningOf(enabled), isInHeaderMode: isInHeaderMode(headers), headers };
}

function isInHeaderMode(headers: Headers): boolean {
  return headers.has(X_VERSIONS_LOCATION) || headers.has(X_HISTORY_LOCATION);
}

/**
 * Throws if a container keeps its versions in one of Swift's header modes, which other
 * APIs do not have.
 *
 * @param headers of the container
 * @throws BucketError `in-header-mode`
 */
export function checkMode(name: ByteString, headers: Headers): void {
  if (!isInHeaderMode(headers)) return;
  throw new BucketError(
    'in-header-mode',
    'The container keeps versions with X-Versions-Location or X-History-Location of the Swift API. Remove that header from the container first.',
    { fields: { BucketName: name } },
  );
}

function versioningOf(enabled: string | undefined): Versioning {
  if (enabled === undefined) return 'never';
  return isTrueValue(enabled) ? 'enabled' : 'suspended';
}

/**
 * Switches versions on or off. Reads the state back, since a store without versions
 * accepts the header and ignores it.
 *
 * @throws BucketError `in-header-mode`; `not-implemented` if neither the proxy nor the
 *   store keeps versions
 */
export async function setVersioning(
  caller: Caller,
  name: ByteString,
  versioning: Exclude<Versioning, 'never'>,
): Promise<void> {
  checkMode(name, (await headBucket(caller, name)).headers);
  const headers = Headers.of({ 'X-Versions-Enabled': versioning === 'enabled' ? 'true' : 'false' });
  await expectSuccessAndDrain(
    caller,
    await ask(caller, { method: 'POST', container: name, headers }),
    {
      bucket: name,
    },
  );
  caller.parts.invalidate((await caller.session()).account, name);
  if ((await headBucket(caller, name)).versioning !== versioning)
    throw new BucketError(
      'not-implemented',
      'Nobody keeps versions of this bucket: the server runs without allow_object_versioning, and its store has no versions.',
      { fields: { BucketName: name } },
    );
}

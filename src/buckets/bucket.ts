import { isTrueValue, type ByteString } from '../http/bytes';
import { drain } from '../http/body';
import { Headers } from '../http/headers';
import { ask, type Caller } from './caller';
import { BucketError } from './errors';
import { done } from './store_answers';

/** Whether a bucket keeps versions. There is no way back to `never`. */
export type Versioning = 'never' | 'enabled' | 'suspended';

/** What is known of a bucket. */
export interface Bucket {
  readonly versioning: Versioning;
  /** Keeps what is overwritten in one of Swift's header modes instead, which only clients of Swift see. */
  readonly isInHeaderMode: boolean;
  /** The container's. */
  readonly headers: Headers;
}

/** AWS's rules for general purpose buckets. */
const NEW_NAME = /^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*$/;
const IP_ADDRESS = /^\d+\.\d+\.\d+\.\d+$/;
/** Those that AWS once had: containers that were made by clients of Swift may have such names. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/;

/**
 * Whether a bucket may be made under a name: 3 to 63 lower-case letters, digits, hyphens and single
 * dots, and no address.
 *
 * @param hasCapitals whether letters may be capitals, too
 */
export function isNewBucketName(given: ByteString, hasCapitals = false): boolean {
  const name = hasCapitals ? given.toLowerCase() : given;
  const hasLabels = name.split('.').every((label) => !label.endsWith('-'));
  return (
    name.length >= 3 &&
    name.length <= 63 &&
    NEW_NAME.test(name) &&
    hasLabels &&
    !IP_ADDRESS.test(name)
  );
}

/** Whether a container is a bucket by its name. */
export function isBucketName(name: ByteString): boolean {
  return NAME.test(name);
}

/** @throws BucketError `invalid-bucket-name` */
export function checkBucketName(name: ByteString): void {
  if (!isBucketName(name)) throw invalidName(name);
}

function invalidName(name: ByteString, why = ''): BucketError {
  return new BucketError('invalid-bucket-name', `The specified bucket is not valid.${why}`, {
    fields: { BucketName: name },
  });
}

const CAPITALS = ' In this API the name of a new bucket has no capitals.';

/**
 * Makes a bucket.
 *
 * @param headers what the container is made with: its ACLs
 * @param hasCapitals whether the API has names with capitals
 * @throws BucketError `bucket-owned` where the caller's account has it, which is then left as it is
 */
export async function createBucket(
  caller: Caller,
  name: ByteString,
  { headers = Headers.none, hasCapitals = false } = {},
): Promise<void> {
  if (!isNewBucketName(name, hasCapitals))
    throw invalidName(name, isNewBucketName(name, true) ? CAPITALS : '');
  const response = await ask(caller, { method: 'HEAD', container: name });
  await drain(response.body);
  if (response.status !== 404) await done(caller, response, { bucket: name });
  const made =
    response.status === 404
      ? await done(caller, await ask(caller, { method: 'PUT', container: name, headers }), {
          bucket: name,
        })
      : response;
  if (made.status !== 201)
    throw new BucketError(
      'bucket-owned',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { fields: { BucketName: name } },
    );
}

/** What is known of a bucket. @throws BucketError `no-such-bucket`, `access-denied` */
export async function headBucket(caller: Caller, name: ByteString): Promise<Bucket> {
  const { headers } = await done(caller, await ask(caller, { method: 'HEAD', container: name }), {
    bucket: name,
  });
  const enabled = headers.get('x-versions-enabled');
  return { versioning: versioningOf(enabled), isInHeaderMode: isInMode(headers), headers };
}

function isInMode(headers: Headers): boolean {
  return headers.has('x-versions-location') || headers.has('x-history-location');
}

/**
 * Whether versions of a container are those that other APIs have.
 *
 * @param headers the container's
 * @throws BucketError `in-header-mode`
 */
export function checkMode(name: ByteString, headers: Headers): void {
  if (!isInMode(headers)) return;
  throw new BucketError(
    'in-header-mode',
    'The container keeps versions by X-Versions-Location or X-History-Location, of the Swift API. Remove that before.',
    { fields: { BucketName: name } },
  );
}

function versioningOf(enabled: string | undefined): Versioning {
  if (enabled === undefined) return 'never';
  return isTrueValue(enabled) ? 'enabled' : 'suspended';
}

/** @throws BucketError `in-header-mode` */
export async function setVersioning(
  caller: Caller,
  name: ByteString,
  versioning: Exclude<Versioning, 'never'>,
): Promise<void> {
  checkMode(name, (await headBucket(caller, name)).headers);
  const headers = Headers.of({ 'X-Versions-Enabled': versioning === 'enabled' ? 'true' : 'false' });
  await done(caller, await ask(caller, { method: 'POST', container: name, headers }), {
    bucket: name,
  });
  caller.parts.forget((await caller.session()).account, name);
}

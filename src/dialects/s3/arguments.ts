import { BucketError } from '../../buckets/errors';
import { quote, type ByteString } from '../../http/bytes';
import { invalidArgument } from '../arguments';
import { holdDocument } from '../document';
import type { Call } from './call';
import { readXml, type XmlElement } from '../xml';

export { bucketOf, invalidArgument, isoTime, keyOf, limitOf, textOf } from '../arguments';

const MAX_DOCUMENT = 1024 * 1024;

/** The header with the name of a canned ACL. */
export const X_AMZ_ACL = 'x-amz-acl';

/** The encoding of names in a listing. */
export interface Naming {
  /** As requested by the client; undefined for names as they are. */
  readonly encoding: 'url' | undefined;
  readonly of: (name: ByteString) => string;
}

/**
 * Returns the requested encoding of names: with `encoding-type=url` percent-encoded,
 * except slashes.
 */
export function namingOf({ parameters }: Call): Naming {
  const type = parameters.get('encoding-type');
  if (type === undefined || type === '') return { encoding: undefined, of: (name) => name };
  if (type !== 'url')
    throw invalidArgument('encoding-type', type, 'Invalid Encoding Method specified in Request');
  return { encoding: 'url', of: quote };
}

/** Reads the body of a request. @throws BucketError `malformed-body` if it is too long */
export async function bodyOf(call: Call, max = MAX_DOCUMENT): Promise<Buffer> {
  const body = await holdDocument(call, max);
  if (body === undefined) throw malformed();
  return body;
}

/** Reads the document of a request. @throws BucketError `malformed-body` */
export async function documentOf(call: Call, root: string): Promise<XmlElement> {
  return readXml(await bodyOf(call), MAX_DOCUMENT, root);
}

/** Returns the error for an invalid document. */
export function malformed(): BucketError {
  return new BucketError(
    'malformed-body',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}

import { Headers } from '../../../src/http/headers';
import { Client, type Answer } from '../../support/clients/client';
import { pathOf } from '../../support/clients/containers';
import { temporary } from '../../support/clients/temp_urls';
import { ACCOUNT_KEY, KEYS, type Place } from './signed_scenes';

/** A request by a signed URL. */
export interface SignedRequest {
  readonly name: string;
  readonly method: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** In the query, before the signature. */
  readonly parameters?: string;
  /** What is signed, if not the object's own path. */
  readonly prefix?: string;
}

const get = (name: string, more: Partial<SignedRequest> = {}): SignedRequest => ({
  name,
  method: 'GET',
  ...more,
});

/** All that one may want of an object. */
export const REQUESTS: readonly SignedRequest[] = [
  get('GET'),
  { name: 'HEAD', method: 'HEAD' },
  get('the first bytes', { headers: { Range: 'bytes=0-3' } }),
  get('bytes in the middle', { headers: { Range: 'bytes=3-9' } }),
  get('the last bytes', { headers: { Range: 'bytes=-4' } }),
  get('several ranges', { headers: { Range: 'bytes=0-1,4-8' } }),
  get('bytes behind the end', { headers: { Range: 'bytes=1000-' } }),
  { name: 'HEAD of a range', method: 'HEAD', headers: { Range: 'bytes=1-2' } },
  get('unless it exists', { headers: { 'If-None-Match': '*' } }),
  get('if it is another', { headers: { 'If-Match': '"another"' } }),
  get('if it is old', { headers: { 'If-Unmodified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT' } }),
  get('with a file name', { parameters: 'filename=a%20name&inline&' }),
  get('by a prefix', { prefix: '' }),
  get('with parameters that are not signed', {
    parameters: 'version-id=null&multipart-manifest=get&symlink=get&',
  }),
];

/** The keys that may sign. */
export const SIGNERS = {
  "the container's key": KEYS.container,
  "the account's key": ACCOUNT_KEY,
  "another container's key": KEYS.other,
} as const;

export type SignerName = keyof typeof SIGNERS;

/** Sends a signed request as a client without credentials. */
export function sendSigned(
  owner: Client,
  { container, object }: Place,
  { method, headers = {}, parameters = '', prefix }: SignedRequest,
  signer: SignerName,
): Promise<Answer> {
  const folder = `${owner.account}/${container}/`;
  const query = temporary(method, prefix === undefined ? folder + object : folder, {
    key: SIGNERS[signer],
    ...(prefix === undefined ? {} : { prefix }),
  });
  const anonymous = new Client(owner.url, Headers.none, owner.account);
  return anonymous.ask(method, `${pathOf(container, object)}?${parameters}${query}`, {
    ...headers,
  });
}

/** Headers that describe the object; others have names and times of their own. */
const COMPARED = [
  'accept-ranges',
  'content-disposition',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'x-object-meta-a',
  'x-object-meta-public-b',
  'x-static-large-object',
];
/** Headers whose presence counts. */
const PRESENT = [
  'content-location',
  'expires',
  'last-modified',
  'x-object-manifest',
  'x-manifest-etag',
  'x-object-version-id',
  'x-timestamp',
];

/** What an answer says, without what differs each time. */
export interface Told {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Describes an answer so that it can be compared with another store's. */
export function describeAnswer({ status, headers, body }: Answer): Told {
  if (status >= 300) return { status };
  const boundary = /boundary=(\S+)/.exec(headers.get('content-type') ?? '')?.[1];
  const plain = (text: string) =>
    boundary === undefined ? text : text.replaceAll(boundary, 'BOUNDARY');
  const compared: Record<string, string> = {};
  for (const name of COMPARED) {
    const value = headers.get(name);
    if (value !== undefined) compared[name] = plain(value);
  }
  for (const name of PRESENT) if (headers.has(name)) compared[name] = 'is there';
  return { status, body: plain(body.toString('latin1')), headers: compared };
}

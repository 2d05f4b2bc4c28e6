import { listBuckets } from '../../buckets/account';
import type { Call, Operation, Route } from './call';
import { xml, xmlAnswer } from '../xml';
import { isoTime, limitOf, textOf } from './arguments';
import { readToken, writeToken } from './continuation';
import { notImplemented } from './refusal';

const MAX_BUCKETS = 10_000;

export const serviceRoutes: readonly Route[] = [
  {
    name: 'ListBuckets',
    method: 'GET',
    on: 'service',
    vocabulary: { parameters: ['bucket-region', 'continuation-token', 'max-buckets', 'prefix'] },
    run: (call) => list(call),
  },
];

const list: Operation = async (call) => {
  const { caller, parameters, location } = call;
  // only this distinguishes a request for directory buckets from one for all
  if (parameters.get('x-id') === 'ListDirectoryBuckets')
    throw notImplemented('Directory buckets are not implemented.');
  const region = parameters.get('bucket-region') ?? location;
  const limit = limitOf(call, 'max-buckets', MAX_BUCKETS);
  const token = parameters.get('continuation-token');
  const prefix = parameters.has('prefix') ? textOf(call, 'prefix') : undefined;
  const startAfter = token === undefined ? undefined : readToken(token);
  const { buckets, next } =
    region === location
      ? await listBuckets(caller, { prefix, startAfter, limit })
      : { buckets: [], next: undefined };
  const elements = buckets.map(({ name, created }) =>
    xml('Bucket', [xml('Name', name), xml('CreationDate', isoTime(created))]),
  );
  return xmlAnswer(call, 200, 'ListAllMyBucketsResult', [
    renderOwner(call),
    xml('Buckets', elements),
    next === undefined ? undefined : xml('ContinuationToken', writeToken(next)),
    prefix === undefined ? undefined : xml('Prefix', prefix),
  ]);
};

/** Returns the element of an owner, for listings. */
export function renderOwner(call: Call): string {
  return xml('Owner', call.wireFormat.owner(call));
}

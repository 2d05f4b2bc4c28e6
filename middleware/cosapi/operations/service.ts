import { listBuckets } from '../../../src/buckets/account';
import type { Operation, Route } from '../../../src/dialects/s3/call';
import { isoTime, limitOf, textOf } from '../../../src/dialects/s3/arguments';
import { notImplemented } from '../../../src/dialects/s3/refusal';
import { renderOwner } from '../../../src/dialects/s3/service';
import { xml, xmlAnswer } from '../../../src/dialects/xml';

const MAX_BUCKETS = 2000;

/** Parameters by which buckets cannot be chosen. */
const UNSUPPORTED = ['tagkey', 'tagvalue', 'create-time', 'range'];

export const serviceRoutes: readonly Route[] = [
  {
    name: 'ListBuckets',
    method: 'GET',
    on: 'service',
    vocabulary: { parameters: ['marker', 'max-keys', 'region', ...UNSUPPORTED] },
    run: (call) => list(call),
  },
];

const list: Operation = async (call) => {
  const { caller, parameters, location } = call;
  for (const name of UNSUPPORTED)
    if (parameters.has(name))
      throw notImplemented(`Listing buckets by ${name} is not implemented.`);
  const limit = limitOf(call, 'max-keys', MAX_BUCKETS);
  const marker = textOf(call, 'marker');
  const isElsewhere = ![location, undefined, ''].includes(parameters.get('region'));
  const { buckets, next } = isElsewhere
    ? { buckets: [], next: undefined }
    : await listBuckets(caller, { startAfter: marker || undefined, limit });
  const elements = buckets.map(({ name, created }) =>
    xml('Bucket', [
      xml('Name', name),
      xml('Location', location),
      xml('CreationDate', isoTime(created)),
      xml('BucketType', 'cos'),
    ]),
  );
  return xmlAnswer(call, 200, 'ListAllMyBucketsResult', [
    renderOwner(call),
    xml('Buckets', elements),
    xml('Marker', marker),
    next === undefined ? undefined : xml('NextMarker', next),
    xml('MaxKeys', limit),
    xml('IsTruncated', next !== undefined),
  ]);
};

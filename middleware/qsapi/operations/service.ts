import { listBuckets, type ListedBucket } from '../../../src/buckets/account';
import { isoTime, limitOf } from '../../../src/dialects/arguments';
import type { Call, Operation, Route } from '../../../src/dialects/call';
import { jsonAnswer } from '../json';
import { LIST_BUCKETS } from '../vocabulary';

const MAX_BUCKETS = 10_000;
const DEFAULT_LIMIT = 200;

export const serviceRoutes: readonly Route[] = [
  {
    name: 'GET Service',
    method: 'GET',
    on: 'service',
    vocabulary: LIST_BUCKETS,
    run: (call) => list(call),
  },
];

const list: Operation = async (call) => {
  const limit = limitOf(call, 'limit', MAX_BUCKETS, DEFAULT_LIMIT);
  const offset = limitOf(call, 'offset', Number.MAX_SAFE_INTEGER, 0);
  const requestedLocation = call.request.headers.get('location') ?? call.location;
  const entries =
    requestedLocation === call.location
      ? (await listBuckets(call.caller, { limit: limit + offset })).buckets
      : [];
  const buckets = entries.slice(offset).map((each) => bucketFields(call, each));
  return jsonAnswer(200, { count: buckets.length, buckets });
};

function bucketFields({ location, request }: Call, { name, created }: ListedBucket) {
  const host = request.headers.get('host') ?? request.host ?? '';
  return { name, location, url: `http://${host}/${name}`, created: isoTime(created) };
}

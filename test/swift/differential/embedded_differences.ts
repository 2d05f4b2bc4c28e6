import { isDeepStrictEqual } from 'node:util';
import { PROXY_DIFFERENCES, type Difference } from './differences';
import type { Observation } from './observe';

/** What is let pass between a Swift and a store of our own, whose versions are made by the same filter as a proxy's. */
export const EMBEDDED_DIFFERENCES: readonly Difference[] = [
  ...PROXY_DIFFERENCES,
  {
    name: 'words of a refusal',
    reason: 'our versions name the cause as plain text',
    explains: ({ swift, hindsight }) =>
      swift.status >= 400 &&
      hindsight.headers['content-type'] === 'text/plain; charset=utf-8' &&
      isDeepStrictEqual(withoutWords(swift), withoutWords(hindsight)),
  },
];

function withoutWords({ status, headers }: Observation): unknown {
  return { status, headers: { ...headers, 'content-type': '', 'content-length': '' } };
}

import { isDeepStrictEqual } from 'node:util';
import { PROXY_DIFFERENCES, type Difference } from './differences';
import type { Observation } from './observe';
import { UNSENT, type Unsent } from './unsent';

/**
 * The accepted differences between Swift and our own store, whose versions are made by
 * the same filter as a proxy's.
 */
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
  {
    name: 'a bad token, and more',
    reason: 'tempauth comes first in our pipeline; Swift checks the format of a listing before it',
    explains: ({ step, swift, hindsight }) =>
      step.user === 'badtoken' && [400, 406].includes(swift.status) && hindsight.status === 401,
  },
  {
    name: 'X-If-Delete-At of an object that is gone',
    reason: 'Swift remembers deleted objects for a week and answers 412 for them; we answer 404',
    explains: ({ step, swift, hindsight }) =>
      step.headers?.['X-If-Delete-At'] !== undefined &&
      swift.status === 412 &&
      hindsight.status === 404,
  },
  {
    name: 'a HEAD with a range of a symlink to a DLO',
    reason: 'Swift refuses an unsatisfiable one with 416, and ignores it for all other objects',
    explains: ({ step, swift, hindsight }) =>
      step.method === 'HEAD' &&
      step.headers?.['Range'] !== undefined &&
      swift.status === 416 &&
      hindsight.status === 200,
  },
  {
    name: 'Swift breaks',
    reason:
      'with 500 on a manifest with null items, on a copy to a name that is not UTF-8, on a HEAD of a manifest as clients put it, and on a copy of one under conditions that do not hold',
    explains: ({ step, swift, hindsight }) =>
      swift.status === 500 && (hindsight.status >= 300 || step.path.includes('format=raw')),
  },
  {
    name: 'parts and refusals of a manifest',
    reason:
      'Swift labels several ranges of it as JSON, takes them from its stored form, answers 304 with a length, and labels its empty 412 as JSON, or writes an empty list into it',
    explains: ({ step, swift, hindsight }) =>
      step.path.includes('multipart-manifest=get') &&
      (swift.body === '<broken off>' ||
        step.headers?.['Range']?.includes(',') === true ||
        (swift.status === hindsight.status && hindsight.body === '')),
  },
];

/** What is not sent to them. */
export const EMBEDDED_UNSENT: readonly Unsent[] = [
  ...UNSENT,
  {
    name: 'a name at the limit that is not ASCII (not sent)',
    reason: "Swift limits an archive entry's name to 1,024 characters; we count bytes",
    concerns: (step, side) => {
      const named = JSON.stringify(step).replace(/\{[ae]:(?:\w:)?(\d)[^}]*\}/g, '{n$1}');
      return /n{1000}%C3%A9/.test(side.expandNames(named));
    },
  },
];

function withoutWords({ status, headers }: Observation): unknown {
  return { status, headers: { ...headers, 'content-type': '', 'content-length': '' } };
}

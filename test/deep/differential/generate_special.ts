import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { container, name, pick, users, weighted } from './generate_parts';
import { ROLES } from './places';
import { SEGMENT_BODIES, SEGMENTS, type Step } from './steps';

const target = fc
  .record({ user: users, at: container, of: name })
  .map(({ user, at, of }) => ({ user, account: ROLES[at]!.account, path: `/{${at}}/${of}` }));

const slo: fc.Arbitrary<Step> = fc
  .record({
    target,
    body: weighted([
      [6, pick(['slo1', 'slo2'] as const)],
      [1, pick(['sloBad', 'one', 'empty'] as const)],
    ]),
    query: pick(['?multipart-manifest=put', '?heartbeat=on&multipart-manifest=put']),
  })
  .map(({ target, body, query }) => ({
    ...target,
    // the lab's segments are in the account test, and a manifest cannot name another
    method: 'PUT',
    path: target.path + query,
    body,
    headers: { 'Content-Type': 'text/slo', 'X-Object-Meta-Kind': 'slo' },
  }));

const dlo: fc.Arbitrary<Step> = fc
  .record({
    target,
    manifest: pick([
      `${SEGMENTS}/seg/`,
      `${SEGMENTS}/seg%2F1`,
      `${SEGMENTS}/none`,
      'no-slash',
      '{w}/f/',
    ]),
    body: pick(['empty', 'one'] as const),
  })
  .map(({ target, manifest, body }) => ({
    ...target,
    method: 'PUT',
    body,
    headers: { 'X-Object-Manifest': manifest, 'Content-Type': 'text/dlo' },
  }));

/** Static and dynamic large objects. */
export const largeObjectStep: fc.Arbitrary<Step> = weighted([
  [2, slo],
  [1, dlo],
]);

const etag = createHash('md5').update(SEGMENT_BODIES['seg/1']!).digest('hex');

const link: fc.Arbitrary<Readonly<Record<string, string>>> = weighted<
  Readonly<Record<string, string>>
>([
  [2, fc.constant({ 'X-Symlink-Target': `${SEGMENTS}/seg/1`, 'X-Symlink-Target-Etag': etag })],
  [
    2,
    fc.constant({ 'X-Symlink-Target': `${SEGMENTS}/seg/2`, 'X-Symlink-Target-Account': '{test}' }),
  ],
  [3, fc.tuple(container, name).map(([at, of]) => ({ 'X-Symlink-Target': `{${at}}/${of}` }))],
  [
    1,
    pick<Readonly<Record<string, string>>>([
      { 'X-Symlink-Target': `${SEGMENTS}/seg/1`, 'X-Symlink-Target-Etag': 'abc' },
      { 'X-Symlink-Target': `${SEGMENTS}/missing`, 'X-Symlink-Target-Etag': etag },
      { 'X-Symlink-Target': 'no-slash' },
    ]),
  ],
]);

/** Creates symlinks and reads them. */
export const symlinkStep: fc.Arbitrary<Step> = fc
  .record({
    target,
    link,
    body: pick(['empty', 'empty', 'empty', 'one'] as const),
    look: fc.nat(3),
  })
  .map(({ target, link, body, look }) =>
    look === 0
      ? { ...target, method: 'HEAD', path: `${target.path}?symlink=get` }
      : {
          ...target,
          method: 'PUT',
          body,
          headers: { ...link, 'Content-Type': 'application/symlink', 'X-Object-Meta-Kind': 'link' },
        },
  );

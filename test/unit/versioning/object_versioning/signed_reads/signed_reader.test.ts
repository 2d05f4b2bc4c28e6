import fc from 'fast-check';
import {
  versionName,
  versionsContainerOf,
} from '../../../../../src/versioning/object_versioning/version_names';
import { Ground, type Scope, type Stored } from './ground';

const [OLD, NEW] = ['0000000001.00000', '0000000002.00000'];
const versionOf = (container: string, object: string, id: string) =>
  `${versionsContainerOf(container)}/${versionName(object, id)}`;

/** Adds an object with an id, whose old version is a secret. */
function withIds(objects: Map<string, Stored>, name: string, stored: Stored): void {
  const [container = '', object = ''] = name.split('/');
  objects.set(name, { kind: 'link', to: versionOf(container, object, NEW) });
  objects.set(versionOf(container, object, NEW), stored);
  objects.set(versionOf(container, object, OLD), { kind: 'plain', body: `old ${name};` });
}

function groundOf(entries: readonly (readonly [name: string, stored: Stored])[]): Ground {
  const objects = new Map<string, Stored>();
  for (const [name, stored] of entries) withIds(objects, name, stored);
  return new Ground(objects);
}

const plain = (body: string): Stored => ({ kind: 'plain', body });

describe('a temporary URL of a container', () => {
  it('reads segments in it, one after the other', async () => {
    const ground = groundOf([
      ['in/one', plain('one ')],
      ['in/two', plain('two')],
      ['in/inner', { kind: 'slo', segments: ['in/one', 'in/two'] }],
      ['in/large', { kind: 'slo', segments: ['in/inner', 'in/one'] }],
      ['in/link', { kind: 'link', to: 'in/large' }],
    ]);
    expect(await ground.read('in/link', 'container')).toEqual({ status: 200, text: 'one twoone ' });
  });

  it('does not read a segment in another container, nor asks for it', async () => {
    const ground = groundOf([
      ['in/one', plain('one')],
      ['out/two', plain('secret')],
      ['in/large', { kind: 'slo', segments: ['in/one', 'out/two'] }],
    ]);
    expect((await ground.read('in/large', 'container')).status).toBe(409);
    expect(ground.inService.filter((name) => name.includes('out'))).toEqual([]);
    expect((await ground.read('in/large', 'account')).text).toBe('onesecret');
  });

  it('is worth nothing to a store that does not check signatures', async () => {
    const ground = groundOf([['in/one', plain('one')]]);
    ground.checksSignatures = false;
    expect((await ground.read('in/one', 'container')).status).toBe(409);
    expect(ground.inService).toEqual([]);
  });

  it('ends where links go round in circles among versions', async () => {
    const ground = groundOf([['in/one', { kind: 'link', to: versionOf('in', 'one', OLD) }]]);
    expect((await ground.read('in/one', 'account')).status).toBe(401);
    const loop = groundOf([
      ['in/one', { kind: 'link', to: 'in/two' }],
      ['in/two', { kind: 'link', to: 'in/one' }],
    ]);
    expect((await loop.read('in/one', 'account')).status).toBe(409);
  });
});

const CONTAINERS = ['in', 'out', 'in+segments'] as const;
const OBJECTS = ['a', 'b', 'c'] as const;
const NAMES = CONTAINERS.flatMap((container) => OBJECTS.map((object) => `${container}/${object}`));
const PLACES = [
  ...NAMES,
  ...NAMES.flatMap((name) => {
    const [container = '', object = ''] = name.split('/');
    return [NEW, OLD].map((id) => versionOf(container, object, id));
  }),
];

const place = fc.constantFrom(...PLACES);
const stored: fc.Arbitrary<Stored> = fc.oneof(
  fc.constant<Stored>({ kind: 'plain', body: '' }),
  fc
    .record({
      kind: fc.constant('link' as const),
      to: place,
      account: fc.constantFrom(undefined, undefined, 'AUTH_b'),
    })
    .map(({ account, ...rest }): Stored => (account === undefined ? rest : { ...rest, account })),
  fc.record({ kind: fc.constant('slo' as const), segments: fc.array(place, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('dlo' as const), prefix: place }),
);

it('whatever links and manifests name, a URL opens current objects within its scope only', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stored, { minLength: NAMES.length, maxLength: NAMES.length }),
      fc.constantFrom<Scope>('account', 'container'),
      fc.constantFrom('in/a', 'in/b', 'in/c'),
      fc.constantFrom('GET', 'HEAD'),
      async (all, scope, name, method) => {
        const ground = groundOf(
          all.map((each, i): [string, Stored] => {
            const at = NAMES[i]!;
            return [at, each.kind === 'plain' ? plain(`current ${at};`) : each];
          }),
        );
        const { status, text } = await ground.read(name, scope, { method });
        expect(status).toBeLessThan(500);
        expect(text).not.toContain('old ');
        if (scope === 'account') return;
        expect(text).not.toMatch(/current (out|in\+segments)/);
        const outside = ground.inService.filter(
          (each) => !each.startsWith('in/') && !each.startsWith(`${versionsContainerOf('in')}/`),
        );
        expect(outside).toEqual([]);
      },
    ),
  );
});

import fc from 'fast-check';

/**
 * A step of a generated sequence. Versions are chosen by their index among the existing
 * ones, so that any sequence makes sense.
 */
export type Step =
  | { readonly kind: 'versioning'; readonly status: 'Enabled' | 'Suspended' }
  | { readonly kind: 'put' | 'multipart'; readonly key: string; readonly body: string }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'delete version'; readonly key: string; readonly which: Which }
  | {
      readonly kind: 'copy';
      readonly key: string;
      readonly from: string;
      readonly which: Which | undefined;
    }
  | { readonly kind: 'read'; readonly key: string; readonly which: Which | undefined }
  | {
      readonly kind: 'list';
      readonly prefix: string;
      readonly delimiter: string;
      readonly maxKeys: number;
    };

/**
 * An index among the versions of a key, modulo their number; an id that none of them has;
 * or the null version, which may not exist.
 */
export type Which = number | 'null' | 'unknown';

/** Few keys, so that steps collide; their characters matter to listings. */
const KEYS = ['a', 'dir/x', 'dir/y é', 'dir/sub/z', 'b+c'];

const key = fc.constantFrom(...KEYS);
const body = fc.string({ maxLength: 12 });
const which: fc.Arbitrary<Which> = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 4 }) },
  { weight: 2, arbitrary: fc.constant('null' as const) },
  { weight: 1, arbitrary: fc.constant('unknown' as const) },
);
const maybe = fc.option(which, { nil: undefined });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('versioning' as const),
      status: fc.constantFrom('Enabled' as const, 'Suspended' as const),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), key, body }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('multipart' as const), key, body }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete version' as const), key, which }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('copy' as const), key, from: key, which: maybe }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), key, which: maybe }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      prefix: fc.constantFrom('', 'a', 'd', 'dir/', 'dir/sub', 'none'),
      delimiter: fc.constantFrom('', '/', 'i', 'b+'),
      maxKeys: fc.integer({ min: 1, max: 6 }),
    }),
  },
);

/** Sequences of steps, most of them on few keys. */
export const steps = fc.array(step, { minLength: 1, maxLength: 25, size: 'max' });

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ConfigError } from '../../../src/config/error';
import { readConfig, type Config } from '../../../src/pipeline/load';

/** A pipeline as the names of its filters: some of the sample's, in any order. */
export type FilterNames = readonly string[];

/** A sample of `config/`, served with another pipeline. */
export class Sample {
  readonly filters: FilterNames;
  private readonly app: string;

  /** @param changed adapts its text to the tests */
  constructor(
    name: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly changed: (text: string) => string = (text) => text,
  ) {
    this.text = readFileSync(join(__dirname, '../../../config', name), 'utf8');
    const names = PIPELINE.exec(this.text)?.[1]?.split(' ') ?? [];
    this.filters = names.slice(0, -1);
    this.app = names.at(-1) ?? '';
  }

  private readonly text: string;

  /** Returns the configuration with these filters; undefined if it is refused. */
  with(filters: FilterNames): Config | undefined {
    const text = this.text.replace(PIPELINE, `pipeline = ${[...filters, this.app].join(' ')}`);
    try {
      return readConfig(this.changed(text), 'test.conf', this.env);
    } catch (error) {
      if (error instanceof ConfigError) return undefined;
      throw error;
    }
  }

  /** Pipelines of its filters: half arbitrary, half one swap or omission from its own. */
  pipelines(): fc.Arbitrary<FilterNames> {
    const { filters } = this;
    const place = fc.nat({ max: filters.length - 1 });
    const swap = fc.tuple(place, place);
    const omitted = place.map((omit) => filters.filter((_, i) => i !== omit));
    const near = fc.oneof(
      swap.map((one) => swapped(filters, one)),
      omitted,
    );
    // hardly any random order would be accepted
    const any = fc
      .tuple(fc.subarray([...filters]), fc.array(swap, { maxLength: 3 }))
      .map(([some, swaps]) => swaps.reduce(swapped, some));
    const mixed = fc.oneof(
      { arbitrary: fc.shuffledSubarray([...filters]), weight: 1 },
      { arbitrary: any, weight: 4 },
    );
    return fc.oneof(mixed, near);
  }
}

/** Swaps two names, if both exist. */
function swapped(names: FilterNames, [a, b]: readonly [number, number]): FilterNames {
  const [first, second] = [names[a], names[b]];
  return first === undefined || second === undefined ? names : names.with(a, second).with(b, first);
}

const PIPELINE = /^pipeline = (.*)$/m;

/** Filters that must not follow `versioned_writes`: they write, or check access. */
const BEFORE_VERSIONS = [
  'gatekeeper',
  's3api',
  'cosapi',
  'qsapi',
  'bulk',
  'tempurl',
  'formpost',
  'tempauth',
  'container_quotas',
  'account_quotas',
];

/** Returns why a pipeline should have been refused; undefined if it may be served. */
export function faultOf(
  filters: FilterNames,
  { needsLogin }: { needsLogin: boolean },
): string | undefined {
  const placeOf = (name: string) => filters.indexOf(name);
  if (needsLogin && placeOf('tempauth') < 0) return 'nobody authenticates';
  const versions = placeOf('versioned_writes');
  if (versions < 0) return undefined;
  const behind = BEFORE_VERSIONS.find((name) => placeOf(name) > versions);
  if (behind !== undefined) return `${behind} stands behind versioned_writes`;
  return placeOf('gatekeeper') < 0 ? 'versions without a gatekeeper' : undefined;
}

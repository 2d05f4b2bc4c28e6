import type { Handler } from '../../../src/swift_api/message';
import type { Recorded } from '../clients/captures';
import { Chance } from '../running/chance';
import { asRequest } from '../clients/s3/requests';

export const SEED = Number(process.env.S3_FUZZ_SEED ?? 1);

/** Headers that matter to the filters under test. */
interface InterestingHeaders {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

/** What to fuzz, and how. */
export interface Fuzzing {
  /** Clients' requests to mutate. */
  readonly originals: readonly Recorded[];
  /** For each of them, a filter that would accept it. */
  readonly filters: readonly { readonly handler: Handler; readonly accepted: readonly unknown[] }[];
  /** Number of mutants. */
  readonly count: number;
  readonly seed: number;
  readonly headers: InterestingHeaders;
  /**
   * The signed part of a request: mutants with the same meaning may be accepted, and are
   * skipped.
   */
  readonly meaning: (request: Recorded) => string;
}

/**
 * Sends mutants. Throws if one is accepted or breaks something. Returns how often each
 * status was answered.
 */
export async function fuzzed({
  originals,
  filters,
  count,
  seed,
  headers,
  meaning,
}: Fuzzing): Promise<Map<number, number>> {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  try {
    const chance = new Chance(seed);
    const meanings = originals.map(meaning);
    const statuses = new Map<number, number>();
    for (let i = 0; i < count;) {
      const at = chance.below(originals.length);
      const mutant = mutated(originals[at]!, chance, headers);
      if (meaning(mutant) === meanings[at]) continue;
      const { handler, accepted } = filters[at]!;
      const { status } = await handler(asRequest(mutant));
      if (accepted.length > 0)
        throw new Error(`accepted (seed ${seed}): ${JSON.stringify(mutant)}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      i++;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
    return statuses;
  } finally {
    process.off('unhandledRejection', onUnhandled);
  }
}

function mutated(original: Recorded, chance: Chance, headers: InterestingHeaders): Recorded {
  let mutant = original;
  for (let times = 1 + chance.below(3); times > 0; times--)
    mutant = mutatedOnce(mutant, chance, headers);
  return mutant;
}

function mutatedOnce(
  recorded: Recorded,
  chance: Chance,
  { names, values }: InterestingHeaders,
): Recorded {
  const { method, target, fields, body } = recorded;
  const at = fields.length === 0 ? -1 : chance.below(fields.length);
  const [name, value] = fields[at] ?? ['', ''];
  switch (chance.below(10)) {
    case 0:
      return {
        ...recorded,
        method: chance.pick(['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', method]),
      };
    case 1:
    case 2:
      return { ...recorded, target: `/${damaged(target, chance).replace(/^\/|[\r\n#]/g, '')}` };
    case 3:
    case 4:
      return { ...recorded, body: Buffer.from(damaged(body.toString('latin1'), chance), 'latin1') };
    case 5:
      return { ...recorded, fields: fields.filter((_, i) => i !== at) };
    case 6:
      return {
        ...recorded,
        fields: [...fields, [name, chance.below(2) ? value : damaged(value, chance)]],
      };
    case 7:
      return { ...recorded, fields: [...fields, [chance.pick(names), chance.pick(values)]] };
    default:
      return at < 0
        ? recorded
        : { ...recorded, fields: fields.with(at, [name, damaged(value, chance)]) };
  }
}

const PIECES = [
  '%',
  '%00',
  '%2F',
  '/',
  '..',
  '&',
  '=',
  '+',
  ' ',
  ',',
  ';',
  '\0',
  'ÿ',
  'A'.repeat(3000),
  'X-Amz-Signature=',
  '?',
  '\r\n',
];

function damaged(text: string, chance: Chance): string {
  const from = chance.below(text.length + 1);
  const to = Math.min(text.length, from + chance.below(4));
  switch (chance.below(4)) {
    case 0:
      return text.slice(0, from) + text.slice(to);
    case 1:
      return text.slice(0, from) + chance.pick(PIECES) + text.slice(to);
    case 2:
      return text.slice(0, from) + text.slice(from, to).repeat(2) + text.slice(to);
    default:
      return text.slice(0, from) + String.fromCharCode(chance.below(256)) + text.slice(from + 1);
  }
}

/** Decodes percent escapes, as in a path or in a query. */
export function decoded(text: string, inQuery: boolean): string {
  const spaced = inQuery ? text.replaceAll('+', ' ') : text;
  return spaced.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

/** The forms in which Swift lists and reports (`ACCEPTABLE_FORMATS`). */
export const FORMATS = ['text/plain', 'application/json', 'application/xml', 'text/xml'] as const;

const TOKEN = String.raw`[^()<>@,;:"/\[\]?={}\x00-\x20\x7f]+`;
// a quotation mark within is told by the backslash before it
const QUOTED = String.raw`"(?:[^"]|(?<=\\)")*"`;
/** Not all that JavaScript takes for white space: some of that is in tokens, and what can be read in two ways is read in all. */
const SPACE = String.raw`[ \t\n\v\f\r]*`;
const RANGE = new RegExp(
  `^${SPACE}(${TOKEN})/(${TOKEN})((?:${SPACE};${SPACE}${TOKEN}${SPACE}=${SPACE}(?:${TOKEN}|${QUOTED}))*${SPACE})$`,
);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A type and its subtype; a star stands for all. */
type MediaRange = readonly [type: string, subtype: string];

/** What a client accepts, what it prefers first. */
export type Accepted = readonly MediaRange[];

/**
 * Reads an Accept header as Swift does (`swob.Accept`): by quality, and of the same quality those with stars last.
 *
 * @returns undefined for a header that is malformed
 */
export function parseAccept(header: string | undefined): Accepted | undefined {
  if (!header) return [['*', '*']];
  const ranges: { range: MediaRange; quality: number; stars: number }[] = [];
  for (const each of header.split(',')) {
    const [, type, subtype, parameters = ''] = RANGE.exec(each) ?? [];
    if (type === undefined || subtype === undefined) return undefined;
    const quality = qualityOf(parameters);
    if (quality === undefined) return undefined;
    ranges.push({
      range: [type, subtype],
      quality,
      stars: type === '*' || subtype === '*' ? 1 : 0,
    });
  }
  ranges.sort((a, b) => b.quality - a.quality || a.stars - b.stars);
  return ranges.map(({ range }) => range);
}

/** The first of the options that what the client prefers most matches; undefined where none does. */
export function bestMatch<T extends string>(
  accepted: Accepted,
  options: readonly T[],
): T | undefined {
  for (const range of accepted) {
    const found = options.find((option) => isIn(option, range));
    if (found !== undefined) return found;
  }
  return undefined;
}

function isIn(option: string, range: MediaRange): boolean {
  const parts = option.split('/');
  return range.every((part, at) => part === '*' || part === parts[at]);
}

/** The parameter `q`; undefined where it is no number or given twice. */
function qualityOf(parameters: string): number | undefined {
  const given: string[] = [];
  for (const parameter of parameters.split(';')) {
    if (parameter.trim() === '') continue;
    const [name = '', value, ...more] = parameter.split('=');
    if (value === undefined || more.length > 0) return undefined;
    if (name.trim() === 'q') given.push(value.trim());
  }
  const [quality = '1', another] = given;
  return another === undefined && NUMBER.test(quality) ? Number(quality) : undefined;
}

/** The formats of Swift's listings and reports (`ACCEPTABLE_FORMATS`). */
export const FORMATS = ['text/plain', 'application/json', 'application/xml', 'text/xml'] as const;

const TOKEN = String.raw`[^()<>@,;:"/\[\]?={}\x00-\x20\x7f]+`;
// a quotation mark preceded by a backslash is part of the string
const QUOTED = String.raw`"(?:[^"]|(?<=\\)")*"`;
/**
 * Narrower than `\s`: tokens may contain some of the characters that `\s` matches, and a
 * pattern that matches in two ways backtracks.
 */
const SPACE = String.raw`[ \t\n\v\f\r]*`;
const RANGE = new RegExp(
  `^${SPACE}(${TOKEN})/(${TOKEN})((?:${SPACE};${SPACE}${TOKEN}${SPACE}=${SPACE}(?:${TOKEN}|${QUOTED}))*${SPACE})$`,
);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A type and its subtype; `*` matches any. */
type MediaRange = readonly [type: string, subtype: string];

/** The media ranges that a client accepts, the most preferred first. */
export type Accepted = readonly MediaRange[];

/**
 * Parses an Accept header as Swift does (`swob.Accept`): by quality, and wildcards last
 * among those of equal quality.
 *
 * @returns undefined if the header is malformed
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

/** Returns the option that the client prefers most; undefined if it accepts none. */
export function bestMatch<T extends string>(
  accepted: Accepted,
  options: readonly T[],
): T | undefined {
  for (const range of accepted) {
    const match = options.find((option) => isIn(option, range));
    if (match !== undefined) return match;
  }
  return undefined;
}

function isIn(option: string, range: MediaRange): boolean {
  const parts = option.split('/');
  return range.every((part, at) => part === '*' || part === parts[at]);
}

/** The value of the parameter `q`; undefined if it is not a number or is repeated. */
function qualityOf(parameters: string): number | undefined {
  const values: string[] = [];
  for (const parameter of parameters.split(';')) {
    if (parameter.trim() === '') continue;
    const [name = '', value, ...more] = parameter.split('=');
    if (value === undefined || more.length > 0) return undefined;
    if (name.trim() === 'q') values.push(value.trim());
  }
  const [quality = '1', another] = values;
  return another === undefined && NUMBER.test(quality) ? Number(quality) : undefined;
}

import { distance } from 'fastest-levenshtein';

/** One typo is allowed for this many characters of a misspelt name. */
const CHARACTERS_PER_TYPO = 4;

/**
 * Returns the known name that a misspelt name probably means, or undefined if none is
 * near.
 */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const typos = (other: string) => distance(name.toLowerCase(), other.toLowerCase());
  const max = Math.max(1, Math.round(name.length / CHARACTERS_PER_TYPO));
  return names.filter((other) => typos(other) <= max).sort((a, b) => typos(a) - typos(b))[0];
}

/**
 * Returns a question to append to a message, or an empty string if no known name is near.
 */
export function suggestion(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

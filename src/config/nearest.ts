import { distance } from 'fastest-levenshtein';

/** Of how many characters one may be wrong in a name that is misspelt. */
const CHARACTERS_PER_TYPO = 4;

/** The one of some names that a misspelt name probably means; undefined if it is not near any. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const typos = (other: string) => distance(name.toLowerCase(), other.toLowerCase());
  const max = Math.max(1, Math.round(name.length / CHARACTERS_PER_TYPO));
  return known.filter((other) => typos(other) <= max).sort((a, b) => typos(a) - typos(b))[0];
}

/** A question to add to a message; nothing if no known name is near. */
export function suggestion(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

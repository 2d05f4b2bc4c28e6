/** Pseudo-random numbers, determined by the seed. */
export function random(seed: number) {
  let state = seed >>> 0 || 1;
  const below = (bound: number): number => {
    // xorshift
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
  return {
    below,
    of: <T>(values: readonly T[]): T => values[below(values.length)]!,
  };
}

/**
 * How long a condition may take to come true: a generous bound for slow machines, not a
 * limit under test.
 */
const PATIENCE = 30_000;

/**
 * Resolves once a condition holds. Throws with its description if that takes too long.
 */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patience = PATIENCE,
): Promise<void> {
  const end = Date.now() + patience;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not happen in ${patience / 1000} s: ${what}`);
    await pause(20);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

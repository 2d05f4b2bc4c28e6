/** How long a state may take to come about; a generous bound for slow machines, and not what a test is about. */
const PATIENCE = 30_000;

/** Resolves once a condition holds; fails with what it is about where that takes too long. */
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

import type { FilterPlugin } from '../plugin/plugin';

/** Reports each filter in a place where it must not be. */
export function checkOrder(
  plugins: readonly FilterPlugin[],
  report: (cause: string) => void,
): void {
  const placeOf = (name: string) => plugins.findIndex((plugin) => plugin.name === name);
  for (const [index, { name, first, requires = {}, precedes = {} }] of plugins.entries()) {
    if (placeOf(name) !== index) {
      report(`${name} is in the pipeline twice`);
      continue;
    }
    if (first && index > 0) report(`${name} must be the first of the pipeline`);
    for (const [needed, why] of Object.entries(requires)) {
      const at = placeOf(needed);
      if (at < 0 || at > index) report(`${name} needs ${needed} before it in the pipeline: ${why}`);
    }
    for (const [later, why] of Object.entries(precedes)) {
      const at = placeOf(later);
      if (at >= 0 && at < index)
        report(`${name} must stand before ${later} in the pipeline: ${why}`);
    }
  }
}

/**
 * Returns the index at which the parts of uploads are guarded: before `versioned_writes`,
 * and behind all filters that precede the guard.
 */
export function guardIndex(plugins: readonly FilterPlugin[]): number {
  const writes = plugins.findIndex(({ name }) => name === 'versioned_writes');
  const behind = plugins.findLastIndex(({ precedesGuard }) => precedesGuard) + 1;
  return Math.max(writes < 0 ? plugins.length : writes, behind);
}

/**
 * Returns the index at which CORS rules are enforced in Swift's API: behind the filters
 * for other APIs, which do so in theirs, and behind the gatekeeper, which hides the
 * rules; before those that authorise.
 */
export function corsIndex(plugins: readonly FilterPlugin[]): number {
  const behind = plugins.findLastIndex(
    (plugin) => plugin.name === 'gatekeeper' || 'claims' in plugin,
  );
  return Math.min(behind + 1, guardIndex(plugins));
}

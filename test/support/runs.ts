/** How often a property is tried: as often as it says, or that share of it which `PROPERTY_RUNS` names, as mutation testing does. */
export function runs(usual: number): number {
  return Math.ceil(usual * Number(process.env.PROPERTY_RUNS ?? 1));
}

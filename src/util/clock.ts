/** The moment in milliseconds on a clock that nobody sets, and that all processes of a machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

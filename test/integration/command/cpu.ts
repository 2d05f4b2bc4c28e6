import { readFileSync } from 'node:fs';
import { childrenOf } from '../../support/servers/embedded_process';

/** Clock ticks of Linux in a second, as /proc counts them. */
const TICKS = 100;

/** Returns the seconds of processors that a process and all its descendants have used. */
export function cpuOf(pid: number): number {
  // the fields after the name: the 12th to the 15th are user and system time of itself
  // and of children that have ended
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ');
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
  return childrenOf(pid).reduce((sum, child) => sum + cpuOf(child), own);
}

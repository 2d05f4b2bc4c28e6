import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ServerRecord } from './server_records';

/** What this process reports about itself to other servers. */
export const THIS_PROCESS: Pick<ServerRecord, 'host' | 'pid' | 'place' | 'run' | 'started'> = {
  host: hostname(),
  pid: process.pid,
  ...placeOf(),
  run: randomUUID(),
  started: new Date().toISOString(),
};

/**
 * Whether a process is certainly gone: it ran where this one does, and its pid is now
 * unused there or belongs to another process.
 */
export function isGone({ place, pid, run }: ServerRecord): boolean {
  if (place === undefined || place !== THIS_PROCESS.place) return false;
  if (pid === process.pid) return run !== THIS_PROCESS.run;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Identifies where pids are valid. A hostname is not enough: containers on one machine
 * may share it, but not their pids.
 */
function placeOf(): { place?: string } {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return { place: `${boot} ${readlinkSync('/proc/self/ns/pid')}` };
  } catch {
    return {};
  }
}

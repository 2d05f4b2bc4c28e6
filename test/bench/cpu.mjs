// CPU time of processes, from /proc (Linux).
import { readdirSync, readFileSync } from 'node:fs';

/** User and system time of a process and its children, in milliseconds. */
export function cpuOf(pid) {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => statOf(name)?.[1] === String(pid));
  return [String(pid), ...children].reduce((sum, each) => {
    const fields = statOf(each);
    return sum + (fields === undefined ? 0 : Number(fields[11]) + Number(fields[12])) * 10;
  }, 0);
}

/** The fields of /proc/PID/stat behind the process's name; undefined if it ended. */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return undefined;
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import type { Site } from './site';

/** The resources of a process. */
export interface Vitals {
  /** Bytes of memory. */
  readonly memory: number;
  /** Open files, including sockets. */
  readonly files: number;
}

export function vitalsOf(pid: number): Vitals {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    memory: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024,
    files: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** Samples the vitals of the proxy that is never replaced. */
export class Pulse {
  readonly taken: Vitals[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(site: Site, every: number) {
    this.#timer = setInterval(() => this.taken.push(vitalsOf(site.proxy(0).pid)), every);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Returns the medians of one quarter of the samples, 0 to 3. */
  quarter(which: number): Vitals {
    const size = Math.ceil(this.taken.length / 4);
    const part = this.taken.slice(which * size, (which + 1) * size);
    return {
      memory: median(part.map(({ memory }) => memory)),
      files: median(part.map(({ files }) => files)),
    };
  }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

import { backup, type BackupProgress } from '../stores/embedded/backup/backup';

/** Milliseconds between two reports of progress: on a terminal, and elsewhere. */
const SOON = 200;
const NOW_AND_THEN = 30_000;

/**
 * Runs a backup for the command line: findings and the result are lines of JSON on standard output,
 * progress is on standard error. SIGINT and SIGTERM stop it in order.
 *
 * @returns the exit code: 1 if something is damaged
 * @throws StorageError as `backup`
 */
export async function runBackup(folder: string, target: string): Promise<number> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  const progress = new ProgressLine(process.stderr);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
  try {
    const result = await backup(folder, target, {
      signal: stopping.signal,
      onProgress: (now) => progress.show(now),
      onFinding: print,
    });
    print({ folder, target, ...result });
    return result.findings === 0 ? 0 : 1;
  } finally {
    progress.clear();
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop);
  }
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** One line that is written over on a terminal, and lines now and then elsewhere. */
class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #last = performance.now();
  #isThere = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show({ bytes, ofBytes }: BackupProgress): void {
    const now = performance.now();
    if (now - this.#last < (this.#stream.isTTY ? SOON : NOW_AND_THEN)) return;
    this.#last = now;
    // What was written since the start may be more than there was.
    const percent = Math.min(100, Math.floor((100 * bytes) / Math.max(1, ofBytes)));
    const [done, all] = [bytes, ofBytes].map((each) => Math.round(each / 1e6));
    const text = `${percent} %, ${done} of ${all} MB copied`;
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
    this.#isThere = true;
  }

  clear(): void {
    if (this.#isThere && this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}

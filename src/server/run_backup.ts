import { backup, type BackupProgress } from '../stores/embedded/backup/backup';

/** Milliseconds between two reports of progress: on a terminal, and elsewhere. */
const TERMINAL_INTERVAL = 200;
const LOG_INTERVAL = 30_000;

/**
 * Runs a backup for the command line: findings and the result are printed as lines of
 * JSON to standard output, progress to standard error. SIGINT and SIGTERM stop it
 * cleanly.
 *
 * @returns the exit code: 1 if something is damaged
 * @throws StorageError like `backup`
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

/** A line that is overwritten on a terminal, and an occasional line elsewhere. */
class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #last = performance.now();
  #isShown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show({ bytes, ofBytes }: BackupProgress): void {
    const now = performance.now();
    if (now - this.#last < (this.#stream.isTTY ? TERMINAL_INTERVAL : LOG_INTERVAL)) return;
    this.#last = now;
    // more may have been copied than there was at the start
    const percent = Math.min(100, Math.floor((100 * bytes) / Math.max(1, ofBytes)));
    const [copied, total] = [bytes, ofBytes].map((each) => Math.round(each / 1e6));
    const text = `${percent} %, ${copied} of ${total} MB copied`;
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown && this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}

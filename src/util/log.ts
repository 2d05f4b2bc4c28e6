import pino from 'pino';

export type Log = pino.Logger;

/**
 * Creates a log that writes one JSON line for each entry, to standard output by default.
 */
export function createLog(level: string, to?: pino.DestinationStream): Log {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return pino(options, to ?? (shared ??= new StandardOutput()));
}

let now = 0;
let formattedNow = '';

/** The time as pino's `isoTime` writes it, formatted once for each millisecond. */
function isoTime(): string {
  const time = Date.now();
  if (time !== now) {
    now = time;
    formattedNow = `,"time":"${new Date(time).toISOString()}"`;
  }
  return formattedNow;
}

/** Max bytes of buffered lines while standard output cannot be written. */
const MAX_WAITING = 1024 * 1024;
/**
 * Max bytes of one write: what several processes write to one pipe at a time is not mixed
 * up to this length (PIPE_BUF of Linux).
 */
const MAX_WRITE = 4096;
/** Of pino; lines of higher levels are written at once. */
const INFO = 30;
/** Asks pino for the level of each line. */
const METADATA: unique symbol = Symbol.for('pino.metadata');

/** Shared by all logs of this process. */
let shared: StandardOutput | undefined;

/**
 * Standard output as a stream that never stops the server, even if its disk is full:
 * lines are then buffered, those that do not fit are dropped, and their number is logged
 * once there is room. All lines of one turn of the event loop are written together, since
 * a system call costs as much as the rest of a line.
 */
class StandardOutput implements pino.DestinationStream {
  readonly [METADATA] = true;
  /** Set by pino before `write`. */
  lastLevel = INFO;
  private lines = '';
  private bytes = 0;
  private lost = 0;
  private isExiting = false;
  // no `flushSync` for pino, which would wait for the disk before the process ends
  private readonly output = pino.destination({
    dest: process.stdout.fd,
    sync: true,
    maxLength: MAX_WAITING,
  });

  constructor() {
    this.output.on('error', () => undefined);
    this.output.on('drop', (lines: string) => (this.lost += lines.split('\n').length - 1));
    this.output.on('write', () => {
      if (this.lost > 0) setImmediate(this.reportLost);
    });
    process.once('exit', () => {
      this.isExiting = true;
      this.flush();
      this.reportLost();
    });
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.bytes + bytes > MAX_WRITE) this.flush();
    if (this.lines === '') setImmediate(this.flush);
    this.lines += line;
    this.bytes += bytes;
    if (this.lastLevel > INFO || this.isExiting) this.flush();
  }

  private readonly flush = (): void => {
    const { lines } = this;
    this.lines = '';
    this.bytes = 0;
    if (lines !== '') this.output.write(lines);
  };

  private readonly reportLost = (): void => {
    const { lost } = this;
    if (lost === 0) return;
    this.lost = 0;
    const line = {
      level: 'warn',
      time: new Date().toISOString(),
      lost,
      msg: 'log lines were lost',
    };
    this.output.write(`${JSON.stringify(line)}\n`);
  };
}

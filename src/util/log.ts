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
  return pino(options, to ?? standardOutput());
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
/** Max characters of lines that wait for the end of a turn of the event loop. */
const MAX_OF_TURN = 16 * 1024;
/** Of pino; lines of higher levels are written at once. */
const INFO = 30;
/** Asks pino for the level of each line. */
const METADATA: unique symbol = Symbol.for('pino.metadata');

/**
 * Returns standard output as a stream that never stops the server, even if its disk is
 * full: lines are then buffered, those that do not fit are dropped, and their number is
 * logged once there is room.
 */
function standardOutput(): pino.DestinationStream {
  const output = pino.destination({ dest: process.stdout.fd, sync: true, maxLength: MAX_WAITING });
  let lost = 0;
  const reportLost = () => {
    if (lost === 0) return;
    const line = {
      level: 'warn',
      time: new Date().toISOString(),
      lost,
      msg: 'log lines were lost',
    };
    lost = 0;
    setImmediate(() => output.write(`${JSON.stringify(line)}\n`));
  };
  output.on('error', () => undefined);
  output.on('drop', (lines: string) => (lost += lines.split('\n').length - 1));
  output.on('write', reportLost);
  // no `flushSync`: pino would use it to wait for the disk before the process ends
  return new TurnBuffer((lines) => void output.write(lines));
}

/**
 * Writes all lines of one turn of the event loop at once, since a system call costs as
 * much as the rest of a line.
 */
class TurnBuffer implements pino.DestinationStream {
  readonly [METADATA] = true;
  /** Set by pino before `write`. */
  lastLevel = INFO;
  private lines = '';

  constructor(private readonly writeLines: (lines: string) => void) {
    process.once('exit', this.flush);
  }

  write(line: string): void {
    if (this.lines === '') setImmediate(this.flush);
    this.lines += line;
    if (this.lastLevel > INFO || this.lines.length > MAX_OF_TURN) this.flush();
  }

  private readonly flush = (): void => {
    const { lines } = this;
    this.lines = '';
    if (lines !== '') this.writeLines(lines);
  };
}

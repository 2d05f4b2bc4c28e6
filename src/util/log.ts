import pino from 'pino';

export type Log = pino.Logger;

/**
 * Creates a log that writes one JSON line for each entry, to standard output by default.
 */
export function createLog(level: string, to?: pino.DestinationStream): Log {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return pino(options, to ?? standardOutput());
}

/** Max bytes of buffered lines while standard output cannot be written. */
const MAX_WAITING = 1024 * 1024;

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
  output.on('drop', () => lost++);
  output.on('write', reportLost);
  // no `flushSync`: pino would use it to wait for the disk before the process ends
  return { write: (line) => void output.write(line) };
}

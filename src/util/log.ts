import pino from 'pino';

export type Log = pino.Logger;

/** One JSON line for each entry, on standard output unless another stream is given. */
export function createLog(level: string, to?: pino.DestinationStream): Log {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return pino(options, to ?? standardOutput());
}

/** Bytes of lines that wait while they cannot be written. */
const MAX_WAITING = 1024 * 1024;

/**
 * Standard output as one that never stops a server, also if its disk is full: lines wait then, those
 * that find no place are lost, and how many is logged once there is room.
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
      msg: 'lines of this log were lost',
    };
    lost = 0;
    setImmediate(() => output.write(`${JSON.stringify(line)}\n`));
  };
  output.on('error', () => undefined);
  output.on('drop', () => lost++);
  output.on('write', reportLost);
  // only this: pino would wait for the disk by `flushSync` before the process ends
  return { write: (line) => void output.write(line) };
}

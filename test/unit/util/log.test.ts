import { spawnSync } from 'node:child_process';
import path from 'node:path';

const LOG = path.join(__dirname, '../../../dist/src/util/log.js');

/** Returns what a process logs whose standard output fails some writes. */
function logged(script: string): string[] {
  const setUp = `
    const fs = require('node:fs');
    const { writeSync } = fs;
    let isFull = false;
    fs.writeSync = (...given) => {
      if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      return writeSync(...given);
    };
    const log = require(${JSON.stringify(LOG)}).createLog('info');
    ${script}`;
  const { stdout, status } = spawnSync(process.execPath, ['-e', setUp]);
  expect(status).toBe(0);
  return stdout.toString().trim().split('\n');
}

describe('a log whose disk is full', () => {
  it('goes on once there is room, with the lines that waited', () => {
    const lines = logged(`
      log.info('one');
      isFull = true;
      log.info('two');
      log.fatal('three');
      isFull = false;
      log.info('four');`);
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'one',
      'two',
      'three',
      'four',
    ]);
  });

  it('says how many lines were lost', () => {
    const lines = logged(`
      isFull = true;
      for (let at = 0; at < 2000; at++) log.info('x'.repeat(1000));
      isFull = false;
      log.info('last');`);
    const last = JSON.parse(lines.at(-1) ?? '') as { lost: number; msg: string };
    expect(last.msg).toBe('log lines were lost');
    expect(last.lost + lines.length - 1).toBe(2001);
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });
});

describe('a log that several lines reach in one turn', () => {
  const counted = `
    let writes = 0;
    const write = fs.writeSync;
    fs.writeSync = (...given) => (writes++, write(...given));`;

  it('writes them at once, and warnings and errors without waiting', () => {
    const lines = logged(`${counted}
      log.info('one');
      log.info('two');
      const before = writes;
      log.warn('three');
      const after = writes;
      setImmediate(() => log.info({ before, after, writes }, 'four'));`);
    const last = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
    expect(lines).toHaveLength(4);
    expect(last).toMatchObject({ before: 0, after: 1, writes: 1 });
  });

  it('writes the last ones of a process that exits', () => {
    const lines = logged(`log.info('one'); log.info('two'); process.exit(0);`);
    expect(lines).toHaveLength(2);
  });

  it('writes no more at once than a pipe keeps together, as long as a line does', () => {
    const lines = logged(`
      const lengths = [];
      const write = fs.writeSync;
      fs.writeSync = (fd, text, ...rest) => {
        lengths.push(Buffer.byteLength(text));
        return write(fd, text, ...rest);
      };
      for (let at = 0; at < 100; at++) log.info('ä'.repeat(at * 10));
      setImmediate(() => log.info({ lengths }, 'x'.repeat(5000)));`);
    const { lengths } = JSON.parse(lines.at(-1) ?? '') as { lengths: number[] };
    expect(lines).toHaveLength(101);
    expect(lengths.length).toBeLessThan(50);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4096);
  });

  it('writes what is logged while the process exits', () => {
    const lines = logged(`
      process.once('exit', () => log.info('last'));
      log.info('first');`);
    expect(lines).toHaveLength(2);
  });

  it('reports lost lines even if the process exits at once', () => {
    const lines = logged(`
      isFull = true;
      for (let at = 0; at < 2000; at++) log.info('x'.repeat(1000));
      isFull = false;
      log.info('last');
      process.exit(0);`);
    const { lost } = JSON.parse(lines.at(-1) ?? '') as { lost: number };
    expect(lost + lines.length - 1).toBe(2001);
  });

  it('leaves one listener for all logs of a process', () => {
    const lines = logged(`
      const { createLog } = require(${JSON.stringify(LOG)});
      for (let at = 0; at < 20; at++) createLog('silent').info('nothing');
      log.info({ listeners: process.listenerCount('exit') });`);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ listeners: 1 });
  });
});

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWithSwift } from '../../support/servers/swift';
import { depth } from '../../support/running/depth';

const MIB = 1024 * 1024;
/** The mebibytes to write; HINDSIGHT_OVERWRITE_MIB sets more. */
const COUNT = Number(process.env['HINDSIGHT_OVERWRITE_MIB'] ?? depth({ gate: 16, deep: 64 }));
const BENCHMARK = join(__dirname, '../../bench/overwrite_bytes.mjs');

interface Row {
  readonly what: string;
  readonly sent: number;
  readonly received: number;
  readonly copies: number;
  readonly requests: string;
}

describeWithSwift(
  `an object of ${COUNT} MiB that is overwritten in a container with ids`,
  ({ plain }) => {
    it('takes as many bytes to the store as a new one, and is not copied', async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [
        BENCHMARK,
        ...['--json', '--mib', String(COUNT), '--upstream', plain],
      ]);
      const [fresh, over, , inOtherMode] = JSON.parse(stdout) as Row[];
      // besides the body, the headers of some requests
      const isOnce = (bytes = 0) => bytes >= COUNT * MIB && bytes < (COUNT + 1) * MIB;
      expect([fresh, over, inOtherMode].map((row) => isOnce(row?.sent))).toEqual([
        true,
        true,
        true,
      ]);
      expect(over?.received).toBeLessThan(MIB);
      // the tap does see copies where they are made
      expect([fresh, over, inOtherMode].map((row) => row?.copies)).toEqual([0, 0, 1]);
    }, 600_000);
  },
);

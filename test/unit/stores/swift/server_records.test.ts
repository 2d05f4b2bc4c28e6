import { createHash } from 'node:crypto';
import { Headers } from '../../../../src/http/headers';
import { ServerRecords } from '../../../../src/stores/swift/sole_server/server_records';
import { THIS_PROCESS } from '../../../../src/stores/swift/sole_server/this_process';
import type { Handler } from '../../../../src/swift_api/message';

const OWN = 'own';
const OTHER = 'other';

/** A store with the record of another server, or with what is read in its place. */
function storeWith(
  other: { body: string | undefined; read?: string | undefined },
  time = '2026-01-01T00:00:00.000000',
  otherTime = time,
) {
  const reads: string[] = [];
  const warnings: object[] = [];
  const send: Handler = ({ path, query }) => {
    const [, object] = path.split('/hindsight-servers');
    if (object) reads.push(object);
    const isMore = /marker=./.test(query);
    const listed = [
      { name: OWN, hash: 'h', last_modified: time },
      { name: OTHER, hash: md5(other.body ?? ''), last_modified: otherTime },
    ];
    const body = object ? (other.read ?? other.body) : JSON.stringify(isMore ? [] : listed);
    const status = body === undefined ? 404 : 200;
    return Promise.resolve({ status, headers: Headers.none, body: Buffer.from(body ?? '') });
  };
  const records = new ServerRecords(send, () => Promise.resolve('/v1/AUTH_admin'), {
    warn: (details: object) => void warnings.push(details),
  });
  const look = async () => (await records.readAlive(OWN, 1000)).others.map(({ id }) => id);
  return { look, reads, warnings };
}

const VALID = JSON.stringify({
  ...THIS_PROCESS,
  locks: { through: 'itself', name: 'other' },
  state: 'serving',
});

it.each(['', '{}', '{"host": 1}', '<html>', `${VALID}}`])(
  'an invalid record is read and reported once while it is unchanged: %j',
  async (body) => {
    const other = { body };
    const { look, reads, warnings } = storeWith(other);
    for (let i = 0; i < 3; i++) expect(await look()).toEqual([]);
    expect(reads).toEqual([`/${OTHER}`]);
    expect(warnings).toEqual([{ record: OTHER }]);
    other.body = VALID;
    for (let i = 0; i < 3; i++) expect(await look()).toEqual([OTHER]);
    expect(reads).toHaveLength(2);
    expect(warnings).toHaveLength(1);
  },
);

it('a record that is listed but cannot be found is looked for again', async () => {
  const other = { body: undefined as string | undefined };
  const { look, reads, warnings } = storeWith(other);
  for (let i = 0; i < 2; i++) expect(await look()).toEqual([]);
  other.body = VALID;
  expect(await look()).toEqual([OTHER]);
  expect([reads.length, warnings]).toEqual([3, []]);
});

it.each(['', '<html>', VALID.replace('serving', 'candidate')])(
  'what is read in the place of the listed record counts once: %j',
  async (read) => {
    const other: Parameters<typeof storeWith>[0] = { body: VALID, read };
    const { look, reads } = storeWith(other);
    await look();
    other.read = undefined;
    for (let i = 0; i < 2; i++) expect(await look()).toEqual([OTHER]);
    expect(reads).toHaveLength(2);
  },
);

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

it('a server whose time cannot be read counts as alive; without the own time none is known', async () => {
  const other = { body: VALID };
  const at = (seconds: string) => `2026-01-01T00:00:${seconds}`;
  expect(await storeWith(other, at('01.5'), at('00.6')).look()).toEqual([OTHER]);
  expect(await storeWith(other, at('01.5'), at('00.4')).look()).toEqual([]);
  expect(await storeWith(other, at('01.5Z'), at('00.4Z')).look()).toEqual([]);
  expect(await storeWith(other, at('01.5'), 'soon').look()).toEqual([OTHER]);
  await expect(storeWith(other, 'soon', at('01.5')).look()).rejects.toThrow('time of its records');
});

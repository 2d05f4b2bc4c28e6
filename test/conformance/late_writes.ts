import { Client, type Answer } from '../support/clients/client';
import {
  bodies,
  current,
  MODE_HEADER,
  newContainer,
  pathOf,
  put,
} from '../support/clients/containers';
import { eventually, pause } from '../support/running/eventually';
import { RawRequest } from '../support/clients/raw_request';

/** The `settings_wait` for the suite's servers, in seconds. */
export const SETTINGS_WAIT = 1;

const SIZE = 300_000;
const OBJECT = 'o';

/** The second half of the body of an upload. */
export const REST = Buffer.alloc(SIZE / 2, 'x');

/**
 * Creates a container with an object, an archive, and uploads that are waiting halfway.
 */
export async function beginUploads(
  client: Client,
  uploads: number,
  more: Record<string, string> = {},
) {
  const archive = await newContainer(client, 'archive');
  const container = await newContainer(client);
  await put(client, container, OBJECT, 'before');
  const path = pathOf(container, OBJECT);
  const slow = await Promise.all(
    Array.from({ length: uploads }, async () => {
      const headers = { 'Content-Length': String(SIZE), ...more };
      const upload = await RawRequest.begin(client, 'PUT', path, headers);
      if ('Expect' in more) await upload.answered('100 Continue');
      await upload.write(Buffer.alloc(SIZE / 2, 'x'));
      return upload;
    }),
  );
  // lets them pass the point where the policy is read
  await pause(200);
  return { archive, container, path, slow };
}

/** A way to keep versions. */
export interface Way {
  readonly name: string;
  readonly switchOn: (client: Client, container: string, archive: string) => Promise<Answer>;
  /** The bodies of the versions other than the current one, the oldest first. */
  readonly kept: (client: Client, container: string, archive: string) => Promise<string[]>;
}

export const switchOn = (client: Client, container: string, archive: string) =>
  client.ask('POST', `/${container}`, { [MODE_HEADER.history]: archive });

const HISTORY: Way = {
  name: 'the history mode',
  switchOn,
  kept: (client, _, archive) => bodies(client, archive),
};

const WITH_IDS: Way = {
  name: 'ids',
  switchOn: (client, container) =>
    client.ask('POST', `/${container}`, { 'X-Versions-Enabled': 'true' }),
  kept: async (client, container) => {
    const { body } = await client.ask('GET', `/${container}?versions&format=json&reverse=on`);
    const listed = JSON.parse(body.toString()) as { version_id: string; is_latest: boolean }[];
    const older = listed.filter(({ is_latest: isLatest }) => !isLatest);
    const read = ({ version_id: id }: { version_id: string }) =>
      client.ask('GET', `${pathOf(container, OBJECT)}?version-id=${id}`);
    return (await Promise.all(older.map(read))).map((answer) => answer.body.toString());
  },
};

/** The ways to keep versions; a server under test must allow all of them. */
export const WAYS: readonly Way[] = [HISTORY, WITH_IDS];

/**
 * What happens to writes that are under way when versions are switched on.
 *
 * @param login logs in at two servers, or at one twice
 * @param way what is switched on
 */
export function lateWritesSuite(
  login: () => Promise<readonly [Client, Client]>,
  { switchOn, kept }: Way = HISTORY,
): void {
  it.each<[string, Record<string, string>]>([
    ['as they come', {}],
    ['with 100-continue', { Expect: '100-continue' }],
  ])('late writes are aborted with 503, and nothing is lost (%s)', async (_, more) => {
    const [one, other] = await login();
    const { archive, container, path, slow } = await beginUploads(one, 4, more);
    expect((await switchOn(other, container, archive)).status).toBe(204);
    // `before` was current when the change was answered, and this one is acknowledged
    // after it
    expect((await other.ask('PUT', path, {}, 'after')).status).toBe(201);
    for (const upload of slow) {
      await upload.answered('HTTP/1.1 503');
      expect(upload.answer).toMatch(/Retry-After: 1/i);
      await upload.write(REST);
      upload.leave();
    }
    expect((await one.ask('PUT', path, {}, 'last')).status).toBe(201);
    expect(await current(one, container, OBJECT)).toBe('last');
    expect(await kept(one, container, archive)).toEqual(['before', 'after']);
  });

  it('writes that end in time are waited for, and their bodies are then kept', async () => {
    const [one, other] = await login();
    const { archive, container, path, slow } = await beginUploads(one, 1);
    const switching = switchOn(other, container, archive);
    await pause(100);
    await slow[0]!.write(REST);
    await slow[0]!.answered('HTTP/1.1 201');
    slow[0]!.leave();
    expect((await switching).status).toBe(204);
    expect((await other.ask('PUT', path, {}, 'after')).status).toBe(201);
    expect(await current(one, container, OBJECT)).toBe('after');
    expect(await kept(one, container, archive)).toEqual(['x'.repeat(SIZE)]);
  });

  it('a client that may not change the container holds up nobody', async () => {
    const [one] = await login();
    const { archive, container, path, slow } = await beginUploads(one, 1);
    const stranger = new Client(
      one.url,
      one.credentials.with('X-Auth-Token', 'AUTH_tknone'),
      one.account,
    );
    expect((await switchOn(stranger, container, archive)).status).toBe(401);
    await slow[0]!.write(REST);
    await slow[0]!.answered('HTTP/1.1 201');
    slow[0]!.leave();
    expect((await one.ask('GET', path)).body.toString()).toBe('x'.repeat(SIZE));
  });

  it('under many writers everything acknowledged after the answer is kept', async () => {
    const [one, other] = await login();
    const archive = await newContainer(one, 'archive');
    const container = await newContainer(one);
    const path = pathOf(container, OBJECT);
    let isOn = false;
    let isDone = false;
    const acknowledged: string[] = [];
    const statuses = new Set<number>();
    const writing = Array.from({ length: 8 }, async (_, writer) => {
      for (let time = 0; !isDone; time++) {
        const body = `writer ${writer}, time ${time} `.repeat(time % 3 === 0 ? 8000 : 1);
        const wasOn = isOn;
        const { status } = await (writer % 2 ? one : other).ask('PUT', path, {}, body);
        statuses.add(status);
        if (wasOn && status === 201) acknowledged.push(body);
      }
    });
    await pause(500);
    expect((await switchOn(one, container, archive)).status).toBe(204);
    isOn = true;
    // the current body was acknowledged, or will be
    const first = await current(other, container, OBJECT);
    await eventually('40 more', () => acknowledged.length > 40);
    isDone = true;
    await Promise.all(writing);
    expect([...statuses].filter((status) => ![201, 202, 503].includes(status))).toEqual([]);
    const last = await current(one, container, OBJECT);
    const there = [last, ...(await kept(one, container, archive))];
    expect([first, ...acknowledged].filter((body) => !there.includes(body))).toEqual([]);
  });
}

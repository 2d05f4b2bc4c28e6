import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, unlinkSync } from 'node:fs';
import { mkdir, readdir, unlink } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { codeOf } from '../../../util/errors';
import { idKey, idOf } from './keys';
import { FOLDER_MODE } from './privacy';
import { fromSystem, StorageError } from './storage_error';
import { metaKeys, type Tables } from './tables';

/**
 * The owner opens the folder first and closes it last; workers are other processes of the same
 * server. A reader copies the folder: it changes no object, and may be there with or without them.
 * A backup is the owner of the folder that it writes to, which must be one of its kind.
 */
export type Role = 'owner' | 'worker' | 'reader' | 'backup';

/** The owner of readers: under it nothing may be written. */
const NO_OWNER = 0;

/**
 * This process among those that have a folder open. While it lives it listens on a socket in the folder: the kernel answers there for it
 * even when it is busy, and no more once it is dead, however it died and whoever has its pid by then.
 */
export class Session {
  /** This process. */
  readonly id: number;
  /** The process under which it may write; itself if it is the owner. */
  readonly owner: number;
  readonly #tables: Tables;
  readonly #beacon: Beacon;

  private constructor(
    taken: { readonly id: number; readonly owner: number },
    tables: Tables,
    beacon: Beacon,
  ) {
    this.id = taken.id;
    this.owner = taken.owner;
    this.#tables = tables;
    this.#beacon = beacon;
  }

  /**
   * @throws StorageError `locked` if another server has the folder open, or for a worker if none
   *   has; `target` for a backup if the folder is none, or was served since it was made
   */
  static async open(tables: Tables, folder: string, role: Role): Promise<Session> {
    const beacons = new Beacons(path.join(folder, 'sessions'));
    await beacons.prepare();
    for (;;) {
      tables.root.resetReadTxn();
      const read = () => tables.meta.get(metaKeys.owner);
      const current = role === 'owner' ? unlessDamaged(read) : read();
      await checkRole(tables, beacons, folder, role, current);
      const beacon = await beacons.light();
      const taken = tables.root.transactionSync(() => {
        if (unlessDamaged(read) !== current) return undefined;
        const id = tables.meta.get(metaKeys.next) ?? 1;
        tables.meta.putSync(metaKeys.next, id + 1);
        return enter(tables, id, role, current === DAMAGED ? undefined : current, beacon.name);
      });
      if (taken !== undefined) {
        const session = new Session(taken, tables, beacon);
        if (await beacons.shines(beacon.name)) return session;
        // A server that started just now took the socket for a dead one's: see `tidy`.
        tables.root.transactionSync(() => session.forget([session.id]));
        await beacon.quench();
      } else {
        // Another was faster: look again which.
        await beacon.quench();
      }
    }
  }

  /**
   * Splits the sessions into those that may still write and those that cannot: their processes are
   * dead, or their owner is another than ours. Undefined if that is not known, since a record is
   * damaged.
   */
  async others(): Promise<
    { readonly alive: ReadonlySet<number>; readonly dead: readonly number[] } | undefined
  > {
    const alive = new Set([this.id]);
    const dead: number[] = [];
    const records = unlessDamaged(() => [...this.#tables.sessions.getRange({})]);
    if (records === DAMAGED) return undefined;
    for (const { key, value } of records) {
      const [, name, owner] = value;
      const id = idOf(key);
      const mayLive = owner === this.owner || owner === NO_OWNER;
      if (mayLive && (await this.#beacon.others.shines(name))) alive.add(id);
      else dead.push(id);
    }
    return { alive, dead };
  }

  /** Removes what dead sessions left, but for their records: see `forget`. */
  async bury(dead: readonly number[]): Promise<void> {
    for (const id of dead) {
      const stored = this.#tables.sessions.get(idKey(id));
      if (stored !== undefined) await this.#beacon.others.remove(stored[1]);
    }
  }

  /** Within a commit. */
  forget(dead: readonly number[]): void {
    for (const id of dead) {
      this.#tables.sessions.removeSync(idKey(id));
      this.#tables.holds.removeSync(idKey(id));
    }
  }

  /**
   * Whether a session still needs the files of contents that have gone, also one that is newer than
   * what `others` found.
   */
  isHeld(dead: readonly number[]): boolean {
    const { holds, sessions } = this.#tables;
    for (const key of holds.getKeys()) {
      if (sessions.has(key) && !dead.includes(idOf(key))) return true;
    }
    return false;
  }

  /** The same for all sessions that live. One whose record is damaged is not found. */
  async isHeldNow(): Promise<boolean> {
    for (const key of [...this.#tables.holds.getKeys()]) {
      const stored = this.#tables.sessions.peek(key);
      if (stored !== undefined && (await this.#beacon.others.shines(stored[1]))) return true;
    }
    return false;
  }

  /** Removes sockets that no session has, of servers that died while they started. */
  async tidy(): Promise<void> {
    const { root, lock, sessions } = this.#tables;
    const found = await this.#beacon.others.names();
    // In a transaction: a reader notes its socket before this, or looks afterwards if it is there.
    const removeUnknown = () => {
      const records = unlessDamaged(() => [...sessions.getRange({})]);
      if (records === DAMAGED) return;
      const known = new Set(records.map(({ value }) => value[1]));
      for (const name of found) if (!known.has(name)) this.#beacon.others.removeSync(name);
    };
    await lock.committing(() => root.transactionSync(removeUnknown));
  }

  /** Within a transaction of a copy of the database, which is to take its place: is there, too. */
  enterCopy(copy: Tables): void {
    const { meta, sessions, holds } = copy;
    sessions.clearSync();
    holds.clearSync();
    const id = meta.get(metaKeys.next) ?? 1;
    meta.putSync(metaKeys.next, id + 1);
    enter(copy, id, 'backup', undefined, this.#beacon.name);
  }

  /** Ends without a note of it, if the tables are closed: the next process finds it dead. */
  async leave(): Promise<void> {
    await this.#beacon.quench();
  }

  /** Lets others open the folder. The tables must still be open. */
  async close(): Promise<void> {
    const { root, lock } = this.#tables;
    try {
      await lock.committing(() => root.transactionSync(() => this.forget([this.id])));
    } finally {
      await this.#beacon.quench();
    }
  }
}

/** Within a transaction: notes a session, and what it holds or owns. */
function enter(
  tables: Tables,
  id: number,
  role: Role,
  current: number | undefined,
  socket: string,
): { readonly id: number; readonly owner: number } {
  if (role === 'reader') {
    tables.sessions.putSync(idKey(id), [process.pid, socket, NO_OWNER]);
    tables.holds.putSync(idKey(id), true);
    return { id, owner: NO_OWNER };
  }
  const owner = role === 'worker' && current !== undefined ? current : id;
  tables.meta.putSync(metaKeys.owner, owner);
  if (role === 'backup') tables.meta.putSync(metaKeys.backup, owner);
  if (role === 'owner' && tables.meta.has(metaKeys.backup)) {
    // It goes its own way from here: neither a backup any more, nor to be backed up over one.
    tables.meta.removeSync(metaKeys.backup);
    tables.meta.removeSync(metaKeys.identity);
  }
  tables.sessions.putSync(idKey(id), [process.pid, socket, owner]);
  return { id, owner };
}

async function checkRole(
  tables: Tables,
  beacons: Beacons,
  folder: string,
  role: Role,
  current: number | typeof DAMAGED | undefined,
) {
  const owner =
    typeof current === 'number'
      ? unlessDamaged(() => tables.sessions.get(idKey(current)))
      : current;
  // any that lives may be the owner
  const alive =
    owner === DAMAGED
      ? await beacons.anyShines()
      : owner !== undefined && (await beacons.shines(owner[1]));
  const pid = typeof owner === 'object' ? owner[0] : '?';
  if (role === 'owner' && alive) {
    throw new StorageError('locked', `${folder} is in use by another server, process ${pid}`);
  }
  if (role === 'backup') {
    if (alive) throw new StorageError('locked', `${folder} is in use by process ${pid}`);
    if (tables.meta.get(metaKeys.backup) !== (current ?? NO_OWNER)) {
      const why = 'is no backup, or was served since it was made';
      throw new StorageError('target', `${folder} ${why}; choose another folder`);
    }
  }
  if (role === 'worker' && !alive) throw new StorageError('locked', `no server has ${folder} open`);
}

/** Stands for a record that cannot be read. */
const DAMAGED = Symbol('damaged');

/** What is read. A damaged record does not keep the folder from being repaired. */
function unlessDamaged<T>(read: () => T): T | typeof DAMAGED {
  try {
    return read();
  } catch (error) {
    if (codeOf(error) === 'corrupt') return DAMAGED;
    throw error;
  }
}

/** A socket that shows that its process lives. */
interface Beacon {
  readonly name: string;
  readonly others: Beacons;
  quench(): Promise<void>;
}

class Beacons {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
  }

  async light(): Promise<Beacon> {
    const name = `${process.pid}-${randomBytes(6).toString('hex')}.sock`;
    const address = new Address(this.#folder, name);
    const server = net.createServer((socket) => socket.destroy());
    server.unref();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        // Exclusive: in a worker of node:cluster it would else be the primary that listens.
        server.listen({ path: address.path, exclusive: true }, resolve);
      });
    } catch (error) {
      address.close();
      throw fromSystem(`could not listen in ${this.#folder}`, error);
    }
    const quench = () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          address.close();
          resolve();
        });
      });
    return { name, others: this, quench };
  }

  /** Whether there is a process behind a socket. In doubt there is. */
  async shines(name: string): Promise<boolean> {
    const address = new Address(this.#folder, name);
    try {
      return await new Promise<boolean>((resolve) => {
        const socket = net.connect({ path: address.path });
        socket.once('connect', () => {
          resolve(true);
          socket.destroy();
        });
        socket.once('error', (error) =>
          resolve(!['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(codeOf(error))),
        );
      });
    } finally {
      address.close();
    }
  }

  /** Whether any process that has the folder open lives. */
  async anyShines(): Promise<boolean> {
    for (const name of await this.names()) if (await this.shines(name)) return true;
    return false;
  }

  async remove(name: string): Promise<void> {
    await unlink(path.join(this.#folder, name)).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw fromSystem('could not remove a socket', error);
    });
  }

  removeSync(name: string): void {
    try {
      unlinkSync(path.join(this.#folder, name));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw fromSystem('could not remove a socket', error);
    }
  }

  async names(): Promise<string[]> {
    return readdir(this.#folder);
  }
}

/** A socket's path. The kernel takes no more than 107 bytes; a longer one is reached through an open folder. */
class Address {
  readonly path: string;
  readonly #fd: number | undefined;

  constructor(folder: string, name: string) {
    const whole = path.join(folder, name);
    if (Buffer.byteLength(whole) < 100 || !existsSync('/proc/self/fd')) {
      this.path = whole;
    } else {
      this.#fd = openSync(folder, 'r');
      this.path = `/proc/self/fd/${this.#fd}/${name}`;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}

import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, unlinkSync } from 'node:fs';
import { mkdir, readdir, unlink } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { codeOf } from '../../../util/errors';
import { idKey, idOf } from './keys';
import { FOLDER_MODE } from './privacy';
import { toStorageError, StorageError } from './storage_error';
import { metaKeys, type Tables } from './tables';

/**
 * The owner opens the folder first and closes it last. Workers are other processes of the
 * same server. A reader copies the folder: it changes no object and needs no owner. A
 * backup is the owner of the folder it writes to, which must be a backup.
 */
export type Role = 'owner' | 'worker' | 'reader' | 'backup';

/** The owner of readers. Nothing may be written under it. */
const NO_OWNER = 0;

/**
 * This process among those that have a folder open. While it lives, it listens on a
 * socket in the folder. The kernel accepts connections there even if the process is busy,
 * and refuses them once it is dead, however it died and whichever process has its pid by
 * then.
 */
export class Session {
  /** This process. */
  readonly id: number;
  /** The process under which this one may write; itself if it is the owner. */
  readonly owner: number;
  readonly #tables: Tables;
  readonly #beacon: Beacon;

  private constructor(
    ids: { readonly id: number; readonly owner: number },
    tables: Tables,
    beacon: Beacon,
  ) {
    this.id = ids.id;
    this.owner = ids.owner;
    this.#tables = tables;
    this.#beacon = beacon;
  }

  /**
   * @throws StorageError `locked` if another server has the folder open, or for a worker
   *   if none has; `target` for a backup if the folder is not a backup or was served
   *   since it was made
   */
  static async open(tables: Tables, folder: string, role: Role): Promise<Session> {
    const beacons = new Beacons(path.join(folder, 'sessions'));
    await beacons.prepare();
    for (;;) {
      tables.root.resetReadTxn();
      const readOwner = () => tables.meta.get(metaKeys.owner);
      const current = role === 'owner' ? unlessDamaged(readOwner) : readOwner();
      await checkRole(tables, beacons, folder, role, current);
      const beacon = await beacons.create(role);
      const ids = tables.root.transactionSync(() => {
        if (unlessDamaged(readOwner) !== current) return undefined;
        const id = tables.meta.get(metaKeys.next) ?? 1;
        tables.meta.putSync(metaKeys.next, id + 1);
        return register(tables, id, role, current === DAMAGED ? undefined : current, beacon.name);
      });
      if (ids !== undefined) {
        const session = new Session(ids, tables, beacon);
        if (await beacons.isAlive(beacon.name)) return session;
        // A server that just started took the socket for stale (`removeStaleSockets`).
        tables.root.transactionSync(() => session.unregister([session.id]));
        await beacon.close();
      } else {
        // Another process was faster: look again for the owner.
        await beacon.close();
      }
    }
  }

  /**
   * Splits the sessions into those that may still write and those that cannot, because
   * their process is dead or their owner is not ours. Returns undefined if a damaged
   * record makes that unknown.
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
      const isCurrent = owner === this.owner || owner === NO_OWNER;
      if (isCurrent && (await this.#beacon.others.isAlive(name))) alive.add(id);
      else dead.push(id);
    }
    return { alive, dead };
  }

  /** Removes the sockets of dead sessions. `forget` removes their records. */
  async removeDead(dead: readonly number[]): Promise<void> {
    for (const id of dead) {
      const stored = this.#tables.sessions.get(idKey(id));
      if (stored !== undefined) await this.#beacon.others.remove(stored[1]);
    }
  }

  /** Within a commit: removes the records of sessions. */
  unregister(dead: readonly number[]): void {
    for (const id of dead) {
      this.#tables.sessions.removeSync(idKey(id));
      this.#tables.holds.removeSync(idKey(id));
    }
  }

  /**
   * Whether a session still needs the files of removed contents, including sessions newer
   * than the result of `others`.
   */
  isHeld(dead: readonly number[]): boolean {
    const { holds, sessions } = this.#tables;
    for (const key of holds.getKeys()) {
      if (sessions.has(key) && !dead.includes(idOf(key))) return true;
    }
    return false;
  }

  /** The same for all live sessions. Misses a session whose record is damaged. */
  async isHeldNow(): Promise<boolean> {
    for (const key of [...this.#tables.holds.getKeys()]) {
      const stored = this.#tables.sessions.peek(key);
      if (stored !== undefined && (await this.#beacon.others.isAlive(stored[1]))) return true;
    }
    return false;
  }

  /** Removes sockets without a session, left by servers that died during their start. */
  async removeStaleSockets(): Promise<void> {
    const { root, lock, sessions } = this.#tables;
    const names = await this.#beacon.others.names();
    // In a transaction: a reader stores its socket before this, or checks it afterwards.
    const removeStale = () => {
      const records = unlessDamaged(() => [...sessions.getRange({})]);
      if (records === DAMAGED) return;
      const sockets = new Set(records.map(({ value }) => value[1]));
      for (const name of names) if (!sockets.has(name)) this.#beacon.others.removeSync(name);
    };
    await lock.runShared(() => root.transactionSync(removeStale));
  }

  /**
   * Within a transaction: registers this session in a copy of the database that will
   * replace the original.
   */
  registerInCopy(copy: Tables): void {
    const { meta, sessions, holds } = copy;
    sessions.clearSync();
    holds.clearSync();
    const id = meta.get(metaKeys.next) ?? 1;
    meta.putSync(metaKeys.next, id + 1);
    register(copy, id, 'backup', undefined, this.#beacon.name);
  }

  /**
   * Ends the session after the tables were closed, without removing its record: the next
   * process finds it dead.
   */
  async leave(): Promise<void> {
    await this.#beacon.close();
  }

  /** Lets others open the folder. The tables must still be open. */
  async close(): Promise<void> {
    const { root, lock } = this.#tables;
    try {
      await lock.runShared(() => root.transactionSync(() => this.unregister([this.id])));
    } finally {
      await this.#beacon.close();
    }
  }
}

/** Within a transaction: stores a session, and what it holds or owns. */
function register(
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
    // From here on it diverges: it is no longer a backup, and must not be backed up over
    // one.
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
  // any live process may be the owner
  const alive =
    owner === DAMAGED
      ? await beacons.isAnyAlive()
      : owner !== undefined && (await beacons.isAlive(owner[1]));
  const pid = typeof owner === 'object' ? owner[0] : '?';
  if (role === 'owner' && alive) {
    throw new StorageError('locked', `${folder} is in use by another server, process ${pid}`);
  }
  if (role === 'backup') {
    if (alive) throw new StorageError('locked', `${folder} is in use by process ${pid}`);
    if (tables.meta.get(metaKeys.backup) !== (current ?? NO_OWNER)) {
      const reason = 'is not a backup, or a server has used it since it was made';
      throw new StorageError('target', `${folder} ${reason}; choose another folder`);
    }
  }
  if (role === 'worker' && !alive) throw new StorageError('locked', `no server has ${folder} open`);
}

/** Stands for a record that cannot be read. */
const DAMAGED = Symbol('damaged');

/** Returns what is read, or `DAMAGED`: a damaged record must not prevent a repair. */
function unlessDamaged<T>(read: () => T): T | typeof DAMAGED {
  try {
    return read();
  } catch (error) {
    if (codeOf(error) === 'corrupt') return DAMAGED;
    throw error;
  }
}

/** A socket that shows that its process is alive. */
interface Beacon {
  readonly name: string;
  readonly others: Beacons;
  close(): Promise<void>;
}

class Beacons {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
  }

  /**
   * Names it by the role: `npm start` finds servers by it, without reading the database.
   */
  async create(role: Role): Promise<Beacon> {
    const prefix = role === 'reader' ? 'reader-' : '';
    const name = `${prefix}${process.pid}-${randomBytes(6).toString('hex')}.sock`;
    const address = new Address(this.#folder, name);
    const server = net.createServer((socket) => socket.destroy());
    server.unref();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        // Exclusive: otherwise, in a worker of node:cluster, the primary would listen.
        server.listen({ path: address.path, exclusive: true }, resolve);
      });
    } catch (error) {
      address.close();
      throw toStorageError(`could not listen in ${this.#folder}`, error);
    }
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          address.close();
          resolve();
        });
      });
    return { name, others: this, close };
  }

  /** Whether a process listens on a socket. If in doubt, returns true. */
  async isAlive(name: string): Promise<boolean> {
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

  /** Whether any process that has the folder open is alive. */
  async isAnyAlive(): Promise<boolean> {
    for (const name of await this.names()) if (await this.isAlive(name)) return true;
    return false;
  }

  async remove(name: string): Promise<void> {
    await unlink(path.join(this.#folder, name)).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw toStorageError('could not remove a socket', error);
    });
  }

  removeSync(name: string): void {
    try {
      unlinkSync(path.join(this.#folder, name));
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw toStorageError('could not remove a socket', error);
    }
  }

  async names(): Promise<string[]> {
    return readdir(this.#folder);
  }
}

/**
 * A socket's path. The kernel accepts at most 107 bytes; longer paths go through an open
 * folder.
 */
class Address {
  readonly path: string;
  readonly #fd: number | undefined;

  constructor(folder: string, name: string) {
    const fullPath = path.join(folder, name);
    if (Buffer.byteLength(fullPath) < 100 || !existsSync('/proc/self/fd')) {
      this.path = fullPath;
    } else {
      this.#fd = openSync(folder, 'r');
      this.path = `/proc/self/fd/${this.#fd}/${name}`;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}

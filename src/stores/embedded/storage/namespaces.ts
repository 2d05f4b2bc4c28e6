import type { ByteString } from '../../../http/bytes';
import type { Commit } from './group_commit';
import { childKey, idKey, isValidName, nameKey } from './keys';
import {
  applyChanges,
  type StoredAccount,
  type StoredContainer,
  type StoredTally,
} from './records';
import type { Attributes } from './storage';
import type { Tables } from './tables';

/** Accounts and containers. Methods that change them run within a commit. */
export class Namespaces {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  account(account: ByteString): StoredAccount | undefined {
    return isValidName('account', account)
      ? this.#tables.accounts.get(nameKey(account))
      : undefined;
  }

  container(account: ByteString, container: ByteString): StoredContainer | undefined {
    const parent = isValidName('container', container) ? this.account(account) : undefined;
    return parent && this.#tables.containers.get(childKey(parent[0], container));
  }

  /** Returns the counters of an account or container by its id. */
  tally(id: number): StoredTally {
    return this.#tables.tallies.get(idKey(id)) ?? [0, 0, 0, 0];
  }

  putAccount(account: ByteString, changes: Attributes, commit: Commit): StoredAccount {
    const before = this.account(account);
    const [id, created, attributes] = before ?? [commit.allocateIds(1), commit.nextTick(), []];
    const after: StoredAccount = [id, created, applyChanges(attributes, changes)];
    this.#tables.accounts.putSync(nameKey(account), after);
    if (before === undefined) this.#tables.tallies.putSync(idKey(id), [0, 0, 0, 0]);
    return after;
  }

  deleteAccount(account: ByteString): boolean {
    const before = this.account(account);
    if (before === undefined) return false;
    const [, containers] = this.tally(before[0]);
    if (containers > 0) return false;
    this.#tables.accounts.removeSync(nameKey(account));
    this.#tables.tallies.removeSync(idKey(before[0]));
    return true;
  }

  /** Returns true if the container was created. */
  putContainer(
    account: ByteString,
    container: ByteString,
    changes: Attributes,
    commit: Commit,
  ): boolean {
    if (this.postContainer(account, container, changes, commit)) return false;
    const [parent] = this.account(account) ?? this.putAccount(account, {}, commit);
    const id = commit.allocateIds(1);
    const time = commit.nextTick();
    this.#tables.containers.putSync(childKey(parent, container), [
      id,
      time,
      time,
      applyChanges([], changes),
    ]);
    this.#tables.tallies.putSync(idKey(id), [parent, 0, 0, 0]);
    this.#countContainer(parent, 1);
    return true;
  }

  /** Returns false if there is no such container. */
  postContainer(
    account: ByteString,
    container: ByteString,
    changes: Attributes,
    commit: Commit,
  ): boolean {
    const parent = this.account(account);
    const before = this.container(account, container);
    if (parent === undefined || before === undefined) return false;
    const [id, created, , attributes] = before;
    const after: StoredContainer = [
      id,
      created,
      commit.nextTick(),
      applyChanges(attributes, changes),
    ];
    this.#tables.containers.putSync(childKey(parent[0], container), after);
    return true;
  }

  deleteContainer(account: ByteString, container: ByteString): 'deleted' | 'missing' | 'not-empty' {
    const parent = this.account(account);
    const before = this.container(account, container);
    if (parent === undefined || before === undefined) return 'missing';
    const [id] = before;
    const [, , objects] = this.tally(id);
    if (objects > 0 || this.#hasObjects(id)) return 'not-empty';
    this.#tables.containers.removeSync(childKey(parent[0], container));
    this.#tables.tallies.removeSync(idKey(id));
    this.#countContainer(parent[0], -1);
    return 'deleted';
  }

  /**
   * Checks the objects themselves: if the counters were wrong, they would become orphans.
   */
  #hasObjects(container: number): boolean {
    const range = { start: idKey(container), end: idKey(container + 1), limit: 1 };
    return [...this.#tables.objects.getKeys(range)].length > 0;
  }

  #countContainer(account: number, change: 1 | -1): void {
    const [, containers, objects, bytes] = this.tally(account);
    this.#tables.tallies.putSync(idKey(account), [0, containers + change, objects, bytes]);
  }
}

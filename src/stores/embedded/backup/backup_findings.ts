import type { Transaction } from 'lmdb';
import { type Finding, problem } from '../fsck/finding';
import { formatName, nameText, type ObjectName } from '../storage/object_name';
import { childName, idKey, idOf } from '../storage/keys';
import type { BadOutcome } from './backup_bodies';
import { formatContentId, formatTicks, Place, type StoredContent } from '../storage/records';
import type { Table } from '../storage/table';
import type { Tables } from '../storage/tables';

/** A content that a backup did not find as it was written. */
export interface BadContent {
  readonly stored: StoredContent;
  readonly outcome: BadOutcome;
}

/** The tables whose records are in the backup before and cannot be made anew. */
const NAMES: ReadonlySet<string> = new Set(['accounts', 'containers', 'objects']);

/** What is wrong with the records of a copied database, in fsck's words. */
export class RecordFindings {
  /** Whether `damaged` found records by which objects are found. */
  areNamesDamaged = false;

  constructor(
    private readonly copy: Tables,
    private readonly snapshot: Transaction,
  ) {}

  /** Records that are not what was written. */
  *damaged(): Generator<Finding> {
    const { meta, accounts, containers, objects, tallies, contents, sums, expiry } = this.copy;
    // Nothing in the backup can be found or read without these; the others follow from them.
    for (const table of [meta, accounts, containers]) yield* this.#damagedIn(table, 'nothing');
    for (const table of [objects, tallies, contents, sums, expiry])
      yield* this.#damagedIn(table, 'remove-record');
  }

  *#damagedIn(table: Table<unknown>, then: 'nothing' | 'remove-record'): Generator<Finding> {
    for (const record of table.raw({ transaction: this.snapshot })) {
      if (table.decoded(record) !== undefined) continue;
      const { key } = record;
      const { name } = table;
      this.areNamesDamaged ||= NAMES.has(name);
      const text = `the record ${key.toString('hex').slice(0, 80)} of the table ${name} is damaged`;
      const fix = then === 'nothing' ? ({ do: then } as const) : { do: then, table: name, key };
      yield problem('damaged-record', text, fix).finding;
    }
  }

  /** Contents that objects have, but that have no record: they are looked for as files. */
  unrecorded(): Map<number, StoredContent> {
    const found = new Map<number, StoredContent>();
    const where = { transaction: this.snapshot };
    for (const { object } of this.#objects()) {
      const [, , id, size, etag] = object;
      if (this.copy.contents.peek(idKey(id), where) !== undefined) continue;
      const references = (found.get(id)?.[0] ?? 0) + 1;
      const isInline = this.copy.inline.get(idKey(id), where) !== undefined;
      found.set(id, [references, size, etag, isInline ? Place.Inline : Place.File, null]);
    }
    return found;
  }

  /** Contents without a record whose bytes are in the backup all the same: a repair finds them. */
  *unrecordedButWhole(
    unrecorded: ReadonlyMap<number, StoredContent>,
    bad: ReadonlyMap<number, BadContent>,
  ): Generator<Finding> {
    for (const [id, content] of unrecorded) {
      if (bad.has(id)) continue;
      const text = `the content ${formatContentId(id)} has no record`;
      yield problem('references', text, { do: 'put-content', id, content }).finding;
    }
  }

  /** Names each object whose content is bad, and then bad contents that are no object's. */
  *bad(bad: ReadonlyMap<number, BadContent>): Generator<Finding> {
    for (const [id, { stored, outcome }] of bad)
      if (outcome.state === 'checksums') {
        const what = `the content ${formatContentId(id)} is right`;
        const text = `${what}, but the checksums of its blocks are not`;
        yield problem('checksums', text, { do: 'put-content', id, content: stored }).finding;
      }
    const unread = new Map([...bad].filter(([, { outcome }]) => outcome.state !== 'checksums'));
    if (unread.size === 0) return;
    const names = this.#containers();
    const named = new Set<number>();
    for (const { key, object } of this.#objects()) {
      const content = unread.get(object[2]);
      if (content === undefined) continue;
      named.add(object[2]);
      const name = nameOf(key, object[0], names);
      const what = `${causeOf(content)} (${formatContentId(object[2])})`;
      const text = `the object ${formatName(name)} cannot be read: ${what}`;
      yield problem(kindOf(content), text, { do: 'remove-object', key }, name).finding;
    }
    for (const [id, content] of unread) {
      if (named.has(id)) continue;
      const text = `the content ${formatContentId(id)} cannot be read: ${causeOf(content)}`;
      yield problem(kindOf(content), text, { do: 'remove-content', id }).finding;
    }
  }

  *#objects() {
    const { objects } = this.copy;
    for (const record of objects.raw({ transaction: this.snapshot })) {
      const object = objects.decoded(record);
      if (object !== undefined) yield { key: record.key, object };
    }
  }

  /** The account and the container of each container's number. */
  #containers(): Map<number, { readonly account: string; readonly container: string }> {
    const { accounts, containers } = this.copy;
    const accountNames = new Map<number, string>();
    for (const record of accounts.raw({ transaction: this.snapshot })) {
      const account = accounts.decoded(record);
      if (account) accountNames.set(account[0], nameText(record.key.toString('latin1')));
    }
    const names = new Map<number, { account: string; container: string }>();
    for (const record of containers.raw({ transaction: this.snapshot })) {
      const container = containers.decoded(record);
      if (container === undefined) continue;
      const account = accountNames.get(idOf(record.key)) ?? '?';
      names.set(container[0], { account, container: nameText(childName(record.key)) });
    }
    return names;
  }
}

function nameOf(
  key: Buffer,
  time: number,
  names: ReadonlyMap<number, { readonly account: string; readonly container: string }>,
): ObjectName {
  const { account, container } = names.get(idOf(key)) ?? { account: '?', container: '?' };
  return { account, container, object: nameText(childName(key)), version: formatTicks(time) };
}

function kindOf({ outcome }: BadContent): 'missing-content' | 'damaged-content' {
  return outcome.state === 'missing' ? 'missing-content' : 'damaged-content';
}

function causeOf({ outcome }: BadContent): string {
  if (outcome.state !== 'damaged') return 'its content is not there';
  return `its content is damaged: ${outcome.cause}`;
}

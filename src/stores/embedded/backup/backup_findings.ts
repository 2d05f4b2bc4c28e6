import type { Transaction } from 'lmdb';
import { type Finding, problem } from '../fsck/finding';
import { formatName, nameText, type ObjectName } from '../storage/object_name';
import { childName, idKey, idOf } from '../storage/keys';
import type { BadOutcome } from './backup_bodies';
import { formatContentId, formatTicks, Place, type StoredContent } from '../storage/records';
import type { Table } from '../storage/table';
import type { Tables } from '../storage/tables';

/** A content that a backup found missing or damaged. */
export interface BadContent {
  readonly stored: StoredContent;
  readonly outcome: BadOutcome;
}

/** The tables whose records an earlier backup may have and that cannot be rebuilt. */
const NAMES: ReadonlySet<string> = new Set(['accounts', 'containers', 'objects']);

/** Reports what is wrong with the records of a copied database, like fsck. */
export class RecordFindings {
  /** Whether `damaged` found records by which objects are looked up. */
  areNamesDamaged = false;

  constructor(
    private readonly copy: Tables,
    private readonly snapshot: Transaction,
  ) {}

  /** Reports damaged records. */
  *findDamaged(): Generator<Finding> {
    const { meta, accounts, containers, objects, tallies, contents, sums, expiry } = this.copy;
    // Nothing in the backup can be found or read without these; the others follow from
    // them.
    for (const table of [meta, accounts, containers]) yield* this.#damagedIn(table, 'nothing');
    for (const table of [objects, tallies, contents, sums, expiry])
      yield* this.#damagedIn(table, 'remove-record');
  }

  *#damagedIn(table: Table<unknown>, fixKind: 'nothing' | 'remove-record'): Generator<Finding> {
    for (const record of table.raw({ transaction: this.snapshot })) {
      if (table.tryDecode(record) !== undefined) continue;
      const { key } = record;
      const { name } = table;
      this.areNamesDamaged ||= NAMES.has(name);
      const text = `record ${key.toString('hex').slice(0, 80)} of table ${name} is damaged`;
      const fix =
        fixKind === 'nothing' ? ({ do: fixKind } as const) : { do: fixKind, table: name, key };
      yield problem('damaged-record', text, fix).finding;
    }
  }

  /**
   * Returns contents that objects refer to, but that have no record. They are looked for
   * as files.
   */
  findUnrecorded(): Map<number, StoredContent> {
    const contents = new Map<number, StoredContent>();
    const options = { transaction: this.snapshot };
    for (const { object } of this.#objects()) {
      const [, , id, size, etag] = object;
      if (this.copy.contents.peek(idKey(id), options) !== undefined) continue;
      const references = (contents.get(id)?.[0] ?? 0) + 1;
      const isInline = this.copy.inline.get(idKey(id), options) !== undefined;
      contents.set(id, [references, size, etag, isInline ? Place.Inline : Place.File, null]);
    }
    return contents;
  }

  /**
   * Reports contents without a record whose bytes are in the backup: a repair restores
   * them.
   */
  *unrecordedButWhole(
    unrecorded: ReadonlyMap<number, StoredContent>,
    bad: ReadonlyMap<number, BadContent>,
  ): Generator<Finding> {
    for (const [id, content] of unrecorded) {
      if (bad.has(id)) continue;
      const text = `content ${formatContentId(id)} has no record`;
      yield problem('references', text, { do: 'put-content', id, content }).finding;
    }
  }

  /**
   * Reports each object whose content is bad, and then the bad contents without an
   * object.
   */
  *describeBad(bad: ReadonlyMap<number, BadContent>): Generator<Finding> {
    for (const [id, { stored, outcome }] of bad)
      if (outcome.state === 'checksums') {
        const what = `content ${formatContentId(id)} is intact`;
        const text = `${what}, but its block checksums are not`;
        yield problem('checksums', text, { do: 'put-content', id, content: stored }).finding;
      }
    const unreadable = new Map([...bad].filter(([, { outcome }]) => outcome.state !== 'checksums'));
    if (unreadable.size === 0) return;
    const names = this.#containers();
    const reportedIds = new Set<number>();
    for (const { key, object } of this.#objects()) {
      const content = unreadable.get(object[2]);
      if (content === undefined) continue;
      reportedIds.add(object[2]);
      const name = nameOf(key, object[0], names);
      const what = `${causeOf(content)} (${formatContentId(object[2])})`;
      const text = `the object ${formatName(name)} cannot be read: ${what}`;
      yield problem(kindOf(content), text, { do: 'remove-object', key }, name).finding;
    }
    for (const [id, content] of unreadable) {
      if (reportedIds.has(id)) continue;
      const text = `content ${formatContentId(id)} cannot be read: ${causeOf(content)}`;
      yield problem(kindOf(content), text, { do: 'remove-content', id }).finding;
    }
  }

  *#objects() {
    const { objects } = this.copy;
    for (const record of objects.raw({ transaction: this.snapshot })) {
      const object = objects.tryDecode(record);
      if (object !== undefined) yield { key: record.key, object };
    }
  }

  /** Returns the account and container names by container number. */
  #containers(): Map<number, { readonly account: string; readonly container: string }> {
    const { accounts, containers } = this.copy;
    const accountNames = new Map<number, string>();
    for (const record of accounts.raw({ transaction: this.snapshot })) {
      const account = accounts.tryDecode(record);
      if (account) accountNames.set(account[0], nameText(record.key.toString('latin1')));
    }
    const names = new Map<number, { account: string; container: string }>();
    for (const record of containers.raw({ transaction: this.snapshot })) {
      const container = containers.tryDecode(record);
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
  if (outcome.state !== 'damaged') return 'its content is missing';
  return `its content is damaged: ${outcome.cause}`;
}

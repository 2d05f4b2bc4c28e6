import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { Database } from 'lmdb';
import { BLOCK } from '../../../src/stores/embedded/storage/block_sums';
import { ContentFiles } from '../../../src/stores/embedded/storage/content_files';
import { idKey, idOf } from '../../../src/stores/embedded/storage/keys';
import { Place } from '../../../src/stores/embedded/storage/records';
import type { Tables } from '../../../src/stores/embedded/storage/tables';
import type { Chance } from '../../support/running/chance';

/** A content in the data folder. */
export interface Kept {
  readonly id: number;
  readonly md5: string;
  readonly size: number;
  /** Its path, if it is stored in a file. */
  readonly file: string | undefined;
}

/** A change made to a data folder behind the server's back, and how to undo it. */
export interface Damage {
  readonly title: string;
  /** The contents whose bytes or checksums differ from what was written. */
  readonly contents: readonly Kept[];
  /** Whether only the records about the bytes are damaged, not the bytes. */
  readonly isOfNumbers?: boolean;
  apply(): void;
  undo(): void;
}

/** Returns all contents that have bytes. */
function contentsOf(tables: Tables): Kept[] {
  const files = new ContentFiles(tables.folder);
  return [...tables.contents.getRange()]
    .map(({ key, value: [, size, md5, place] }) => {
      const id = idOf(key);
      const file = place === Place.File ? path.join(tables.folder, files.nameOf(id)) : undefined;
      return { id, md5, size, file };
    })
    .filter(({ size }) => size > 0);
}

type Kind = (folder: Folder, chance: Chance) => Damage | undefined;

/** A data folder to damage. */
export class Folder {
  readonly files: readonly Kept[];
  readonly inline: readonly Kept[];

  constructor(
    readonly tables: Tables,
    readonly contents: readonly Kept[] = contentsOf(tables),
  ) {
    this.files = contents.filter(({ file }) => file !== undefined);
    this.inline = contents.filter(({ file }) => file === undefined);
  }

  /** Makes a random damage. */
  damage(chance: Chance): Damage {
    for (;;) {
      const damage = chance.pick(KINDS)(this, chance);
      if (damage !== undefined) return damage;
    }
  }

  /** Opens a table with raw keys and values. */
  raw(name: string): Database<Buffer, Buffer> {
    return this.tables.root.openDB(name, { keyEncoding: 'binary', encoding: 'binary' });
  }
}

const flipped = (bytes: Buffer, chance: Chance): Buffer => {
  const changed = Buffer.from(bytes);
  const at = chance.below(changed.length);
  changed[at] = changed[at]! ^ (1 << chance.below(8));
  return changed;
};

/** Makes a damage of one file from a function that changes its bytes. */
function ofFile(
  title: string,
  change: (bytes: Buffer, chance: Chance) => Buffer | undefined,
): Kind {
  return ({ files }, chance) => {
    const content = chance.pick(files);
    const before = readFileSync(content.file!);
    const after = change(before, chance);
    if (after === undefined || after.equals(before)) return undefined;
    return {
      title: `${title} of ${content.file}`,
      contents: [content],
      apply: () => overwrite(content.file!, after),
      undo: () => overwrite(content.file!, before),
    };
  };
}

/** Overwrites a file in place. */
function overwrite(file: string, bytes: Buffer): void {
  const fd = openSync(file, 'r+');
  ftruncateSync(fd, bytes.length);
  writeSync(fd, bytes, 0, bytes.length, 0);
  closeSync(fd);
}

const zeroed = (size: number) => (bytes: Buffer, chance: Chance) => {
  const at = chance.below(Math.ceil(bytes.length / size)) * size;
  return Buffer.from(bytes).fill(0, at, Math.min(bytes.length, at + size));
};

function withBlocksSwapped(bytes: Buffer, chance: Chance): Buffer | undefined {
  const blocks = Math.floor(bytes.length / BLOCK);
  if (blocks < 2) return undefined;
  const [one, other] = [chance.below(blocks) * BLOCK, chance.below(blocks) * BLOCK];
  const changed = Buffer.from(bytes);
  bytes.copy(changed, one, other, other + BLOCK);
  bytes.copy(changed, other, one, one + BLOCK);
  return changed;
}

const swappedFiles =
  (ofOneSize: boolean): Kind =>
  ({ files }, chance) => {
    const one = chance.pick(files);
    const others = files.filter(
      ({ id, size }) => id !== one.id && (size === one.size) === ofOneSize,
    );
    if (others.length === 0) return undefined;
    const other = chance.pick(others);
    const [bytes, otherBytes] = [readFileSync(one.file!), readFileSync(other.file!)];
    return {
      title: `${one.file} and ${other.file} swapped`,
      contents: [one, other],
      apply: () => {
        overwrite(one.file!, otherBytes);
        overwrite(other.file!, bytes);
      },
      undo: () => {
        overwrite(one.file!, bytes);
        overwrite(other.file!, otherBytes);
      },
    };
  };

const removedFile: Kind = ({ files }, chance) => {
  const content = chance.pick(files);
  const bytes = readFileSync(content.file!);
  return {
    title: `${content.file} removed`,
    contents: [content],
    apply: () => rmSync(content.file!),
    undo: () => writeFileSync(content.file!, bytes),
  };
};

/** Makes a damage of a table's entries whose key is or begins with a content's number. */
function ofTable(
  title: string,
  table: 'inline' | 'sums' | 'contents',
  change: (bytes: Buffer, chance: Chance) => Buffer | undefined,
): Kind {
  return (folder, chance) => {
    const { files, inline, contents } = folder;
    const content = chance.pick({ inline, sums: files, contents }[table]);
    const raw = folder.raw(table);
    const key =
      table === 'sums' ? Buffer.concat([idKey(content.id), Buffer.alloc(4)]) : idKey(content.id);
    const before = Buffer.from(raw.get(key)!);
    const after = change(before, chance);
    return {
      title: `${title} of content ${content.id}`,
      contents: [content],
      isOfNumbers: table !== 'inline',
      apply: () => {
        if (after === undefined) raw.removeSync(key);
        else raw.putSync(key, after);
      },
      undo: () => {
        raw.putSync(key, before);
      },
    };
  };
}

const swappedInline: Kind = (folder, chance) => {
  const [one, other] = [chance.pick(folder.inline), chance.pick(folder.inline)];
  if (one.id === other.id) return undefined;
  const raw = folder.raw('inline');
  const [bytes, otherBytes] = [one, other].map(({ id }) => Buffer.from(raw.get(idKey(id))!));
  return {
    title: `the bytes of contents ${one.id} and ${other.id} swapped`,
    contents: [one, other],
    apply: () => {
      raw.putSync(idKey(one.id), otherBytes!);
      raw.putSync(idKey(other.id), bytes!);
    },
    undo: () => {
      raw.putSync(idKey(one.id), bytes!);
      raw.putSync(idKey(other.id), otherBytes!);
    },
  };
};

const shorter = (bytes: Buffer, chance: Chance) => bytes.subarray(0, chance.below(bytes.length));
const longer = (bytes: Buffer, chance: Chance) =>
  Buffer.concat([bytes, Buffer.alloc(1 + chance.below(2 * BLOCK))]);

/** What happens to disks or is done by their operators; a flipped bit most often. */
const KINDS: readonly Kind[] = [
  ofFile('a bit', flipped),
  ofFile('a bit', flipped),
  ofFile('a bit', flipped),
  ofFile('a block of zeroes', zeroed(BLOCK)),
  ofFile('a page of zeroes', zeroed(4096)),
  ofFile('a sector of zeroes', zeroed(512)),
  ofFile('two blocks', withBlocksSwapped),
  ofFile('the end', shorter),
  ofFile('all bytes', () => Buffer.alloc(0)),
  ofFile('more bytes', longer),
  swappedFiles(true),
  swappedFiles(false),
  removedFile,
  ofTable('a bit of the bytes', 'inline', flipped),
  ofTable('the end of the bytes', 'inline', shorter),
  ofTable('more bytes', 'inline', longer),
  ofTable('all bytes', 'inline', () => undefined),
  swappedInline,
  ofTable('a bit of the checksums', 'sums', flipped),
  ofTable('the checksums', 'sums', () => undefined),
  ofTable('the end of the checksums', 'sums', shorter),
  ofTable('a bit of the record', 'contents', flipped),
  ofTable('the end of the record', 'contents', shorter),
  ofTable('the record', 'contents', () => undefined),
];

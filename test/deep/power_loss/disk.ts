import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Event } from './trace';

/** The bytes that disks write atomically. */
const SECTOR = 512;

/** A change that may not be on disk yet. */
interface Pending<T> {
  readonly change: T;
  /** Whether the call that makes it has ended, so that the next sync covers it. */
  isOver: boolean;
}

/** Bytes at an offset, or a size. */
type Write = { readonly at: number; readonly bytes: Buffer } | { readonly size: number };

interface FileNode {
  readonly type: 'file';
  synced: Buffer;
  size: number;
  pending: Pending<Write>[];
}

/** A change of a name: its new node, and the name it was renamed from. */
interface Naming {
  readonly name: string;
  readonly node: Node | undefined;
  readonly renamedFrom?: string;
}

interface FolderNode {
  readonly type: 'folder';
  /** As the process sees it. */
  readonly names: Map<string, Node>;
  readonly synced: Map<string, Node>;
  pending: Naming[];
}

type Node = FileNode | FolderNode;

interface OpenFile {
  readonly node: Node;
  at: number;
  readonly syncsWrites: boolean;
}

/** Decides whether something that need not be on disk is there. */
export type Chance = () => boolean;

/**
 * A disk that certainly has only what was synced: of a file the bytes written before an
 * `fsync` or `fdatasync` began, of a folder the names that were synced with it. Any part
 * of the rest may be there.
 */
export class Disk {
  readonly #root: string;
  readonly #tree: FolderNode = newFolder();
  readonly #open = new Map<number, OpenFile>();
  /** Ends of calls in progress. */
  readonly #ends = new Map<number, () => void>();

  /** @param root a folder that existed before */
  constructor(root: string) {
    this.#root = root;
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'open':
        this.#opened(event.fd, event.path, event.flags);
        break;
      case 'write':
        this.#written(event.call, event.fd, event.bytes, event.at);
        break;
      case 'truncate':
        this.#change(event.call, event.fd, { size: event.size });
        break;
      case 'seek':
        this.#seek(event.fd, event.at);
        break;
      case 'sync':
        this.#sync(event.call, event.fd);
        break;
      case 'finish':
        this.#ends.get(event.call)?.();
        this.#ends.delete(event.call);
        break;
      case 'rename':
        this.#rename(event.from, event.to);
        break;
      case 'unlink':
        this.#name(event.path, undefined);
        break;
      case 'mkdir':
        this.#name(event.path, newFolder());
        break;
      case 'said':
    }
  }

  /** Creates in a folder what may be on disk if the power fails now. */
  async build(folder: string, chance: Chance): Promise<void> {
    await buildFolder(this.#tree, folder, chance);
  }

  #opened(fd: number, file: string, flags: string): void {
    let node = this.#find(file);
    if (node === undefined) {
      node = { type: 'file', synced: Buffer.alloc(0), size: 0, pending: [] };
      this.#name(file, node);
    }
    if (flags.includes('O_TRUNC') && node.type === 'file' && node.size > 0)
      throw new Error(`${file} is opened as a new one: no disk was made for that`);
    this.#open.set(fd, { node, at: 0, syncsWrites: /O_D?SYNC/.test(flags) });
  }

  #seek(fd: number, at: number): void {
    const open = this.#open.get(fd);
    if (open) open.at = at;
  }

  #written(call: number, fd: number, bytes: Buffer, offset: number | undefined): void {
    const open = this.#open.get(fd);
    if (open === undefined) return;
    const at = offset ?? open.at;
    if (offset === undefined) open.at += bytes.length;
    this.#change(call, fd, { at, bytes });
  }

  #change(call: number, fd: number, change: Write): void {
    const open = this.#open.get(fd);
    if (open?.node.type !== 'file') return;
    const { node, syncsWrites } = open;
    const pending = { change, isOver: false };
    node.pending.push(pending);
    node.size =
      'size' in change ? change.size : Math.max(node.size, change.at + change.bytes.length);
    this.#ends.set(call, () => {
      pending.isOver = true;
      if (syncsWrites) settle(node, [pending]);
    });
  }

  #sync(call: number, fd: number): void {
    const node = this.#open.get(fd)?.node;
    if (node?.type === 'file') {
      const before = node.pending.filter(({ isOver }) => isOver);
      this.#ends.set(call, () => settle(node, before));
    } else if (node !== undefined) {
      const before = [...node.pending];
      this.#ends.set(call, () => {
        for (const naming of before) applyNaming(node.synced, naming);
        node.pending = node.pending.filter((naming) => !before.includes(naming));
      });
    }
  }

  #rename(from: string, to: string): void {
    const node = this.#find(from);
    const folder = this.#folderOf(to);
    if (node === undefined || folder !== this.#folderOf(from))
      throw new Error(`renamed from folder to folder: ${from}, ${to}`);
    addNaming(folder, { name: path.basename(to), node, renamedFrom: path.basename(from) });
  }

  #name(file: string, node: Node | undefined): void {
    addNaming(this.#folderOf(file), { name: path.basename(file), node });
  }

  #folderOf(file: string): FolderNode {
    const folder = this.#find(path.dirname(file));
    if (folder?.type !== 'folder') throw new Error(`no folder for ${file}`);
    return folder;
  }

  #find(file: string): Node | undefined {
    let node: Node | undefined = this.#tree;
    for (const name of path.relative(this.#root, file).split('/').filter(Boolean))
      node = node?.type === 'folder' ? node.names.get(name) : undefined;
    return node;
  }
}

function newFolder(): FolderNode {
  return { type: 'folder', names: new Map(), synced: new Map(), pending: [] };
}

function addNaming(folder: FolderNode, naming: Naming): void {
  applyNaming(folder.names, naming);
  folder.pending.push(naming);
}

function applyNaming(names: Map<string, Node>, { name, node, renamedFrom }: Naming): void {
  if (renamedFrom !== undefined) names.delete(renamedFrom);
  if (node === undefined) names.delete(name);
  else names.set(name, node);
}

/** Marks changes of a file as written to disk. */
function settle(node: FileNode, changes: readonly Pending<Write>[]): void {
  const there = new Set(changes);
  for (const { change } of node.pending.filter((each) => there.has(each)))
    node.synced = after(node.synced, change);
  node.pending = node.pending.filter((each) => !there.has(each));
}

function after(bytes: Buffer, change: Write): Buffer {
  const size =
    'size' in change ? change.size : Math.max(bytes.length, change.at + change.bytes.length);
  const changed = size === bytes.length ? bytes : resized(bytes, size);
  if ('bytes' in change) change.bytes.copy(changed, change.at);
  return changed;
}

function resized(bytes: Buffer, size: number): Buffer {
  const resized = Buffer.alloc(size);
  bytes.copy(resized);
  return resized;
}

async function buildFolder(node: FolderNode, folder: string, chance: Chance): Promise<void> {
  const names = new Map(node.synced);
  for (const naming of node.pending) if (chance()) applyNaming(names, naming);
  await mkdir(folder, { recursive: true });
  for (const [name, each] of names) {
    const at = path.join(folder, name);
    if (each.type === 'folder') await buildFolder(each, at, chance);
    else await writeFile(at, bytesOf(each, chance));
  }
}

/** Returns the bytes of a file, each sector that was not synced written or not. */
function bytesOf({ synced, pending }: FileNode, chance: Chance): Buffer {
  let bytes: Buffer = Buffer.from(synced);
  for (const { change } of pending) {
    if ('size' in change) {
      if (chance()) bytes = after(bytes, change);
      continue;
    }
    const { at, bytes: written } = change;
    // a size may reach the disk before its bytes, which are zero then
    if (chance()) bytes = resized(bytes, Math.max(bytes.length, at + written.length));
    for (let from = 0; from < written.length;) {
      const end = Math.min(written.length, from + SECTOR - ((at + from) % SECTOR));
      const sector = { at: at + from, bytes: written.subarray(from, end) };
      if (chance()) bytes = after(bytes, sector);
      from = end;
    }
  }
  return bytes;
}

import type { ByteString } from '../../../http/bytes';
import { StorageError } from './storage_error';

/** The longest names, in bytes; LMDB's keys may have 1,978. */
export const longest = { account: 256, container: 256, object: 1024 } as const;

const idSize = 8;

/** A number as a key that sorts as the number does. */
export function idKey(id: number): Buffer {
  const key = Buffer.allocUnsafe(idSize);
  writeId(key, id);
  return key;
}

export function idOf(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}

/** The key of a name under a parent (a container in its account, an object in its container): sorts as the name's bytes do. */
export function childKey(parent: number, name: ByteString): Buffer {
  const key = Buffer.allocUnsafe(idSize + name.length);
  writeId(key, parent);
  key.write(name, idSize, 'latin1');
  return key;
}

export function childName(key: Buffer): ByteString {
  return key.toString('latin1', idSize);
}

/** The key in the index of what expires: by time, then by the object's own key. */
export function expiryKey(deleteAt: number, objectKey: Buffer): Buffer {
  return Buffer.concat([idKey(Math.max(0, Math.floor(deleteAt))), objectKey]);
}

/** The time and the object's own key. */
export function expiryOf(key: Buffer): { deleteAt: number; objectKey: Buffer } {
  return { deleteAt: idOf(key), objectKey: key.subarray(idSize) };
}

/** The least key that sorts after another. */
export function keyBehind(key: Uint8Array): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)]);
}

/** An account's name as a key. */
export function nameKey(name: ByteString): Buffer {
  return Buffer.from(name, 'latin1');
}

/** The least name that sorts after all names that begin with these bytes; undefined if there is none. */
export function afterPrefix(prefix: ByteString): ByteString | undefined {
  let end = prefix.length;
  while (end > 0 && prefix.charCodeAt(end - 1) === 0xff) end--;
  if (end === 0) return undefined;
  return prefix.slice(0, end - 1) + String.fromCharCode(prefix.charCodeAt(end - 1) + 1);
}

/** Whether there can be something of this name. */
export function isName(kind: keyof typeof longest, name: ByteString): boolean {
  return name.length > 0 && name.length <= longest[kind] && !/[^\0-\xff]/.test(name);
}

/**
 * @throws StorageError `bad-name` for what cannot be a name
 */
export function checkName(kind: keyof typeof longest, name: ByteString): void {
  if (isName(kind, name)) return;
  const reason = `names of ${kind}s are byte strings of 1 to ${longest[kind]} bytes`;
  throw new StorageError(
    'bad-name',
    `${reason}, not ${JSON.stringify(name.slice(0, 40))} of length ${name.length}`,
  );
}

function writeId(target: Buffer, id: number): void {
  target.writeUInt32BE(Math.floor(id / 2 ** 32), 0);
  target.writeUInt32BE(id % 2 ** 32, 4);
}

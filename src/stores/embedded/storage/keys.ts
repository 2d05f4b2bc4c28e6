import type { ByteString } from '../../../http/bytes';
import { StorageError } from './storage_error';

/** Max lengths of names in bytes. LMDB's keys may have 1,978. */
export const MAX_NAME_LENGTH = { account: 256, container: 256, object: 1024 } as const;

const idSize = 8;

/** Encodes a number as a key with the same sort order. */
export function idKey(id: number): Buffer {
  const key = Buffer.allocUnsafe(idSize);
  writeId(key, id);
  return key;
}

export function idOf(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}

/**
 * Returns the key of a child (a container in its account, an object in its container).
 * Keys of one parent sort as the bytes of the names.
 */
export function childKey(parent: number, name: ByteString): Buffer {
  const key = Buffer.allocUnsafe(idSize + name.length);
  writeId(key, parent);
  key.write(name, idSize, 'latin1');
  return key;
}

export function childName(key: Buffer): ByteString {
  return key.toString('latin1', idSize);
}

/** Returns a key of the expiry index, sorted by time and then by the object's key. */
export function expiryKey(deleteAt: number, objectKey: Buffer): Buffer {
  return Buffer.concat([idKey(Math.max(0, Math.floor(deleteAt))), objectKey]);
}

/** Splits a key of the expiry index into the time and the object's key. */
export function parseExpiryKey(key: Buffer): { deleteAt: number; objectKey: Buffer } {
  return { deleteAt: idOf(key), objectKey: key.subarray(idSize) };
}

/** Returns the smallest key that sorts after another. */
export function keyAfter(key: Uint8Array): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)]);
}

/** Encodes an account's name as a key. */
export function nameKey(name: ByteString): Buffer {
  return Buffer.from(name, 'latin1');
}

/**
 * Returns the smallest name after all names with this prefix; undefined if there is none.
 */
export function afterPrefix(prefix: ByteString): ByteString | undefined {
  let end = prefix.length;
  while (end > 0 && prefix.charCodeAt(end - 1) === 0xff) end--;
  if (end === 0) return undefined;
  return prefix.slice(0, end - 1) + String.fromCharCode(prefix.charCodeAt(end - 1) + 1);
}

/** Whether a name is valid for an account, container or object. */
export function isValidName(kind: keyof typeof MAX_NAME_LENGTH, name: ByteString): boolean {
  return name.length > 0 && name.length <= MAX_NAME_LENGTH[kind] && !/[^\0-\xff]/.test(name);
}

/** @throws StorageError `bad-name` if a name is invalid */
export function checkName(kind: keyof typeof MAX_NAME_LENGTH, name: ByteString): void {
  if (isValidName(kind, name)) return;
  const rule = `names of ${kind}s must be byte strings of 1 to ${MAX_NAME_LENGTH[kind]} bytes`;
  throw new StorageError(
    'bad-name',
    `${rule}; ${JSON.stringify(name.slice(0, 40))} has length ${name.length}`,
  );
}

function writeId(target: Buffer, id: number): void {
  target.writeUInt32BE(Math.floor(id / 2 ** 32), 0);
  target.writeUInt32BE(id % 2 ** 32, 4);
}

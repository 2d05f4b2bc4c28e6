import { Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc64Ecma } from '../../formats/crc64';

/** S3's checksums, with the size of each in bytes. */
const LENGTHS = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;

export type Algorithm = keyof typeof LENGTHS;

/** What is computed: S3's checksums, Content-MD5, and the checksum of COS. */
export type Summed = Algorithm | 'md5' | 'crc64ecma';

export function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(LENGTHS, name);
}

/** Whether a text has the form of a checksum: base64 of its number of bytes. */
export function isChecksum(algorithm: Algorithm, text: string): boolean {
  return isBase64(text, LENGTHS[algorithm]);
}

/** Whether a text is `length` bytes in base64, exactly as encoders write it. */
export function isBase64(text: string, length: number): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === length && bytes.toString('base64') === text;
}

/** A checksum computed incrementally. */
export interface Sum {
  update(chunk: Buffer): void;
  digest(): Promise<Buffer>;
}

/** Returns a new checksum over no bytes yet. */
export function sumOf(algorithm: Summed): Sum {
  switch (algorithm) {
    case 'crc32':
      return sumOfCrc32();
    case 'crc32c':
      return wrapped(new Crc32c());
    case 'crc64nvme':
      return wrapped(new Crc64Nvme());
    case 'crc64ecma':
      return wrapped(new Crc64Ecma());
    default:
      return hashOf(algorithm);
  }
}

function sumOfCrc32(): Sum {
  let sum = 0;
  return {
    update: (chunk) => {
      sum = crc32(chunk, sum);
    },
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(sum);
      return Promise.resolve(bytes);
    },
  };
}

function wrapped(crc: {
  update(chunk: Uint8Array): void;
  digest(): Promise<Uint8Array> | Uint8Array;
}): Sum {
  return {
    update: (chunk) => crc.update(chunk),
    digest: async () => Buffer.from(await crc.digest()),
  };
}

function hashOf(name: 'md5' | 'sha1' | 'sha256'): Sum {
  const hash = createHash(name);
  return {
    update: (chunk) => void hash.update(chunk),
    digest: () => Promise.resolve(hash.digest()),
  };
}

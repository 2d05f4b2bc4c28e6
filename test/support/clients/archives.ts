import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';

/** A member to put into an archive. */
export interface Member {
  readonly name: string;
  readonly body?: string | Buffer;
  readonly type?: 'file' | 'directory' | 'symlink';
  readonly pax?: Record<string, string>;
}

/** Writes a tar archive with tar-stream. */
export function archiveOf(members: readonly Member[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, body = '', type = 'file', pax } of members) {
    const linkname = type === 'symlink' ? { linkname: 'elsewhere' } : {};
    if (type === 'file') archive.entry({ name, ...(pax ? { pax } : {}) }, body);
    else archive.entry({ name, type, ...linkname });
  }
  archive.finalize();
  return buffer(Readable.from(archive));
}

/** 45 MB of zeros, compressed by bzip2. */
export function bzip2Bomb(): Buffer {
  return Buffer.from(
    'QlpoOTFBWSZTWckBtsgBWKtAIMAAEAAACCAAMMwFKaZSSFJsVJIUni7kinChIZIDbZA=',
    'base64',
  );
}

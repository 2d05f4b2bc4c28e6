import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { archiveOf } from '../archives';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/**
 * Writes an image in the layout of OCI, with layers of random content.
 *
 * @param sizes of the layers, in bytes before compression, which random content resists
 * @returns the digests of the layers
 */
export async function writeImage(folder: string, sizes: readonly number[]): Promise<string[]> {
  const blobs = join(folder, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const add = (bytes: Buffer, mediaType: string) => {
    const digest = sha256(bytes);
    writeFileSync(join(blobs, digest), bytes);
    return { mediaType, size: bytes.length, digest: `sha256:${digest}` };
  };
  const tars = await Promise.all(
    sizes.map((size, i) => archiveOf([{ name: `file${i}`, body: randomBytes(size) }])),
  );
  const layers = tars.map((tar) =>
    add(gzipSync(tar), 'application/vnd.oci.image.layer.v1.tar+gzip'),
  );
  const config = add(
    json({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: tars.map((tar) => `sha256:${sha256(tar)}`) },
    }),
    'application/vnd.oci.image.config.v1+json',
  );
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = add(json({ schemaVersion: 2, mediaType, config, layers }), mediaType);
  writeFileSync(join(folder, 'index.json'), json({ schemaVersion: 2, manifests: [manifest] }));
  writeFileSync(join(folder, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  return layers.map(({ digest }) => digest);
}

/** Returns the contents of an image in that layout, by their digests. */
export function readImage(folder: string): Record<string, number> {
  const blobs = join(folder, 'blobs/sha256');
  return Object.fromEntries(
    readdirSync(blobs)
      .sort()
      .map((name) => {
        const bytes = readFileSync(join(blobs, name));
        if (sha256(bytes) !== name) throw new Error(`the content of ${name} is another`);
        return [name, bytes.length];
      }),
  );
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

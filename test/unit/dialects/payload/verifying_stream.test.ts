import { PayloadError } from '../../../../src/buckets/payload_error';
import { boundsOf } from '../../../../src/dialects/payload/checked_body';
import { sumOf } from '../../../../src/dialects/payload/checksums';
import { declaredChecksum } from '../../../../src/dialects/payload/declared';
import {
  BodyVerifier,
  verifyAll,
  verifyStream,
} from '../../../../src/dialects/payload/verifying_stream';

const CHUNKS = ['123', '', '456', '789', ''].map((text) => Buffer.from(text));
const WHOLE = Buffer.concat(CHUNKS);

async function* source() {
  for (const chunk of CHUNKS) yield await Promise.resolve(chunk);
}

async function verifierOf(text: string, length = WHOLE.length): Promise<BodyVerifier> {
  const sum = sumOf('crc32');
  sum.update(Buffer.from(text));
  const value = (await sum.digest()).toString('base64');
  return new BodyVerifier(boundsOf(length), [declaredChecksum('crc32', value)]);
}

describe('a body with empty chunks', () => {
  it('is verified whole, as a stream and at once', async () => {
    const seen: Buffer[] = [];
    for await (const chunk of verifyStream(source(), await verifierOf('123456789')))
      seen.push(chunk);
    expect(Buffer.concat(seen)).toEqual(WHOLE);
    expect(await verifyAll(source(), await verifierOf('123456789'))).toEqual(WHOLE);
  });

  it.each([
    ['has another checksum', '123456780', 9],
    ['is shorter than declared', '123456789', 10],
    ['is longer than declared', '123456789', 8],
  ])('is never let through whole if it %s', async (_, text, length) => {
    let seen = 0;
    const read = async () => {
      for await (const chunk of verifyStream(source(), await verifierOf(text, length)))
        seen += chunk.length;
    };
    await expect(read()).rejects.toThrow(PayloadError);
    expect(seen).toBeLessThan(Math.min(length, WHOLE.length));
    await expect(verifyAll(source(), await verifierOf(text, length))).rejects.toThrow(PayloadError);
  });
});

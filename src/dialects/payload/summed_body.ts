import { chunks, derivedStream, type Body } from '../../http/body';
import { sumOf, type Summed } from './checksums';

/** A body, and its checksum once it was read. */
export interface SummedBody {
  readonly body: Body;
  /**
   * Base64, by algorithm name. Empty until the body was read to its end; at once that of
   * a body that is held.
   */
  readonly sums: () => ReadonlyMap<string, string>;
}

/** Computes a checksum of a body while it is read. */
export async function sumBody(body: Body, algorithm: Summed): Promise<SummedBody> {
  const sums = new Map<string, string>();
  const sum = sumOf(algorithm);
  const end = async () => sums.set(algorithm, (await sum.digest()).toString('base64'));
  if (Buffer.isBuffer(body)) {
    sum.update(body);
    await end();
    return { body, sums: () => sums };
  }
  const stream = derivedStream(
    body,
    (async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of chunks(body)) {
        sum.update(chunk);
        yield chunk;
      }
      await end();
    })(),
  );
  return { body: stream, sums: () => sums };
}

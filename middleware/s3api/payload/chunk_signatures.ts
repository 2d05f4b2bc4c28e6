import { PayloadError } from '../../../src/buckets/payload_error';
import { isSignature, NOTHING, sha256 } from '../../../src/dialects/sigv4/canonical';
import { ALGORITHM, formatScope, type Signing } from '../../../src/dialects/sigv4/signing';
import { wrong } from '../signature/signers';

/** Judges the signatures within a body, each of which is over the one before it too, the first over the request's. */
export class ChunkSignatures {
  private previous: string;

  /** @param key what signs in the scope of the request's own signature */
  constructor(
    private readonly key: Buffer,
    private readonly signing: Signing,
    readonly signsTrailer: boolean,
  ) {
    this.previous = signing.signature;
  }

  /** @throws BadPayload */
  checkChunk(data: Buffer, signature: string): void {
    this.check(signature, 'PAYLOAD', NOTHING, sha256(data));
  }

  /** @throws BadPayload */
  checkTrailer(trailer: ReadonlyMap<string, string>, signature: string): void {
    const lines = [...trailer].map(([name, value]) => `${name}:${value}\n`).join('');
    this.check(signature, 'TRAILER', sha256(lines));
  }

  private check(signature: string, what: string, ...digests: string[]): void {
    const { timestamp, scope, accessKey } = this.signing;
    const text = [
      `${ALGORITHM}-${what}`,
      timestamp,
      formatScope(scope),
      this.previous,
      ...digests,
    ].join('\n');
    if (!isSignature(this.key, text, signature)) throw new PayloadError(wrong(accessKey));
    this.previous = signature;
  }
}

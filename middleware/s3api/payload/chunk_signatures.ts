import { PayloadError } from '../../../src/buckets/payload_error';
import { isSignature, EMPTY_SHA256, sha256 } from '../../../src/dialects/sigv4/canonical';
import { ALGORITHM, formatScope, type Signing } from '../../../src/dialects/sigv4/signing';
import { signatureMismatch } from '../signature/signers';

/**
 * Verifies the signatures within a body. Each covers the one before it, the first that of
 * the request.
 */
export class ChunkSignatures {
  private previous: string;

  /** @param key signing key for the scope of the request's own signature */
  constructor(
    private readonly key: Buffer,
    private readonly signing: Signing,
    readonly signsTrailer: boolean,
  ) {
    this.previous = signing.signature;
  }

  /** @throws PayloadError */
  checkChunk(data: Buffer, signature: string): void {
    this.check(signature, 'PAYLOAD', EMPTY_SHA256, sha256(data));
  }

  /** @throws PayloadError */
  checkTrailer(trailer: ReadonlyMap<string, string>, signature: string): void {
    const lines = [...trailer].map(([name, value]) => `${name}:${value}\n`).join('');
    this.check(signature, 'TRAILER', sha256(lines));
  }

  private check(signature: string, kind: string, ...digests: string[]): void {
    const { timestamp, scope, accessKey } = this.signing;
    const text = [
      `${ALGORITHM}-${kind}`,
      timestamp,
      formatScope(scope),
      this.previous,
      ...digests,
    ].join('\n');
    if (!isSignature(this.key, text, signature))
      throw new PayloadError(signatureMismatch(accessKey));
    this.previous = signature;
  }
}

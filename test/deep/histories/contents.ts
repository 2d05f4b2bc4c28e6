import { createHash } from 'node:crypto';
import type { Content } from './history';
import { bodyOf } from './plan';

/** The steps of a plan, of which writes matter here. */
interface Writing {
  readonly call:
    | { readonly do: 'put'; readonly content: Content; readonly size: number }
    | { readonly do: string };
}

/** The contents that a plan writes, by their bodies and checksums. */
export class Contents {
  readonly #byChecksum = new Map<string, Content>();
  readonly #bodies = new Map<Content, Buffer>();

  constructor(steps: readonly Writing[]) {
    for (const { call } of steps) {
      if (!('content' in call)) continue;
      const body = bodyOf(call.content, call.size);
      this.#bodies.set(call.content, body);
      this.#byChecksum.set(md5(body), call.content);
    }
  }

  bodyOf(content: Content): Buffer {
    return this.#bodies.get(content) ?? Buffer.alloc(0);
  }

  /** The content of a body. */
  of(body: Buffer): Content {
    return this.withChecksum(md5(body));
  }

  /** The content with an MD5, as in an ETag. */
  withChecksum(checksum: string | undefined): Content {
    const plain = checksum?.replaceAll('"', '') ?? '';
    return this.#byChecksum.get(plain) ?? `?${plain}`;
  }
}

function md5(body: Buffer): string {
  return createHash('md5').update(body).digest('hex');
}

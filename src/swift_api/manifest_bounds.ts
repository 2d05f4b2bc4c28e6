import { page } from './responses';
import type { Bounds } from './held_body';
import type { Response } from './message';

/** What a store takes in one request. */
export interface StoreLimits {
  /** Segments of a manifest that are objects; data in the manifest itself does not count. */
  readonly segments: number;
  /** Bytes of a manifest. */
  readonly bytes: number;
  /** Names in the list of a bulk delete. */
  readonly deletes: number;
}

/** Swift's own. */
export const USUAL_LIMITS: StoreLimits = {
  segments: 1000,
  bytes: 8 * 1024 * 1024,
  deletes: 10_000,
};

/**
 * The bounds of a manifest while it comes, with the answers that Swift's `slo` gives.
 *
 * @param told asks what the store takes, once a manifest is beyond what is usual
 */
export function manifestBounds(told: () => Promise<StoreLimits>): Bounds {
  const scan = new SegmentScan();
  const usual = USUAL_LIMITS;
  return {
    ofLength: async (bytes) => {
      if (bytes <= usual.bytes) return undefined;
      const max = (await told()).bytes;
      return bytes > max ? tooLong(max) : undefined;
    },
    ofContent: async (chunk) => {
      scan.add(chunk);
      if (scan.segments <= usual.segments) return undefined;
      const max = (await told()).segments;
      return scan.segments > max ? tooManySegments(max) : undefined;
    },
  };
}

/** The answer to a manifest that is longer than it may be. */
export function tooLong(max: number): Response {
  return page(413, `Manifest File > ${max} bytes`);
}

/** The answer to a manifest with more segments than it may have. */
export function tooManySegments(max: number): Response {
  return page(413, `Number of object-backed segments must be <= ${max}`);
}

const KEY = Buffer.from('path');
/** How deep the keys of segments are: in the list, and in the segment. */
const DEPTH = 2;

/**
 * Counts segments in JSON as it comes, without keeping any of it: objects in the list that have a key `path`. Keys with
 * escapes are not found; whoever reads the whole counts them.
 */
export class SegmentScan {
  segments = 0;
  private depth = 0;
  private isInText = false;
  private isEscaped = false;
  /** Whether a segment is open. */
  private isInSegment = false;
  private mayBeKey = false;
  private isCounted = false;
  /** How much of the key has been met in the text; -1: it is another text. */
  private met = -1;

  add(chunk: Buffer): void {
    for (const byte of chunk) {
      if (this.isInText) this.inText(byte);
      else this.between(byte);
    }
  }

  private inText(byte: number): void {
    if (this.isEscaped) this.isEscaped = false;
    else if (byte === 0x5c) [this.isEscaped, this.met] = [true, -1];
    else if (byte === 0x22) this.ends();
    else if (this.met >= 0) this.met = byte === KEY[this.met] ? this.met + 1 : -1;
  }

  private ends(): void {
    this.isInText = false;
    if (this.met !== KEY.length || this.isCounted) return;
    this.isCounted = true;
    this.segments++;
  }

  private between(byte: number): void {
    switch (byte) {
      case 0x22:
        this.isInText = true;
        this.met = this.mayBeKey ? 0 : -1;
        this.mayBeKey = false;
        return;
      case 0x5b:
      case 0x7b:
        if (++this.depth === DEPTH) [this.isInSegment, this.isCounted] = [byte === 0x7b, false];
        this.mayBeKey = this.isInSegment && this.depth === DEPTH;
        return;
      case 0x5d:
      case 0x7d:
        this.depth--;
        return;
      case 0x2c:
        this.mayBeKey = this.isInSegment && this.depth === DEPTH;
    }
  }
}

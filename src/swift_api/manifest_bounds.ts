import { htmlResponse } from './responses';
import type { Bounds } from './held_body';
import type { Response } from './message';

/** What a store accepts in one request. */
export interface StoreLimits {
  /**
   * Segments of a manifest that are objects; data in the manifest itself does not count.
   */
  readonly segments: number;
  /** Bytes of a manifest. */
  readonly bytes: number;
  /** Names in the list of a bulk delete. */
  readonly deletes: number;
}

/** Swift's defaults. */
export const DEFAULT_LIMITS: StoreLimits = {
  segments: 1000,
  bytes: 8 * 1024 * 1024,
  deletes: 10_000,
};

/**
 * Limits a manifest while it arrives, with the error responses of Swift's `slo`.
 *
 * @param fetchLimits asks for the store's limits; called once a manifest exceeds the
 * defaults
 */
export function manifestBounds(fetchLimits: () => Promise<StoreLimits>): Bounds {
  const scan = new SegmentScan();
  const defaults = DEFAULT_LIMITS;
  return {
    ofLength: async (bytes) => {
      if (bytes <= defaults.bytes) return undefined;
      const max = (await fetchLimits()).bytes;
      return bytes > max ? tooLong(max) : undefined;
    },
    ofContent: async (chunk) => {
      scan.add(chunk);
      if (scan.segments <= defaults.segments) return undefined;
      const max = (await fetchLimits()).segments;
      return scan.segments > max ? tooManySegments(max) : undefined;
    },
  };
}

/** The response to a manifest that is too long. */
function tooLong(max: number): Response {
  return htmlResponse(413, `Manifest File > ${max} bytes`);
}

/** The response to a manifest that is not JSON. */
export function unreadableManifest(): Response {
  return htmlResponse(400, 'Manifest must be valid JSON.\n');
}

/** The response to a manifest with too many segments. */
export function tooManySegments(max: number): Response {
  return htmlResponse(413, `Number of object-backed segments must be <= ${max}`);
}

const KEY = Buffer.from('path');
/** How deep the keys of segments are nested: in the list, and in the segment. */
const DEPTH = 2;

/**
 * Counts segments in JSON as it arrives, without keeping any of it: objects in the list
 * that have a key `path`. Misses keys with escapes; the code that parses the whole counts
 * them.
 */
class SegmentScan {
  segments = 0;
  private depth = 0;
  private isInText = false;
  private isEscaped = false;
  private isInSegment = false;
  private mayBeKey = false;
  private isCounted = false;
  /** How many bytes of the key the text has matched so far; -1 if it is another text. */
  private matchLength = -1;

  add(chunk: Buffer): void {
    for (const byte of chunk) {
      if (this.isInText) this.scanText(byte);
      else this.scanStructure(byte);
    }
  }

  private scanText(byte: number): void {
    if (this.isEscaped) this.isEscaped = false;
    else if (byte === 0x5c) [this.isEscaped, this.matchLength] = [true, -1];
    else if (byte === 0x22) this.endText();
    else if (this.matchLength >= 0)
      this.matchLength = byte === KEY[this.matchLength] ? this.matchLength + 1 : -1;
  }

  private endText(): void {
    this.isInText = false;
    if (this.matchLength !== KEY.length || this.isCounted) return;
    this.isCounted = true;
    this.segments++;
  }

  private scanStructure(byte: number): void {
    switch (byte) {
      case 0x22:
        this.isInText = true;
        this.matchLength = this.mayBeKey ? 0 : -1;
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

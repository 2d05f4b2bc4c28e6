import type { IncomingMessage } from 'node:http';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A part of a connection's bytes that is passed to a parser on its own. */
export interface Part {
  /** Whether its last byte has arrived. */
  readonly isComplete: boolean;
  /** Consumes its bytes from `from` on; returns the index after the last one. */
  take(bytes: Buffer, from: number): number;
}

/** The head of a message, or empty lines before one: ends with the first empty line. */
export class Head implements Part {
  isComplete = false;

  /**
   * @param tail the end of the preceding bytes, if it may be the start of an empty line
   */
  constructor(private tail: 'other' | 'line' | 'return' = 'other') {}

  take(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === LINE_FEED) {
        this.isComplete = this.tail !== 'other';
        if (this.isComplete) return at + 1;
        this.tail = 'line';
      } else {
        this.tail = byte === CARRIAGE_RETURN && this.tail === 'line' ? 'return' : 'other';
      }
    }
    return bytes.length;
  }
}

/** A body of known length. */
class FixedLength implements Part {
  constructor(private rest: number) {}

  get isComplete(): boolean {
    return this.rest <= 0;
  }

  take(bytes: Buffer, from: number): number {
    const length = Math.min(this.rest, bytes.length - from);
    this.rest -= length;
    return from + length;
  }
}

/** A chunked body, with its trailer. */
class Chunked implements Part {
  /** Remaining bytes of a chunk, with the end of its line. */
  private rest = 0;
  private size = 0;
  private isInSize = true;
  private trailer: Head | undefined;

  get isComplete(): boolean {
    return this.trailer?.isComplete === true;
  }

  take(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && !this.isComplete) {
      if (this.trailer) {
        at = this.trailer.take(bytes, at);
      } else if (this.rest > 0) {
        const length = Math.min(this.rest, bytes.length - at);
        this.rest -= length;
        at += length;
      } else {
        this.takeOfLine(bytes[at] ?? 0);
        at++;
      }
    }
    return at;
  }

  private takeOfLine(byte: number): void {
    if (byte === LINE_FEED) {
      if (this.size === 0) this.trailer = new Head('line');
      else this.rest = this.size + 2;
      this.size = 0;
      this.isInSize = true;
      return;
    }
    const digit = this.isInSize ? parseInt(String.fromCharCode(byte), 16) : NaN;
    this.isInSize = !Number.isNaN(digit);
    if (this.isInSize) this.size = this.size * 16 + digit;
  }
}

/** Returns the body that a request declares. */
export function declaredBody({ headers }: IncomingMessage): Part {
  if (headers['transfer-encoding'] !== undefined) return new Chunked();
  return new FixedLength(Number(headers['content-length'] ?? 0));
}

import type { IncomingMessage } from 'node:http';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A part of a connection's bytes that a parser is given by itself. */
export interface Part {
  /** Whether its last byte has come. */
  readonly isOver: boolean;
  /** Takes what belongs to it of some bytes, from an index on; returns the index behind. */
  take(bytes: Buffer, from: number): number;
}

/** The head of a message, or empty lines before one: it ends with the first empty line. */
export class Head implements Part {
  isOver = false;

  /** @param tail what the bytes before it end with, as far as that is the beginning of an empty line */
  constructor(private tail: 'other' | 'line' | 'return' = 'other') {}

  take(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === LINE_FEED) {
        this.isOver = this.tail !== 'other';
        if (this.isOver) return at + 1;
        this.tail = 'line';
      } else {
        this.tail = byte === CARRIAGE_RETURN && this.tail === 'line' ? 'return' : 'other';
      }
    }
    return bytes.length;
  }
}

/** A body whose length is known. */
class Measured implements Part {
  constructor(private rest: number) {}

  get isOver(): boolean {
    return this.rest <= 0;
  }

  take(bytes: Buffer, from: number): number {
    const taken = Math.min(this.rest, bytes.length - from);
    this.rest -= taken;
    return from + taken;
  }
}

/** A body in chunks, with its trailer. */
class Chunked implements Part {
  /** Bytes to come of a chunk, with the end of the line behind it. */
  private rest = 0;
  private size = 0;
  private isInSize = true;
  private trailer: Head | undefined;

  get isOver(): boolean {
    return this.trailer?.isOver === true;
  }

  take(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && !this.isOver) {
      if (this.trailer) {
        at = this.trailer.take(bytes, at);
      } else if (this.rest > 0) {
        const taken = Math.min(this.rest, bytes.length - at);
        this.rest -= taken;
        at += taken;
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

/** The body that a request announces. */
export function bodyOf({ headers }: IncomingMessage): Part {
  if (headers['transfer-encoding'] !== undefined) return new Chunked();
  return new Measured(Number(headers['content-length'] ?? 0));
}

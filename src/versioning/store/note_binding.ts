import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import {
  NOTE_HEADERS,
  NOTE_KINDS,
  TIMESTAMP,
  wordsOf,
  type NoteKind,
  type Notes,
} from './recovery_notes';
import type { ObjectRef } from './store';

/** What a note is signed as: another form of what is signed needs another name. */
const FORM = 'hindsight note 1';
/** Bytes that are kept of a SHA-256. */
const LENGTH = 16;
/** `~TAG`, or `~TIME~TAG` with a time in seconds. It is no timestamp, so that 0.1.0 reads past it. */
const TOKEN = /^~(?:(\d+)~)?([A-Za-z0-9_-]{22})$/;
/**
 * Seconds by which an object's own time may differ from when its note was written: a copy takes so long at most, and clocks
 * differ by no more.
 */
const WINDOW = 3600;

/** How notes are bound, and what counts of those that are not. */
export interface NoteRules {
  /** The first signs; notes signed with any of them count. None: a plain hash binds, which anybody can compute. */
  readonly keys: readonly string[];
  /** What of `Notes.unbound` counts. */
  readonly unbound: 'accept' | 'ignore';
}

/** What a note is to the object that has it. */
type Relation = 'bound' | 'unbound' | 'foreign';

/** A note that counts. */
interface Counting {
  readonly words: readonly string[];
  readonly isBound: boolean;
}

/**
 * Binds notes to the object that they are written with, and decides which of an object's notes are its own: what a copy brings along is
 * bound to another object, and what somebody has written at the store is bound to none, unless they know the key.
 *
 * A note is bound to its kind, its words, its object, and the archive in which it names entries. What removes entries is also bound to
 * the time of the write, which the object's own time must be near: so that an old note counts no more if it comes back to its object.
 */
export class NoteBinding {
  /**
   * @param archive the container in which the notes name entries
   */
  constructor(
    private readonly rules: NoteRules = { keys: [], unbound: 'accept' },
    private readonly archive: ByteString = '',
  ) {}

  /** The same for the notes of a container with that archive. */
  for(archive: ByteString): NoteBinding {
    return new NoteBinding(this.rules, archive);
  }

  /**
   * The headers that write notes on an object. What is no timestamp is left out, and what is said to be unbound stays so.
   *
   * @param now the store's time in milliseconds since 1970
   */
  headersOf(notes: Notes, at: ObjectRef, now: number): Headers {
    const fields = NOTE_KINDS.map(
      (kind) => [NOTE_HEADERS[kind], this.valueOf(kind, notes, at, now)] as const,
    );
    return Headers.of(Object.fromEntries(fields));
  }

  /**
   * The notes among an object's headers that count; what is no timestamp is none.
   *
   * @param timestamp the object's own
   */
  notesIn(headers: Headers, at: ObjectRef, timestamp: string): Notes {
    const read = (kind: NoteKind) =>
      this.read(kind, headers.get(NOTE_HEADERS[kind]), at, timestamp);
    const [previous, restored, deletes] = [read('previous'), read('restored'), read('deletes')];
    const operation = read('operation');
    const unbound = Object.entries({ previous, restored }).flatMap(([kind, note]) =>
      note?.isBound === false ? [kind as 'previous' | 'restored'] : [],
    );
    return {
      ...(previous ? { previous: previous.words[0] } : {}),
      ...(restored ? { restored: restored.words } : {}),
      // this and the next only ever remove markers
      ...(deletes?.isBound ? { deletes: deletes.words[0] } : {}),
      ...(read('unfinished')?.isBound ? { unfinished: true as const } : {}),
      ...(operation?.isBound ? { operation: operation.words[0] } : {}),
      ...(unbound.length === 0 ? {} : { unbound }),
    };
  }

  private valueOf(kind: NoteKind, notes: Notes, at: ObjectRef, now: number): string | undefined {
    const words = wordsOf(kind, notes)?.filter((each) => TIMESTAMP.test(each));
    if (words === undefined || (words.length === 0 && kind !== 'unfinished')) return undefined;
    if (notes.unbound?.some((each) => each === kind)) return words.join(' ');
    const time = isTimed(kind) ? String(Math.floor(now / 1000)) : undefined;
    const tag = digest(this.rules.keys[0], this.text(kind, words, at, time)).toString('base64url');
    return [...words, time === undefined ? `~${tag}` : `~${time}~${tag}`].join(' ');
  }

  private read(
    kind: NoteKind,
    value: string | undefined,
    at: ObjectRef,
    timestamp: string,
  ): Counting | undefined {
    const words = value?.split(' ') ?? [];
    const token = words.at(-1)?.startsWith('~') ? words.pop() : undefined;
    const timestamps = words.filter((each) => TIMESTAMP.test(each));
    if (value === undefined || (timestamps.length === 0 && kind !== 'unfinished')) return undefined;
    const relation =
      token === undefined ? 'unbound' : this.judge(kind, words, at, timestamp, token);
    const counts =
      relation === 'bound' || (relation === 'unbound' && this.rules.unbound === 'accept');
    return counts ? { words: timestamps, isBound: relation === 'bound' } : undefined;
  }

  /** Whose a note is that has a token. A plain hash is as good as none if there is a key. */
  private judge(
    kind: NoteKind,
    words: readonly string[],
    at: ObjectRef,
    timestamp: string,
    token: string,
  ): Relation {
    const [, time, tag] = TOKEN.exec(token) ?? [];
    if (tag === undefined || (time !== undefined) !== isTimed(kind)) return 'foreign';
    if (time !== undefined && !isNear(Number(timestamp), Number(time))) return 'foreign';
    const text = this.text(kind, words, at, time);
    const bytes = Buffer.from(tag, 'base64url');
    const isSignedWith = (key: string | undefined) => timingSafeEqual(digest(key, text), bytes);
    const { keys } = this.rules;
    if (keys.length === 0) return isSignedWith(undefined) ? 'bound' : 'foreign';
    if (keys.some(isSignedWith)) return 'bound';
    return isSignedWith(undefined) ? 'unbound' : 'foreign';
  }

  private text(
    kind: NoteKind,
    words: readonly string[],
    { account, container, object }: ObjectRef,
    time: string | undefined,
  ): string {
    return JSON.stringify([
      FORM,
      kind,
      account,
      container,
      object,
      this.archive,
      words,
      time ?? '',
    ]);
  }
}

/** What removes entries is good for the write that it came with, and not for later ones. */
function isTimed(kind: NoteKind): boolean {
  return kind === 'restored';
}

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= WINDOW;
}

function digest(key: string | undefined, text: string): Buffer {
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  return hash.update(text).digest().subarray(0, LENGTH);
}

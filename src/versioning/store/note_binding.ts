import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import {
  NOTE_HEADERS,
  NOTE_KINDS,
  TIMESTAMP,
  wordsOf,
  type NoteKind,
  type RecoveryNotes,
} from './recovery_notes';
import type { ObjectRef } from './store';

/** The format of the signed text; to be changed with it. */
const FORMAT = 'hindsight note 1';
/** Bytes of a tag, which is a truncated SHA-256. */
const TAG_LENGTH = 16;
/** `~TAG`, or `~TIME~TAG` in seconds. Not a timestamp, so that 0.1.0 skips it. */
const TOKEN = /^~(?:(\d+)~)?([A-Za-z0-9_-]{22})$/;
/**
 * Max seconds between an object's own time and the time of its note: no copy takes
 * longer, and clocks differ by less.
 */
const WINDOW = 3600;

/** How notes are bound, and whether unbound notes count. */
export interface NoteRules {
  /**
   * The first signs; notes signed with any of them count. If there are none a plain hash
   * binds, which anybody can compute.
   */
  readonly keys: readonly string[];
  /** Whether the notes in `RecoveryNotes.unbound` count. */
  readonly unbound: 'accept' | 'ignore';
}

/** The relation of a note to the object that carries it. */
type Relation = 'bound' | 'unbound' | 'foreign';

/** A note that counts. */
interface CountedNote {
  readonly words: readonly string[];
  readonly isBound: boolean;
}

/**
 * Binds notes to the object that they are written with, and decides which of an object's
 * notes are its own. Notes that came with a copy are bound to another object; notes
 * written directly to the store are bound to none, unless the writer knows the key.
 *
 * A note is bound to its kind, its words, its object, and the archive in which it names
 * entries. A note that removes entries is also bound to the time of the write, which must
 * be near the object's own time, so that an old note that is copied back to its object
 * does not count.
 */
export class NoteBinding {
  /** @param archive the container in which the notes name entries */
  constructor(
    private readonly rules: NoteRules = { keys: [], unbound: 'accept' },
    private readonly archive: ByteString = '',
  ) {}

  /** Returns the binding for the notes of a container with that archive. */
  forArchive(archive: ByteString): NoteBinding {
    return new NoteBinding(this.rules, archive);
  }

  /**
   * Returns the headers that write notes on an object. Leaves out words that are no
   * timestamps; notes listed as unbound stay unbound.
   *
   * @param now the store's time in milliseconds since 1970
   */
  noteHeaders(notes: RecoveryNotes, at: ObjectRef, now: number): Headers {
    const fields = NOTE_KINDS.map(
      (kind) => [NOTE_HEADERS[kind], this.formatNote(kind, notes, at, now)] as const,
    );
    return Headers.of(Object.fromEntries(fields));
  }

  /**
   * Returns the notes in an object's headers that count. Words that are no timestamps are
   * ignored.
   *
   * @param timestamp the object's own timestamp
   */
  readNotes(headers: Headers, at: ObjectRef, timestamp: string): RecoveryNotes {
    const read = (kind: NoteKind) =>
      this.readNote(kind, headers.get(NOTE_HEADERS[kind]), at, timestamp);
    const [previous, restored, deletes] = [read('previous'), read('restored'), read('deletes')];
    const operation = read('operation');
    const unbound = Object.entries({ previous, restored }).flatMap(([kind, note]) =>
      note?.isBound === false ? [kind as 'previous' | 'restored'] : [],
    );
    return {
      ...(previous ? { previous: previous.words[0] } : {}),
      ...(restored ? { restored: restored.words } : {}),
      // this note and the next one only remove markers
      ...(deletes?.isBound ? { deletes: deletes.words[0] } : {}),
      ...(read('unfinished')?.isBound ? { unfinished: true as const } : {}),
      ...(operation?.isBound ? { operation: operation.words[0] } : {}),
      ...(unbound.length === 0 ? {} : { unbound }),
    };
  }

  private formatNote(
    kind: NoteKind,
    notes: RecoveryNotes,
    at: ObjectRef,
    now: number,
  ): string | undefined {
    const words = wordsOf(kind, notes)?.filter((each) => TIMESTAMP.test(each));
    if (words === undefined || (words.length === 0 && kind !== 'unfinished')) return undefined;
    if (notes.unbound?.some((each) => each === kind)) return words.join(' ');
    const time = isTimed(kind) ? String(Math.floor(now / 1000)) : undefined;
    const tag = digest(this.rules.keys[0], this.signedText(kind, words, at, time)).toString(
      'base64url',
    );
    return [...words, time === undefined ? `~${tag}` : `~${time}~${tag}`].join(' ');
  }

  private readNote(
    kind: NoteKind,
    value: string | undefined,
    at: ObjectRef,
    timestamp: string,
  ): CountedNote | undefined {
    const words = value?.split(' ') ?? [];
    const token = words.at(-1)?.startsWith('~') ? words.pop() : undefined;
    const timestamps = words.filter((each) => TIMESTAMP.test(each));
    if (value === undefined || (timestamps.length === 0 && kind !== 'unfinished')) return undefined;
    const relation =
      token === undefined ? 'unbound' : this.relationOf(kind, words, at, timestamp, token);
    const counts =
      relation === 'bound' || (relation === 'unbound' && this.rules.unbound === 'accept');
    return counts ? { words: timestamps, isBound: relation === 'bound' } : undefined;
  }

  /** Returns the relation of a note with a token. With keys a plain hash is worthless. */
  private relationOf(
    kind: NoteKind,
    words: readonly string[],
    at: ObjectRef,
    timestamp: string,
    token: string,
  ): Relation {
    const [, time, tag] = TOKEN.exec(token) ?? [];
    if (tag === undefined || (time !== undefined) !== isTimed(kind)) return 'foreign';
    if (time !== undefined && !isNear(Number(timestamp), Number(time))) return 'foreign';
    const text = this.signedText(kind, words, at, time);
    const bytes = Buffer.from(tag, 'base64url');
    const isSignedWith = (key: string | undefined) => timingSafeEqual(digest(key, text), bytes);
    const { keys } = this.rules;
    if (keys.length === 0) return isSignedWith(undefined) ? 'bound' : 'foreign';
    if (keys.some(isSignedWith)) return 'bound';
    return isSignedWith(undefined) ? 'unbound' : 'foreign';
  }

  private signedText(
    kind: NoteKind,
    words: readonly string[],
    { account, container, object }: ObjectRef,
    time: string | undefined,
  ): string {
    return JSON.stringify([
      FORMAT,
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

/** Notes that remove entries are valid only for the write that they came with. */
function isTimed(kind: NoteKind): boolean {
  return kind === 'restored';
}

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= WINDOW;
}

function digest(key: string | undefined, text: string): Buffer {
  const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  return hash.update(text).digest().subarray(0, TAG_LENGTH);
}

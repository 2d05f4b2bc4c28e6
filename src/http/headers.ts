import type { ByteString } from './bytes';

/**
 * An immutable list of header fields in their original order and spelling, duplicates
 * included. Names are compared as WSGI servers compare them: case-insensitively, and with
 * `_` equal to `-` (Swift's server takes `X_Copy_From` for `X-Copy-From`, so a filter
 * that did not could be bypassed).
 */
export class Headers {
  /** No fields. */
  static readonly none = new Headers([]);

  private constructor(private readonly fields: readonly Field[]) {}

  /** From Node's `rawHeaders`: names and values alternate. */
  static fromRaw(raw: readonly string[]): Headers {
    const fields: Field[] = [];
    for (let i = 0; i + 1 < raw.length; i += 2)
      fields.push(makeField(raw[i] ?? '', raw[i + 1] ?? ''));
    return new Headers(fields);
  }

  /** From a record; undefined values are omitted. */
  static of(record: Readonly<Record<string, ByteString | undefined>>): Headers {
    const fields: Field[] = [];
    for (const [name, value] of Object.entries(record))
      if (value !== undefined) fields.push(makeField(name, value));
    return new Headers(fields);
  }

  /** Normalizes a name for comparison. */
  static key(name: string): string {
    const lower = name.toLowerCase();
    return lower.includes('_') ? lower.replaceAll('_', '-') : lower;
  }

  /** The value, or several values joined by commas, or undefined. */
  get(name: string): ByteString | undefined {
    const key = Headers.key(name);
    let value: string | undefined;
    for (const field of this.fields) {
      if (field.key === key) value = value === undefined ? field.value : `${value},${field.value}`;
    }
    return value;
  }

  /**
   * All values by normalized name, those of one name joined by commas; for many look-ups.
   */
  byName(): Map<string, ByteString> {
    return joinValues(this.fields, ({ key }) => key);
  }

  /** Like `byName`, but by the spelling in lower case: `_` is not `-` here. */
  bySpelling(): Map<string, ByteString> {
    return joinValues(this.fields, ({ name }) => name.toLowerCase());
  }

  has(name: string): boolean {
    const key = Headers.key(name);
    return this.fields.some((field) => field.key === key);
  }

  /** Returns the first normalized name that passes `test`. */
  find(test: (key: string) => boolean): string | undefined {
    return this.fields.find(({ key }) => test(key))?.key;
  }

  /** Returns these headers with one field set, replacing all of that name. */
  with(name: string, value: ByteString): Headers {
    const set = makeField(name, value);
    const fields = this.fields.filter(({ key }) => key !== set.key);
    fields.push(set);
    return new Headers(fields);
  }

  /** Returns these headers with all fields of `others` set. */
  withAll(others: Headers): Headers {
    if (others.fields.length === 0) return this;
    const keys = new Set(others.fields.map(({ key }) => key));
    return new Headers([...this.fields.filter(({ key }) => !keys.has(key)), ...others.fields]);
  }

  /** Returns these headers without the named fields. */
  without(...names: string[]): Headers {
    const keys = names.map((name) => Headers.key(name));
    return this.filter((key) => !keys.includes(key));
  }

  /** Returns only the named fields. */
  only(...names: string[]): Headers {
    const keys = names.map((name) => Headers.key(name));
    return this.filter((key) => keys.includes(key));
  }

  /**
   * Returns the fields that pass `test`, which gets the normalized and the original name;
   * the same object if all pass.
   */
  filter(test: (key: string, name: string) => boolean): Headers {
    const fields = this.fields.filter(({ key, name }) => test(key, name));
    return fields.length === this.fields.length ? this : new Headers(fields);
  }

  /** Yields the normalized name and the value of each field. */
  *entries(): Generator<[key: string, value: ByteString]> {
    for (const { key, value } of this.fields) yield [key, value];
  }

  /**
   * Names and values alternate, as Node and undici expect. Content-Length is last: Node
   * would take a Content-Disposition after it for text and re-encode it.
   */
  toRaw(): string[] {
    const raw: string[] = [];
    let length: Field | undefined;
    for (const each of this.fields) {
      if (each.key === 'content-length') length = each;
      else raw.push(each.name, each.value);
    }
    if (length) raw.push(length.name, length.value);
    return raw;
  }
}

/** A field; `key` is the normalized name. */
interface Field {
  readonly name: string;
  readonly value: ByteString;
  readonly key: string;
}

function joinValues(
  fields: readonly Field[],
  nameOf: (field: Field) => string,
): Map<string, ByteString> {
  const values = new Map<string, ByteString>();
  for (const each of fields) {
    const name = nameOf(each);
    const previous = values.get(name);
    values.set(name, previous === undefined ? each.value : `${previous},${each.value}`);
  }
  return values;
}

function makeField(name: string, value: ByteString): Field {
  return { name, value, key: Headers.key(name) };
}

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Names that WSGI servers read in this spelling only: Swift's eventlet ignores
 * `Content_Type`.
 */
const READ_AS_SPELLED = new Set(['content-length', 'content-type']);

/**
 * Returns the fields that may be forwarded (RFC 9110, 7.6.1). Removes hop-by-hop fields,
 * those listed in Connection, and other spellings of Content-Length and Content-Type. The
 * next sender frames the message, so that no two readers can disagree about its end, or
 * about whether it is a form.
 */
export function endToEndHeaders(headers: Headers): Headers {
  const connection = headers.get('connection');
  const listedNames = connection === undefined ? NO_NAMES : parseConnection(connection);
  return headers.filter(
    (key, name) =>
      !HOP_BY_HOP.has(key) &&
      !listedNames.has(key) &&
      !(READ_AS_SPELLED.has(key) && name.includes('_')),
  );
}

const NO_NAMES: ReadonlySet<string> = new Set();

/**
 * The names in Connection, except Host and Content-Length: a message's destination and
 * its end cannot be removed this way.
 */
function parseConnection(connection: string): ReadonlySet<string> {
  // a hop-by-hop name itself
  if (/^keep-alive$/i.test(connection)) return NO_NAMES;
  const names = connection.split(',').map((name) => Headers.key(name.trim()));
  return new Set(names.filter((name) => name !== 'content-length' && name !== 'host'));
}

const CREDENTIALS = ['x-auth-token', 'x-storage-token', 'x-service-token', 'authorization'];

/** Returns the fields that authenticate a Swift client. */
export function credentialHeaders(headers: Headers): Headers {
  return headers.only(...CREDENTIALS);
}

/** Returns the fields without those that authenticate a Swift client. */
export function withoutCredentialHeaders(headers: Headers): Headers {
  return headers.without(...CREDENTIALS);
}

import type { ByteString } from './bytes';

/**
 * An immutable list of header fields, in the order and spelling in which they came, duplicates kept. Names are compared
 * as WSGI servers compare them: without regard to case, and `_` equal to `-` (Swift's server takes `X_Copy_From` for
 * `X-Copy-From`, so a filter that did not would be walked around).
 */
export class Headers {
  /** No fields at all. */
  static readonly none = new Headers([]);

  private constructor(private readonly fields: readonly Field[]) {}

  /** From Node's `rawHeaders`: names and values in turn. */
  static fromRaw(raw: readonly string[]): Headers {
    const fields: Field[] = [];
    for (let i = 0; i + 1 < raw.length; i += 2) fields.push(field(raw[i] ?? '', raw[i + 1] ?? ''));
    return new Headers(fields);
  }

  /** From a record; fields without a value are left out. */
  static of(record: Readonly<Record<string, ByteString | undefined>>): Headers {
    return new Headers(
      Object.entries(record).flatMap(([name, value]) =>
        value === undefined ? [] : [field(name, value)],
      ),
    );
  }

  /** The form in which two names are compared. */
  static key(name: string): string {
    const lower = name.toLowerCase();
    return lower.includes('_') ? lower.replaceAll('_', '-') : lower;
  }

  /** The value, or the values joined by a comma, or undefined. */
  get(name: string): ByteString | undefined {
    const key = Headers.key(name);
    let found: string | undefined;
    for (const field of this.fields) {
      if (field.key === key) found = found === undefined ? field.value : `${found},${field.value}`;
    }
    return found;
  }

  /** All values by their names in comparable form, those of one name joined by a comma: for whoever wants many of them. */
  byName(): Map<string, ByteString> {
    return joined(this.fields, ({ key }) => key);
  }

  /** The same by the names as they are spelled, in lower case: here `_` is not `-`. */
  bySpelling(): Map<string, ByteString> {
    return joined(this.fields, ({ name }) => name.toLowerCase());
  }

  has(name: string): boolean {
    const key = Headers.key(name);
    return this.fields.some((field) => field.key === key);
  }

  /** These headers with one field set, replacing all of that name. */
  with(name: string, value: ByteString): Headers {
    return new Headers([...this.without(name).fields, field(name, value)]);
  }

  /** These headers with all fields of the others set. */
  withAll(others: Headers): Headers {
    const keys = new Set(others.fields.map(({ key }) => key));
    return new Headers([...this.filter((key) => !keys.has(key)).fields, ...others.fields]);
  }

  /** These headers less the named ones. */
  without(...names: string[]): Headers {
    const keys = new Set(names.map((name) => Headers.key(name)));
    return this.filter((key) => !keys.has(key));
  }

  /** Only the named fields. */
  only(...names: string[]): Headers {
    const keys = new Set(names.map((name) => Headers.key(name)));
    return this.filter((key) => keys.has(key));
  }

  /** The fields that pass, by their comparable name and by the name as it came; the same object where all do. */
  filter(test: (key: string, name: string) => boolean): Headers {
    const kept = this.fields.filter(({ key, name }) => test(key, name));
    return kept.length === this.fields.length ? this : new Headers(kept);
  }

  /** Name and value of each field, names in their comparable form. */
  *entries(): Generator<[key: string, value: ByteString]> {
    for (const { key, value } of this.fields) yield [key, value];
  }

  /**
   * Names and values in turn, as Node and undici take them. Content-Length is the last: a Content-Disposition after it Node would take
   * for text and encode anew.
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

/** A field; the key is its name's comparable form. */
interface Field {
  readonly name: string;
  readonly value: ByteString;
  readonly key: string;
}

function joined(
  fields: readonly Field[],
  nameOf: (field: Field) => string,
): Map<string, ByteString> {
  const values = new Map<string, ByteString>();
  for (const each of fields) {
    const name = nameOf(each);
    const before = values.get(name);
    values.set(name, before === undefined ? each.value : `${before},${each.value}`);
  }
  return values;
}

function field(name: string, value: ByteString): Field {
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

/** What WSGI servers read only as it is spelled here: eventlet, Swift's, ignores `Content_Type`. */
const READ_AS_SPELLED = new Set(['content-length', 'content-type']);

/**
 * The fields that may travel on to the next connection (RFC 9110, 7.6.1): not the hop-by-hop ones, nor those that
 * Connection names, nor other spellings of Content-Length and Content-Type. The framing of the message is the next sender's to
 * write, so that no two readers of it can disagree; nor may they about whether it is a form.
 */
export function endToEnd(headers: Headers): Headers {
  const connection = headers.get('connection');
  const named = connection === undefined ? NONE : namedIn(connection);
  return headers.filter(
    (key, name) =>
      !HOP_BY_HOP.has(key) && !named.has(key) && !(READ_AS_SPELLED.has(key) && name.includes('_')),
  );
}

const NONE: ReadonlySet<string> = new Set();

/** What Connection names; what says to whom a message goes and where it ends cannot be taken away so. */
function namedIn(connection: string): ReadonlySet<string> {
  const names = connection.split(',').map((name) => Headers.key(name.trim()));
  return new Set(names.filter((name) => name !== 'content-length' && name !== 'host'));
}

const CREDENTIALS = ['x-auth-token', 'x-storage-token', 'x-service-token', 'authorization'];

/** The fields by which a client of Swift shows who it is. */
export function credentials(headers: Headers): Headers {
  return headers.only(...CREDENTIALS);
}

import type { ByteString } from './bytes';

/**
 * An immutable list of header fields, in the order and spelling in which they came, duplicates kept. Names are compared
 * as WSGI servers compare them: without regard to case, and `_` equal to `-` (Swift's server takes `X_Copy_From` for
 * `X-Copy-From`, so a filter that did not would be walked around).
 */
export class Headers {
  /** No fields at all. */
  static readonly none = new Headers([]);

  private constructor(private readonly fields: readonly (readonly [name: string, value: ByteString])[]) {}

  /** From Node's `rawHeaders`: names and values in turn. */
  static fromRaw(raw: readonly string[]): Headers {
    const fields: [string, string][] = [];
    for (let i = 0; i + 1 < raw.length; i += 2) fields.push([raw[i] ?? '', raw[i + 1] ?? '']);
    return new Headers(fields);
  }

  /** From a record; fields without a value are left out. */
  static of(record: Readonly<Record<string, ByteString | undefined>>): Headers {
    return new Headers(
      Object.entries(record).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      ),
    );
  }

  /** The form in which two names are compared. */
  static key(name: string): string {
    return name.toLowerCase().replaceAll('_', '-');
  }

  /** The value, or the values joined by a comma, or undefined. */
  get(name: string): ByteString | undefined {
    const key = Headers.key(name);
    let found: string | undefined;
    for (const [field, value] of this.fields) {
      if (Headers.key(field) === key) found = found === undefined ? value : `${found},${value}`;
    }
    return found;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** These headers with one field set, replacing all of that name. */
  with(name: string, value: ByteString): Headers {
    return new Headers([...this.without(name).fields, [name, value]]);
  }

  /** These headers with all fields of the others set. */
  withAll(others: Headers): Headers {
    const names = new Set(others.fields.map(([name]) => Headers.key(name)));
    return new Headers([...this.filter((name) => !names.has(name)).fields, ...others.fields]);
  }

  /** These headers less the named ones. */
  without(...names: string[]): Headers {
    const keys = new Set(names.map((name) => Headers.key(name)));
    return this.filter((name) => !keys.has(name));
  }

  /** Only the named fields. */
  only(...names: string[]): Headers {
    const keys = new Set(names.map((name) => Headers.key(name)));
    return this.filter((name) => keys.has(name));
  }

  /** The fields whose comparable name passes; the same object where all do. */
  filter(test: (key: string, value: ByteString) => boolean): Headers {
    const kept = this.fields.filter(([name, value]) => test(Headers.key(name), value));
    return kept.length === this.fields.length ? this : new Headers(kept);
  }

  /** Name and value of each field, names in their comparable form. */
  *entries(): Generator<[key: string, value: ByteString]> {
    for (const [name, value] of this.fields) yield [Headers.key(name), value];
  }

  /** Names and values in turn, as Node and undici take them. */
  toRaw(): string[] {
    return this.fields.flatMap(([name, value]) => [name, value]);
  }
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
 * The fields that may travel on to the next connection (RFC 9110, 7.6.1): not the hop-by-hop ones, nor those that
 * Connection names. The length and the framing of the message are the next sender's to write, so that no two readers
 * of it can disagree.
 */
export function endToEnd(headers: Headers): Headers {
  const named = new Set(
    (headers.get('connection') ?? '')
      .split(',')
      .map((name) => Headers.key(name.trim()))
      .filter((name) => name !== 'content-length' && name !== 'host'),
  );
  return headers.filter((name) => !HOP_BY_HOP.has(name) && !named.has(name));
}

const CREDENTIALS = ['x-auth-token', 'x-storage-token', 'x-service-token', 'authorization'];

/** The fields by which a client of Swift shows who it is. */
export function credentials(headers: Headers): Headers {
  return headers.only(...CREDENTIALS);
}

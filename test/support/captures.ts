import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Headers } from '../../src/http/headers';

/** A request of a real client, as it was recorded on the wire. */
export interface Captured {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** The requests of a file in test/captures. */
export function captures(name: string): Captured[] {
  const text = readFileSync(join(__dirname, '../captures', name), 'latin1');
  return text.split('-----8<-----\n').flatMap((each) => (each.trim() === '' ? [] : [parse(each)]));
}

function parse(text: string): Captured {
  const at = text.search(/\r?\n\r?\n/);
  const [first = '', ...lines] = text.slice(0, at).split(/\r?\n/);
  const [method = '', target = ''] = first.split(' ');
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const raw = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const body = text
    .slice(at)
    .replace(/^\r?\n\r?\n/, '')
    .replace(/\n$/, '');
  return { method, path, query, headers: Headers.fromRaw(raw), body: Buffer.from(body, 'latin1') };
}

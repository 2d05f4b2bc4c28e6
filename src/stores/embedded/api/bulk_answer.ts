import { Headers } from '../../../http/headers';
import type { Request, Response } from '../../../http/message';

export { statusLine } from '../../../http/answers';

/** What went wrong with one of many: its quoted name, and the status or reason. */
export type Problem = readonly [name: string, reason: string];

const TYPES = ['text/plain', 'application/json', 'application/xml', 'text/xml'];

/** The form in which a client wants to be told of many objects (`ACCEPTABLE_FORMATS`). */
export function bulkType({ headers }: Request): string {
  const accept = (headers.get('accept') ?? '').split(',').map((each) => (each.split(';')[0] ?? '').trim());
  return TYPES.find((type) => accept.includes(type)) ?? 'text/plain';
}

/** An answer that tells of many objects (Swift's `bulk.get_response_body`). */
export function bulkAnswer(
  status: number,
  type: string,
  facts: Readonly<Record<string, string | number>>,
  problems: readonly Problem[],
  root: string,
): Response {
  const body = Buffer.from(render(type, facts, problems, root), 'utf8');
  const headers = Headers.of({ 'Content-Type': type, 'Content-Length': String(body.length) });
  return { status, headers, body };
}

/** The body of such an answer. */
export function render(
  type: string,
  facts: Readonly<Record<string, string | number>>,
  problems: readonly Problem[],
  root: string,
): string {
  if (type === 'application/json') return JSON.stringify({ ...facts, Errors: problems });
  const sorted = Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1));
  if (!type.endsWith('/xml')) {
    const lines = [
      ...sorted.map(([key, value]) => `${key}: ${value}`),
      'Errors:',
      ...problems.map((each) => each.join(', ')),
    ];
    return lines.map((line) => `${line}\n`).join('');
  }
  const tags = sorted.map(([key, value]) => {
    const tag = key.replaceAll(' ', '_').toLowerCase();
    return `<${tag}>${escaped(String(value))}</${tag}>\n`;
  });
  const errors = problems.map(
    ([name, why]) => `<object><name>${escaped(name)}</name><status>${escaped(why)}</status></object>\n`,
  );
  return `<${root}>\n${tags.join('')}<errors>\n${errors.join('')}</errors>\n</${root}>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

import { bestMatch, FORMATS, parseAccept } from '../../http/accept';
import { quote, type ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { Request, Response } from '../message';
import { pythonJson } from '../../formats/python_json';
import { statusLine } from '../reasons';

/** What went wrong with one of many: its quoted name, and the status or reason. */
export type Problem = readonly [name: string, reason: string];

/** What is told of all of them, in the order in which JSON tells it. */
export type Facts = Readonly<Record<string, string | number>>;

/** The form in which a client wants to be told of many objects; undefined where it takes none that there is. */
export function bulkType({ headers }: Request): string | undefined {
  const accepted = parseAccept(headers.get('accept'));
  return accepted && bestMatch(accepted, FORMATS);
}

/** An answer that tells of many objects. */
export function bulkAnswer(
  status: number,
  type: string,
  facts: Facts,
  problems: readonly Problem[],
  root: string,
): Response {
  const body = Buffer.from(render(type, facts, problems, root));
  const headers = Headers.of({ 'Content-Type': type, 'Content-Length': String(body.length) });
  return { status, headers, body };
}

/** The body of such an answer (Swift's `bulk.get_response_body`): plain text, unless the type is JSON's or XML's. */
export function render(
  type: string | undefined,
  facts: Facts,
  problems: readonly Problem[],
  root: string,
): string {
  if (type === 'application/json') return pythonJson({ ...facts, Errors: problems });
  const sorted = Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1));
  if (!type?.endsWith('/xml')) {
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
    ([name, why]) =>
      `<object><name>${escaped(name)}</name><status>${escaped(why)}</status></object>\n`,
  );
  return `<${root}>\n${tags.join('')}<errors>\n${errors.join('')}</errors>\n</${root}>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Counts what became of many deletes, as Swift's `bulk` does. */
export class DeleteSummary {
  #deleted = 0;
  #missing = 0;
  #worst = 400;
  readonly #problems: Problem[] = [];

  /** Counts one; a failure is told with its status, or with the reason given. */
  add(name: ByteString, status: number, reason = statusLine(status)): void {
    if (status < 300) this.#deleted++;
    else if (status === 404) this.#missing++;
    else this.#problems.push([quote(name), reason]);
    if (status >= 500) this.#worst = 502;
  }

  /** How many failed. */
  get failed(): number {
    return this.#problems.length;
  }

  /** Whether there was anything to count. */
  get isEmpty(): boolean {
    return this.failed + this.#deleted + this.#missing === 0;
  }

  /** The report; with a status of its own, and a text to it, where the whole of it failed. */
  render(
    type: string | undefined,
    status = this.failed > 0 ? this.#worst : 200,
    text = '',
  ): string {
    const facts = {
      'Response Status': statusLine(status),
      'Response Body': text,
      'Number Deleted': this.#deleted,
      'Number Not Found': this.#missing,
    };
    return render(type, facts, this.#problems, 'delete');
  }
}

/** The answer to deletes that are done: status 200, and the truth in the body. */
export function deletedAnswer(type: string | undefined, report: string): Response {
  const body = Buffer.from(report);
  const headers = bulkHeaders(type).with('Content-Length', String(body.length));
  return { status: 200, headers, body };
}

/** The headers of an answer whose length is not known yet; without a type, Swift's own for answers. */
export function bulkHeaders(type: string | undefined): Headers {
  return Headers.of({ 'Content-Type': type ?? 'text/html; charset=UTF-8' });
}

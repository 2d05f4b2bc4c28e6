import { bestMatch, FORMATS, parseAccept } from '../../http/accept';
import { quote, type ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import type { Request, Response } from '../message';
import { toPythonJson } from '../../formats/python_json';
import { statusLine } from '../reasons';

/**
 * What went wrong with one of many objects: its quoted name, and the status or reason.
 */
export type Problem = readonly [name: string, reason: string];

/** The totals, in the order in which JSON reports them. */
export type Facts = Readonly<Record<string, string | number>>;

/**
 * The content type in which the client wants a report; undefined if it accepts none that
 * exists.
 */
export function bulkType({ headers }: Request): string | undefined {
  const accepted = parseAccept(headers.get('accept'));
  return accepted && bestMatch(accepted, FORMATS);
}

/** A response that reports on many objects. */
export function bulkResponse(
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

/**
 * Renders a report (Swift's `bulk.get_response_body`): plain text, unless the type is
 * that of JSON or XML.
 */
export function render(
  type: string | undefined,
  facts: Facts,
  problems: readonly Problem[],
  root: string,
): string {
  if (type === 'application/json') return toPythonJson({ ...facts, Errors: problems });
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
    return `<${tag}>${escapeText(String(value))}</${tag}>\n`;
  });
  const errors = problems.map(
    ([name, why]) =>
      `<object><name>${escapeText(name)}</name><status>${escapeText(why)}</status></object>\n`,
  );
  return `<${root}>\n${tags.join('')}<errors>\n${errors.join('')}</errors>\n</${root}>\n`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Counts the results of many deletes, like Swift's `bulk`. */
export class DeleteSummary {
  #deleted = 0;
  #missing = 0;
  #worst = 400;
  readonly #problems: Problem[] = [];

  /** Counts a delete; a failure is reported with its status, or with `reason`. */
  add(name: ByteString, status: number, reason = statusLine(status)): void {
    if (status < 300) this.#deleted++;
    else if (status === 404) this.#missing++;
    else this.#problems.push([quote(name), reason]);
    if (status >= 500) this.#worst = 502;
  }

  /** How many deletes failed. */
  get failed(): number {
    return this.#problems.length;
  }

  /** Whether there was nothing to count. */
  get isEmpty(): boolean {
    return this.failed + this.#deleted + this.#missing === 0;
  }

  /**
   * Renders the report, with a status and a text of its own if the request as a whole
   * failed.
   */
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

/**
 * Returns the report of a request for deletes of which none is done.
 *
 * @param status the status to report, unless the client accepts no report that exists
 */
export function refuseDeletes(request: Request, status: number, text = ''): Response {
  const type = bulkType(request);
  const report = new DeleteSummary();
  const isAcceptable = type !== undefined;
  return deletesResponse(
    type,
    isAcceptable ? report.render(type, status, text) : report.render(type, 406),
  );
}

/** The response to completed deletes: status 200, and the actual result in the body. */
export function deletesResponse(type: string | undefined, report: string): Response {
  const body = Buffer.from(report);
  const headers = bulkHeaders(type).with('Content-Length', String(body.length));
  return { status: 200, headers, body };
}

/**
 * The headers of a response of unknown length; without a type, with Swift's default one.
 */
export function bulkHeaders(type: string | undefined): Headers {
  return Headers.of({ 'Content-Type': type ?? 'text/html; charset=UTF-8' });
}

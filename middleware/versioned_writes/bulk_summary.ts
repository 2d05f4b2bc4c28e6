import { STATUS_CODES } from 'node:http';
import { quote, type ByteString } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import type { Request, Response } from '../../src/http/message';

/** What became of many deletes, told as Swift's `bulk` tells it: with status 200, and the truth in the body. */
export class BulkSummary {
  private deleted = 0;
  private missing = 0;
  private readonly failed: [name: string, status: string][] = [];
  private worst = 400;

  /** Counts one delete. */
  add(name: ByteString, status: number): void {
    if (status < 300) this.deleted++;
    else if (status === 404) this.missing++;
    else this.failed.push([quote(name), statusLine(status)]);
    if (status >= 500) this.worst = 502;
  }

  /** In the form that the request accepts: JSON, XML or plain text. */
  response(request: Request): Response {
    const accept = request.headers.get('accept') ?? '';
    const type =
      ['application/json', 'application/xml', 'text/xml'].find((each) => accept.includes(each)) ??
      'text/plain';
    const status = statusLine(this.failed.length > 0 ? this.worst : 200);
    const body = Buffer.from(this.render(type, status), 'utf8');
    const headers = Headers.of({ 'Content-Type': type, 'Content-Length': String(body.length) });
    return { status: 200, headers, body };
  }

  private render(type: string, status: string): string {
    const facts: [string, string | number][] = [
      ['Number Deleted', this.deleted],
      ['Number Not Found', this.missing],
      ['Response Body', ''],
      ['Response Status', status],
    ];
    if (type === 'application/json')
      return JSON.stringify({ ...Object.fromEntries(facts), Errors: this.failed });
    if (type === 'text/plain') {
      const lines = [
        ...facts.map(([key, value]) => `${key}: ${value}`),
        'Errors:',
        ...this.failed.map((each) => each.join(', ')),
      ];
      return lines.join('\n') + '\n';
    }
    const tags = facts.map(([key, value]) => {
      const tag = key.replaceAll(' ', '_').toLowerCase();
      return `<${tag}>${value}</${tag}>\n`;
    });
    const errors = this.failed.map(
      ([name, why]) => `<object><name>${name}</name><status>${why}</status></object>\n`,
    );
    return `<delete>\n${tags.join('')}<errors>\n${errors.join('')}</errors>\n</delete>\n`;
  }
}

function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trim();
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';
import { aptInstall, describeNeeding } from '../running/needs';

const CHROMIUM = {
  name: 'chromium',
  file: '/usr/bin/chromium',
  install: aptInstall('chromium'),
} as const;

/** Declares a suite that needs a browser. */
export function describeWithBrowser(title: string, suite: () => void): void {
  describeNeeding(CHROMIUM, title, suite);
}

/** A page of a site in a browser; the site has an origin of its own. */
export interface SitePage {
  readonly origin: string;
  readonly page: Page;
}

/** Opens pages during the tests of a suite. */
export interface Sites {
  /** Opens an empty page of a site; each has another origin. */
  open(): Promise<SitePage>;
}

/** Starts a browser before the tests of a suite, and stops it after them. */
export function suiteBrowser(): Sites {
  let browser: Browser | undefined;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM.file,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    for (const close of closing) close();
  });
  return {
    open: async () => {
      if (!browser) throw new Error('the browser runs only within tests');
      const server = createServer((_, response) => {
        response.setHeader('Content-Type', 'text/html');
        response.end('<!doctype html><title>A page</title>');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      closing.push(() => server.close());
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const page = await browser.newPage();
      await page.goto(origin);
      return { origin, page };
    },
  };
}

/** What a script sends; a body with `fields` is a form with a file. */
export interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly fields?: [name: string, value: string][];
}

/** What a script of a page sees of a response; undefined if the browser hides it. */
export interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Sends a request by a script of a page. */
export function fetchIn({ page }: SitePage, sent: Sent): Promise<Seen | undefined> {
  return page.evaluate(async ({ url, method, headers, body, fields }: Sent) => {
    const form = new FormData();
    for (const [name, value] of fields ?? []) form.append(name, value);
    if (fields) form.append('file', new Blob([body ?? '']), 'file.txt');
    const content = fields ? form : body;
    try {
      const response = await fetch(url, {
        method,
        ...(headers ? { headers } : {}),
        ...(content === undefined ? {} : { body: content }),
      });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        text: await response.text(),
      };
    } catch {
      return undefined;
    }
  }, sent);
}

import { presigned as sdkPresigned, signer } from './s3/signing';
import { Headers } from '../../../src/http/headers';
import type { S3Endpoint } from '../servers/s3_endpoint';
import { Client, type Answer } from './client';

/** The origin of the pages in these tests. */
export const PAGE = 'http://page.test';

/** A preflight of a page. */
export interface Preflight {
  readonly origin?: string;
  readonly method?: string;
  readonly headers?: string;
  /** The Host, if it is not the server's. */
  readonly host?: string;
}

/** Sends a preflight, as a browser does: without credentials. */
export function preflight(url: string, target: string, what: Preflight = {}): Promise<Answer> {
  const { origin = PAGE, method = 'PUT', headers, host } = what;
  return new Client(url, Headers.none).send('OPTIONS', target, {
    Origin: origin,
    'Access-Control-Request-Method': method,
    ...(headers === undefined ? {} : { 'Access-Control-Request-Headers': headers }),
    ...(host === undefined ? {} : { Host: host }),
  });
}

/** The headers of a response that concern pages of other origins, by short names. */
export function corsOf({ headers }: Answer): Record<string, string> {
  const prefix = 'access-control-';
  const shown = [...headers.byName()].filter(
    ([name]) => name.startsWith(prefix) || name === 'vary',
  );
  return Object.fromEntries(shown.map(([name, value]) => [name.replace(prefix, ''), value]));
}

/** The path and query of a signed URL of S3. */
export async function presignedUrl(
  { url, region, accessKey, secretKey }: S3Endpoint,
  method: string,
  path: string,
  query: Record<string, string> = {},
): Promise<string> {
  const { target } = await sdkPresigned(
    { method, path, query, headers: { host: new URL(url).host } },
    Date.now(),
    300,
    signer(region, accessKey, secretKey),
  );
  return target;
}

/** A document with rules, each as elements and values. */
export function corsXml(
  ...rules: readonly (readonly [element: string, value: string])[][]
): string {
  const texts = rules.map((rule) =>
    rule.map(([element, value]) => `<${element}>${value}</${element}>`).join(''),
  );
  const inside = texts.map((text) => `<CORSRule>${text}</CORSRule>`).join('');
  return `<CORSConfiguration>${inside}</CORSConfiguration>`;
}

/** Rules for uploads of pages, and for reads of all. */
export const SAMPLE_RULES = corsXml(
  [
    ['ID', 'uploads'],
    ['AllowedOrigin', PAGE],
    ['AllowedOrigin', 'https://*.page.test'],
    ['AllowedMethod', 'PUT'],
    ['AllowedMethod', 'POST'],
    ['AllowedHeader', 'x-amz-*'],
    ['AllowedHeader', 'Content-Type'],
    ['MaxAgeSeconds', '600'],
    ['ExposeHeader', 'ETag'],
    ['ExposeHeader', 'x-amz-version-id'],
  ],
  [
    ['AllowedOrigin', '*'],
    ['AllowedMethod', 'GET'],
  ],
);

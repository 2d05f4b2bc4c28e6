import { createHash } from 'node:crypto';
import { readAll } from '../../../../../src/http/body';
import { quote, unquote } from '../../../../../src/http/bytes';
import { Headers } from '../../../../../src/http/headers';
import { NO_BODY, type Handler, type Request } from '../../../../../src/swift_api/message';
import { parseQuery, parseTarget, type ObjectTarget } from '../../../../../src/swift_api/target';
import { DynamicLargeObjects } from '../../../../../src/versioning/object_versioning/dlo';
import { SignedReader } from '../../../../../src/versioning/object_versioning/signed_reads/signed_reader';
import { ObjectCall } from '../../../../../src/versioning/calls';
import { temporary } from '../../../../support/clients/temp_urls';

const KEYS = { account: 'of the account', container: 'of the container' } as const;
export type Scope = keyof typeof KEYS;

/** An object of a store in memory. Names are `container/object`. */
export type Stored =
  | { readonly kind: 'plain'; readonly body: string }
  | { readonly kind: 'link'; readonly to: string; readonly account?: string }
  | { readonly kind: 'slo'; readonly segments: readonly string[] }
  | { readonly kind: 'dlo'; readonly prefix: string };

const ACCOUNT = '/v1/AUTH_a';
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/**
 * A store in memory, which refuses what a signed URL leads to as a Swift does that knows
 * no versions. It checks the authority of each request.
 */
export class Ground {
  /** What was requested in the service user's name. */
  readonly inService: string[] = [];
  /** Whether the store checks signatures. */
  checksSignatures = true;

  constructor(readonly objects: ReadonlyMap<string, Stored>) {}

  /** Reads an object by a URL that one of the keys has signed. */
  async read(
    name: string,
    scope: Scope,
    { method = 'GET', status = 409 }: { readonly method?: string; readonly status?: number } = {},
  ): Promise<{ readonly status: number; readonly text: string }> {
    const path = `${ACCOUNT}/${name}`;
    const query = temporary(method, path, { key: KEYS[scope] });
    const request: Request = {
      method,
      path: quote(path),
      query,
      headers: Headers.none,
      body: NO_BODY,
      signal: new AbortController().signal,
      transactionId: 'tx',
      authority: 'client',
      receivedBytes: () => 0,
    };
    const target = parseTarget(request.path) as ObjectTarget;
    const policies = { get: () => Promise.resolve({ kind: 'with-ids', enabled: true } as const) };
    const reader = new SignedReader({
      next: this.next,
      handler: this.next,
      policies,
      power: 'service',
      largeObjects: new DynamicLargeObjects(this.next, this.next, policies),
      shownBySignature: () => Promise.resolve((headers: Headers) => headers),
    });
    const refusal = {
      status,
      headers: Headers.of({ 'Content-Location': '/v1/a/b/c' }),
      body: NO_BODY,
    };
    const response = await reader.presentResponse(refusal, new ObjectCall(request, target));
    // a segment that cannot be read breaks the response off
    const body = await readAll(response.body, 1e6).catch(() => Buffer.from('broken off'));
    return { status: response.status, text: body?.toString('latin1') ?? '' };
  }

  private readonly next: Handler = (request) => {
    const { method, path, query, headers, authority } = request;
    const target = parseTarget(path);
    const answer = (status: number, fields: Record<string, string> = {}, text = '') => {
      const body = Buffer.from(text, 'latin1');
      const all = { 'Content-Length': String(body.length), ...fields };
      return Promise.resolve({
        status,
        headers: Headers.of(all),
        body: method === 'HEAD' ? NO_BODY : body,
      });
    };
    if (authority === 'client') return answer(this.checksSignatures ? 401 : 200);
    authority.check(request);
    if (target?.container === undefined)
      return answer(204, { 'X-Account-Meta-Temp-Url-Key': KEYS.account });
    if (target.object === undefined)
      return method === 'HEAD'
        ? answer(204, { 'X-Container-Meta-Temp-Url-Key': KEYS.container })
        : answer(200, {}, this.list(target.container, parseQuery(query)));
    const name = `${target.container}/${target.object}`;
    this.inService.push(name);
    const object = this.objects.get(name);
    if (object === undefined) return answer(404);
    const common = { 'X-Timestamp': '0000000001.00000', 'Content-Type': 'text/plain' };
    switch (object.kind) {
      case 'plain': {
        const etag = { Etag: md5(object.body), ...common };
        const range = /^bytes=(\d+)-(\d+)$/.exec(headers.get('range') ?? '');
        if (method === 'HEAD')
          return answer(200, { ...etag, 'Content-Length': String(object.body.length) });
        return range === null
          ? answer(200, etag, object.body)
          : answer(206, etag, object.body.slice(Number(range[1]), Number(range[2]) + 1));
      }
      case 'link':
        return answer(200, {
          ...common,
          Etag: md5(''),
          'X-Symlink-Target': quote(object.to),
          ...(object.account === undefined ? {} : { 'X-Symlink-Target-Account': object.account }),
        });
      case 'slo': {
        const large = { ...common, 'X-Static-Large-Object': 'True' };
        const manifest = JSON.stringify(object.segments.map((each) => this.segment(each)));
        return query.includes('multipart-manifest=get')
          ? answer(200, { ...large, Etag: md5(manifest) }, manifest)
          : answer(200, { ...large, Etag: '"large"', 'Content-Length': String(this.size(name)) });
      }
      case 'dlo':
        return answer(200, { ...common, Etag: md5(''), 'X-Object-Manifest': quote(object.prefix) });
    }
  };

  private list(container: string, query: ReadonlyMap<string, string>): string {
    const [prefix, marker] = [query.get('prefix') ?? '', query.get('marker') ?? ''];
    const names = [...this.objects.keys()]
      .filter((name) => name.startsWith(`${container}/`))
      .map((name) => name.slice(container.length + 1))
      .filter((name) => name.startsWith(prefix) && name > marker)
      .sort();
    return JSON.stringify(
      names.map((name) => ({ name, bytes: this.size(`${container}/${name}`), hash: 'hash' })),
    );
  }

  private segment(name: string): object {
    const end = this.end(name);
    const object = this.objects.get(end);
    return {
      name: `/${unquote(name)}`,
      bytes: this.size(end),
      hash: object?.kind === 'plain' ? md5(object.body) : 'large',
      content_type: 'text/plain',
      last_modified: '2020-01-01T00:00:00.000000',
      ...(object?.kind === 'slo' ? { sub_slo: true } : {}),
    };
  }

  /** The object behind links; any, if they lead nowhere. */
  private end(name: string, hops = 0): string {
    const object = this.objects.get(name);
    return object?.kind === 'link' && hops < 9 ? this.end(object.to, hops + 1) : name;
  }

  private size(name: string, depth = 0): number {
    const object = this.objects.get(this.end(name));
    if (object?.kind === 'plain') return object.body.length;
    if (object?.kind !== 'slo' || depth > 3) return 1;
    return object.segments.reduce((sum, each) => sum + this.size(each, depth + 1), 0);
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CorsSettings } from '../../../../src/stores/embedded/api/call';
import { createHandler } from '../../../../src/stores/embedded/api/handler';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import type { Storage } from '../../../../src/stores/embedded/storage/storage';
import { drain } from '../../../../src/http/body';
import { Headers } from '../../../../src/http/headers';
import { subrequest } from '../../../../src/swift_api/subrequest';
import { ROOT_REQUEST } from '../../../support/stores/bucket_store';

const PAGE = 'http://page.test';
const STRICT: CorsSettings = {
  cors_allow_origin: [],
  cors_expose_headers: [],
  strict_cors_mode: true,
};
const PREFLIGHT = { 'Access-Control-Request-Method': 'PUT' };

describe("Swift's options for requests of pages", () => {
  let folder: string;
  let storage: Storage;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hindsight-cors-'));
    storage = await openStorage(join(folder, 'data'));
    await ask(STRICT, 'PUT', 'plain');
    await ask(STRICT, 'PUT', 'open', { 'X-Container-Meta-Access-Control-Allow-Origin': '*' });
  });
  afterAll(async () => {
    await storage.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Returns the status, and the headers that concern pages. */
  async function ask(
    settings: CorsSettings,
    method: string,
    name: string,
    headers: Record<string, string> = {},
  ) {
    const request = { method, path: `/v1/AUTH_test/${name}`, headers: Headers.of(headers) };
    const response = await createHandler(
      storage,
      settings,
    )(subrequest({ ...ROOT_REQUEST, authorise: () => undefined }, request));
    await drain(response.body);
    const { headers: seen } = response;
    return {
      status: response.status,
      origin: seen.get('access-control-allow-origin'),
      vary: seen.get('vary'),
      exposed: seen.get('access-control-expose-headers')?.split(', ') ?? [],
    };
  }
  const from = (origin: string) => ({ Origin: origin });

  it('without them only containers allow origins', async () => {
    expect(await ask(STRICT, 'HEAD', 'plain', from(PAGE))).toMatchObject({ origin: undefined });
    expect(await ask(STRICT, 'HEAD', 'open', from(PAGE))).toMatchObject({ origin: '*' });
    const preflight = await ask(STRICT, 'OPTIONS', 'plain', { ...from(PAGE), ...PREFLIGHT });
    expect(preflight).toMatchObject({ status: 401, origin: undefined });
  });

  it('cors_allow_origin allows origins in every container', async () => {
    const settings = { ...STRICT, cors_allow_origin: [PAGE] };
    expect(await ask(settings, 'HEAD', 'plain', from(PAGE))).toMatchObject({
      origin: PAGE,
      vary: 'Accept, Origin',
    });
    expect(await ask(settings, 'HEAD', 'plain', from('http://o'))).toMatchObject({
      origin: undefined,
    });
    const preflight = { ...from(PAGE), ...PREFLIGHT };
    expect(await ask(settings, 'OPTIONS', 'plain/o', preflight)).toMatchObject({
      status: 200,
      origin: PAGE,
    });
    const all = { ...STRICT, cors_allow_origin: ['*'] };
    expect(await ask(all, 'HEAD', 'plain', from('http://o'))).toMatchObject({
      origin: 'http://o',
    });
  });

  it('cors_expose_headers exposes further headers', async () => {
    const settings = { ...STRICT, cors_expose_headers: ['X-Object-Version-Id'] };
    const { exposed } = await ask(settings, 'HEAD', 'open', from(PAGE));
    expect(exposed).toEqual(expect.arrayContaining(['etag', 'X-Object-Version-Id']));
  });

  it('strict_cors_mode = false lets every page read, but grants no preflight', async () => {
    const settings = { ...STRICT, strict_cors_mode: false };
    expect(await ask(settings, 'HEAD', 'plain', from('http://o'))).toMatchObject({
      origin: 'http://o',
    });
    const preflight = { ...from('http://o'), ...PREFLIGHT };
    expect(await ask(settings, 'OPTIONS', 'plain', preflight)).toMatchObject({ status: 401 });
  });
});

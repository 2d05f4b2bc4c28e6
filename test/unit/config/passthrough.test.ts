import {
  formatRules,
  isPassedThrough,
  isSiteHost,
  passthroughHostsOption,
  passthroughOption,
} from '../../../src/config/passthrough';

describe('what is passed on to the store beside the object API', () => {
  const rules = passthroughOption.parse(undefined);
  const isPassed = (method: string, path: string) => isPassedThrough(method, path, rules);

  it('is by default logging in, and what web clients ask', () => {
    for (const path of ['/auth/v1.0', '/auth/v2.0/tokens', '/info', '/crossdomain.xml'])
      for (const method of ['GET', 'HEAD'])
        expect([path, isPassed(method, path)]).toEqual([path, true]);
  });

  it('is nothing else', () => {
    const others = [
      '/',
      '/auth',
      '/authx',
      '/recon',
      '/endpoints/AUTH_x/c/o',
      '/crossdomain.xml/x',
      '*',
    ];
    for (const path of others) expect([path, isPassed('GET', path)]).toEqual([path, false]);
    for (const method of ['PUT', 'POST', 'DELETE', 'COPY', 'OPTIONS'])
      expect([method, isPassed(method, '/auth/v1.0')]).toEqual([method, false]);
  });

  it('is so by each reading of the path', () => {
    const folded = [
      '/auth/../recon',
      '/auth/%2e%2e/recon',
      '/auth/..;/recon',
      '/auth%2f..%2frecon',
      '/auth/\\..\\..\\x',
    ];
    for (const path of folded) expect([path, isPassed('GET', path)]).toEqual([path, false]);
    expect(isPassed('GET', '/auth/a//b')).toBe(true);
  });

  it('is what the option says instead', () => {
    const own = passthroughOption.parse('POST,GET:/auth/v2.0/tokens GET:/recon/*');
    expect(isPassedThrough('POST', '/auth/v2.0/tokens', own)).toBe(true);
    expect(isPassedThrough('GET', '/recon/x', own)).toBe(true);
    expect(isPassedThrough('GET', '/auth/v1.0', own)).toBe(false);
    expect(formatRules(own)).toBe('POST,GET:/auth/v2.0/tokens GET:/recon/*');
    expect(passthroughOption.parse('none')).toEqual([]);
  });

  it.each([
    ['auth', 'auth is not METHOD'],
    ['get:/auth', 'get:/auth is not METHOD'],
    ['GET:/a%62', 'is not METHOD'],
    ['GET:/*', 'every path'],
    ['PUT:/v1/*', 'object API'],
    ['PUT:/v1.0/AUTH_x', 'object API'],
    ['PUT:/x/../v1/AUTH_x', 'object API'],
    ['GET://host/x', 'object API'],
  ])('is refused as an option: %s', (option, message) => {
    expect(() => passthroughOption.parse(option)).toThrow(message);
  });

  it('are sites by their hosts', () => {
    const hosts = passthroughHostsOption.parse('www.Example.org .sites.example');
    for (const host of ['www.example.org', 'WWW.example.org:8080', 'c.a.sites.example'])
      expect([host, isSiteHost(host, hosts)]).toEqual([host, true]);
    for (const host of [
      undefined,
      '',
      'example.org',
      'x.www.example.org',
      'sites.example',
      'xsites.example',
    ])
      expect([host, isSiteHost(host, hosts)]).toEqual([host, false]);
    expect(() => passthroughHostsOption.parse('*.example.org')).toThrow('neither');
  });
});

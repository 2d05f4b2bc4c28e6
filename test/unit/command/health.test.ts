import { readUrl, urlIn } from '../../../src/command/health';

it.each([
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/healthcheck'],
  ['https://h.example/', 'https://h.example/healthcheck'],
  ['http://h:1/healthcheck', 'http://h:1/healthcheck'],
  ['http://h:1/other', 'http://h:1/other'],
])('the healthcheck of %s is %s', (given, url) => {
  expect(readUrl(given).href).toBe(url);
});

it.each(['', 'localhost:8080', 'ftp://h', 'nonsense'])('%j is no URL of a server', (text) => {
  expect(() => readUrl(text)).toThrow(`${text} is not an http:// or https:// URL`);
});

describe('the address in a configuration', () => {
  const at = (defaults: string, env: NodeJS.ProcessEnv = {}) =>
    urlIn(`[DEFAULT]\n${defaults}\n[app:x]\nauth_key = \${file:none}\n`, 'x.conf', env).href;

  it.each([
    ['', 'http://127.0.0.1:8080/healthcheck'],
    ['bind_ip = 10.0.0.1\nbind_port = 81', 'http://10.0.0.1:81/healthcheck'],
    ['bind_ip = 0.0.0.0', 'http://127.0.0.1:8080/healthcheck'],
    ['bind_ip = ::', 'http://[::1]:8080/healthcheck'],
    ['bind_ip = ::1', 'http://[::1]:8080/healthcheck'],
    ['bind_ip = localhost', 'http://localhost:8080/healthcheck'],
  ])('%j is %s, whatever else the file has', (defaults, url) => {
    expect(at(defaults)).toBe(url);
  });

  it('comes from the environment as well', () => {
    expect(at('bind_port = ${PORT:-1}', { PORT: '82' })).toBe('http://127.0.0.1:82/healthcheck');
  });

  it('is missing if the port is any, or cannot be read', () => {
    expect(() => at('bind_port = 0')).toThrow('x.conf: any free port is used; give the URL');
    expect(() => at('bind_port = ${PORT}')).toThrow('x.conf: bind_port cannot be read');
  });
});

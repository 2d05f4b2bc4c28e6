import http from 'node:http';
import https from 'node:https';
import { parseIni } from '../config/ini';
import { Mistakes } from '../config/mistakes';
import { readText } from '../config/text';
import { systemReason } from '../util/errors';
import { UsageError } from './usage_error';

/** Milliseconds for an answer; a probe that waits longer knows enough. */
const TIMEOUT = 3000;

/** The path that the filter `healthcheck` answers. */
const PATH = '/healthcheck';

/**
 * Asks a server whether it is alive, and prints one line.
 *
 * @param given the server's URL; undefined: its address is in the configuration
 * @returns the exit code: 0 if it is alive, else 1
 */
export async function runHealth(given: string | undefined, file: string): Promise<number> {
  const url = given === undefined ? urlIn(readText(file), file) : readUrl(given);
  const cause = await ask(url);
  if (cause === undefined) process.stdout.write(`${url.href}: OK\n`);
  else process.stderr.write(`hindsight: ${url.href}: ${cause}\n`);
  return cause === undefined ? 0 : 1;
}

/**
 * Returns the URL of the healthcheck for a server's URL, which may have that path
 * already.
 *
 * @throws UsageError
 */
export function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new UsageError(`${text} is not an http:// or https:// URL`);
  if (url.pathname === '/') url.pathname = PATH;
  return url;
}

/**
 * Returns the URL at which a server with this configuration answers on this machine.
 * Reads only its address: a probe runs often, and may run without the configuration's
 * secrets.
 *
 * @throws UsageError if the configuration does not determine it
 */
export function urlIn(text: string, file: string, env: NodeJS.ProcessEnv = process.env): URL {
  const options = parseIni(text, new Mistakes(file), env).get('DEFAULT')?.options;
  const valueOf = (name: string, byDefault: string) => {
    const option = options?.get(name);
    if (option?.isBroken) throw new UsageError(`${file}: ${name} cannot be read; give the URL`);
    return option?.value ? option.value : byDefault;
  };
  const port = valueOf('bind_port', '8080');
  if (port === '0') throw new UsageError(`${file}: any free port is used; give the URL`);
  return readUrl(`http://${hostFor(valueOf('bind_ip', '127.0.0.1'))}:${port}`);
}

/** Returns the host of a URL that reaches an address to bind to. */
function hostFor(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}

/** Returns why a server does not answer as a living one; undefined if it does. */
function ask(url: URL): Promise<string | undefined> {
  const { get } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      const { statusCode = 0, statusMessage = '' } = response;
      response.destroy();
      resolve(statusCode === 200 ? undefined : `${statusCode} ${statusMessage}`.trim());
    });
    const timer = setTimeout(() => {
      resolve(`no answer in ${TIMEOUT / 1000} s`);
      request.destroy();
    }, TIMEOUT);
    request.on('error', (error) => resolve(systemReason(error)));
    request.on('close', () => clearTimeout(timer));
  });
}

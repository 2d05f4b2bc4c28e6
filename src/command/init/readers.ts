import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { UsageError } from '../usage_error';
import type { UserAnswer } from './answers';

/** The name of a user. */
export type UserName = Pick<UserAnswer, 'account' | 'user'>;

/** No character that means something in a configuration or a path. */
const USER_NAME = /^([^\s:/=;#[\]${}]+):([^\s:/=;#[\]${}]+)$/;

/** @throws UsageError */
export function readText(text: string): string {
  if (text === '') throw new UsageError('an answer is needed');
  return text;
}

/** @throws UsageError */
export function readAddress(text: string): string {
  if (isIP(text) === 0 && text !== 'localhost') throw new UsageError('not an IP address');
  return text;
}

/** @throws UsageError */
export function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new UsageError('not a whole number from 1 to 65535');
  return port;
}

/** @throws UsageError */
export function readYesOrNo(text: string): boolean {
  if (/^(y|yes)$/i.test(text)) return true;
  if (/^(n|no)$/i.test(text)) return false;
  throw new UsageError('neither yes nor no');
}

/** @throws UsageError */
export function readUrl(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (!['http:', 'https:'].includes(protocol))
    throw new UsageError('not an http:// or https:// URL');
  return text;
}

/**
 * Reads the URL of a Swift: request paths are passed on unchanged, so it has none.
 *
 * @throws UsageError
 */
export function readUpstream(text: string): string {
  const { pathname, search, hash } = new URL(readUrl(text));
  if (pathname !== '/' || search !== '' || hash !== '')
    throw new UsageError('only scheme, host and port, as http://swift.example:8080');
  return text;
}

/**
 * Reads names of users with spaces between them.
 *
 * @throws UsageError
 */
export function readUserNames(text: string): UserName[] {
  const names = text.split(/\s+/).filter(Boolean);
  if (new Set(names).size < names.length) throw new UsageError('a user is named twice');
  return names.map(readUserName);
}

/** Reads `ACCOUNT:NAME=FILE`, a user and the file of the user's key. */
export function readUserWithKey(text: string): UserName & { readonly file: string } {
  const at = text.indexOf('=');
  if (at < 0) throw new UsageError('not ACCOUNT:NAME=FILE, where FILE has the key of the user');
  return { ...readUserName(text.slice(0, at)), file: readFile(text.slice(at + 1)) };
}

/** Returns the whole path of a file: the configuration may lie elsewhere. */
export function readFile(text: string): string {
  return resolve(readText(text));
}

function readUserName(text: string): UserName {
  const [, account, user] = USER_NAME.exec(text) ?? [];
  if (account === undefined || user === undefined)
    throw new UsageError(`${text} is not of the form ACCOUNT:NAME`);
  return { account, user };
}

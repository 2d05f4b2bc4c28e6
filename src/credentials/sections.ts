import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../config/error';
import { parseIni, type IniSection } from '../config/ini';
import { readOptions } from '../config/options';
import { messageOf } from '../errors';
import { toBytes } from '../http/bytes';
import type { Credential } from './credential';

/** The sections that are credentials: `[credentials:ACCESS_KEY]`. */
const SECTION = /^credentials:(\S+)$/;

/** How messages call them. */
export const CREDENTIALS_FORM = '[credentials:ACCESS_KEY]';

const options = z.object({
  secret_key: z.string(),
  user: z.string().optional(),
  key: z.string().optional(),
  account: z.string().optional(),
});

/** Whether a section is a credential. */
export function isCredential({ name }: IniSection): boolean {
  return SECTION.test(name);
}

/**
 * The credential that a section tells.
 *
 * @throws ConfigError that names the line and the cause, and no secret
 */
export function readCredential(section: IniSection, file: string): Credential {
  const accessKey = SECTION.exec(section.name)?.[1] ?? '';
  const { secret_key, user = accessKey, key = secret_key, account } = readOptions(section, options, file);
  return {
    accessKey: toBytes(accessKey),
    secretKey: toBytes(secret_key),
    user: toBytes(user),
    key: toBytes(key),
    account: account === undefined ? undefined : toBytes(account),
  };
}

/**
 * The credentials of a file that has nothing else.
 *
 * @param path relative to the configuration that names it
 * @throws ConfigError that names the file's line and the cause, and no secret
 */
export function readCredentialsFile(path: string, config: string, env: NodeJS.ProcessEnv): Credential[] {
  const file = resolve(dirname(config), path);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(config, undefined, `credentials_file = ${path}: ${messageOf(error)}`);
  }
  return [...parseIni(text, file, env).values()].map((section) => {
    if (isCredential(section)) return readCredential(section, file);
    throw new ConfigError(
      file,
      section.line,
      `unknown section [${section.name}]; known: ${CREDENTIALS_FORM}`,
    );
  });
}

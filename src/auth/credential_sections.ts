import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { parseIni, type IniSection } from '../config/ini';
import type { Mistakes } from '../config/mistakes';
import { readOptions } from '../config/options';
import type { SecretFiles } from '../config/secret_files';
import { systemReason } from '../util/errors';
import { toBytes } from '../http/bytes';
import type { Credential } from './credential';

/** Names of sections of credentials: `[credentials:ACCESS_KEY]`. */
const SECTION = /^credentials:(\S+)$/;

/** The form of these names in messages. */
export const CREDENTIALS_FORM = '[credentials:ACCESS_KEY]';

/** The options of such a section. */
export const credentialOptions = z.object({
  secret_key: z.string().describe('Secret key that belongs to the access key.'),
  user: z
    .string()
    .optional()
    .describe('User in whose name requests are sent to the store. Unset: the access key.'),
  key: z
    .string()
    .optional()
    .describe('Key or password with which that user logs in. Unset: the secret key.'),
  account: z
    .string()
    .optional()
    .describe(
      'Account whose containers are the buckets. Unset: the account that the login returns.',
    ),
});

/** Returns whether a section is a credential. */
export function isCredential({ name }: IniSection): boolean {
  return SECTION.test(name);
}

/** Reports a weakness of a key at its place in the configuration. */
export type CheckKey = (
  key: string,
  at: { readonly mistakes: Mistakes; readonly line: number },
) => void;

/**
 * Returns the credential that a section describes; undefined after a mistake.
 *
 * @param mistakes are reported without secrets
 */
export function readCredential(
  section: IniSection,
  mistakes: Mistakes,
  checkKey: CheckKey,
): Credential | undefined {
  const accessKey = SECTION.exec(section.name)?.[1] ?? '';
  const values = readOptions(section, credentialOptions, mistakes);
  if (values === undefined) return undefined;
  const { secret_key, user = accessKey, key = secret_key, account } = values;
  for (const name of ['secret_key', 'key'] as const) {
    const value = values[name];
    const line = section.options.get(name)?.line ?? section.line;
    if (value !== undefined) checkKey(value, { mistakes, line });
  }
  return {
    accessKey: toBytes(accessKey),
    secretKey: toBytes(secret_key),
    user: toBytes(user),
    key: toBytes(key),
    account: account === undefined ? undefined : toBytes(account),
  };
}

/**
 * Returns the credentials of a file that contains nothing else.
 *
 * @param path relative to the configuration that names it
 * @param mistakes of that configuration
 */
export function readCredentialsFile(
  path: string,
  mistakes: Mistakes,
  sources: { readonly env: NodeJS.ProcessEnv; readonly secrets: SecretFiles },
  checkKey: CheckKey,
): Credential[] {
  const file = resolve(dirname(mistakes.file), path);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    mistakes.add(undefined, `credentials_file = ${path}: ${systemReason(error)}`);
    return [];
  }
  const fileMistakes = mistakes.forFile(file);
  return [...parseIni(text, fileMistakes, sources.env, sources.secrets).values()].flatMap(
    (section) => {
      if (isCredential(section)) return readCredential(section, fileMistakes, checkKey) ?? [];
      fileMistakes.add(
        section.line,
        `unknown section [${section.name}]; known: ${CREDENTIALS_FORM}`,
      );
      return [];
    },
  );
}

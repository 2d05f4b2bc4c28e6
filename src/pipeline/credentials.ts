import type { IniSection } from '../config/ini';
import type { Mistakes } from '../config/mistakes';
import type { SecretFiles } from '../config/secret_files';
import { keyWeakness } from '../config/weak_keys';
import { Credentials } from '../auth/credential';
import {
  isCredential,
  readCredential,
  readCredentialsFile,
  type CheckKey,
} from '../auth/credential_sections';
import type { FilterPlugin } from '../plugin/plugin';
import type { ValidEntry } from './entries';

/** The sources of a configuration's credentials. */
export interface CredentialSources {
  readonly sections: ReadonlyMap<string, IniSection>;
  /** Filters may name credentials files, and have users of their own. */
  readonly filters: readonly ValidEntry<FilterPlugin>[];
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: SecretFiles;
}

/**
 * Reads the credentials of a configuration.
 *
 * @param reached the address at which other machines reach what the credentials give
 *   access to; undefined: none do, so keys may be weak
 */
export function readCredentials(
  { sections, filters, ...sources }: CredentialSources,
  mistakes: Mistakes,
  reached: string | undefined,
): Credentials {
  const checkKey: CheckKey = (key, { mistakes: keyMistakes, line }) => {
    const weakness = reached === undefined ? undefined : keyWeakness(key);
    if (weakness !== undefined)
      keyMistakes.add(line, `the key ${weakness}: change it before you bind to ${reached}`);
  };
  const files = filters.flatMap(({ plugin, options }) => plugin.credentialsFile?.(options) ?? []);
  return new Credentials([
    ...[...sections.values()]
      .filter(isCredential)
      .flatMap((section) => readCredential(section, mistakes, checkKey) ?? []),
    ...[...new Set(files)].flatMap((path) =>
      readCredentialsFile(path, mistakes, sources, checkKey),
    ),
    ...filters.flatMap(({ plugin, options }) => plugin.users?.(options) ?? []),
  ]);
}

import { ConfigError } from './error';

/** An option as it stands in the file. */
export interface IniOption {
  readonly value: string;
  readonly line: number;
}

/** A section as it stands in the file. */
export interface IniSection {
  readonly name: string;
  readonly line: number;
  readonly options: ReadonlyMap<string, IniOption>;
}

/**
 * Reads Swift's ini form (Python's ConfigParser as Paste Deploy uses it): `[section]`, `name = value` or `name: value`,
 * indented lines continue the value before, lines that begin with `#` or `;` and what follows ` ;` or ` #` are comments,
 * `set name = value` is Paste's spelling of the same. `${NAME}` and `${NAME:-default}` are taken from the environment.
 *
 * @throws ConfigError naming the line of whatever cannot be read: text outside a section, a line that is no option, an
 *   option or a section given twice, an environment variable that is not set.
 */
export function parseIni(
  text: string,
  file: string,
  env: NodeJS.ProcessEnv,
): ReadonlyMap<string, IniSection> {
  const sections = new Map<string, { name: string; line: number; options: Map<string, IniOption> }>();
  let section: { name: string; line: number; options: Map<string, IniOption> } | undefined;
  let last: string | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const fail = (message: string) => new ConfigError(file, line, message);
    if (/^\s*([#;]|$)/.test(raw)) continue;
    const content = raw.replace(/\s[;#].*$/, '').trimEnd();
    const header = /^\[([^\]]+)\]$/.exec(content);
    if (header) {
      const name = (header[1] ?? '').trim();
      if (sections.has(name)) throw fail(`section [${name}] is given twice`);
      section = { name, line, options: new Map() };
      sections.set(name, section);
      last = undefined;
      continue;
    }
    if (section === undefined) throw fail('an option before the first [section]');
    const continued = last === undefined ? undefined : section.options.get(last);
    if (/^\s/.test(content) && last !== undefined && continued) {
      const value = `${continued.value} ${expand(content.trim(), env, fail)}`.trim();
      section.options.set(last, { value, line: continued.line });
      continue;
    }
    const option = /^(?:set\s+)?([^\s=:]+)\s*[=:]\s*(.*)$/.exec(content.trim());
    if (!option) throw fail(`neither a [section] nor "option = value"${shown(section.name, content)}`);
    last = option[1] ?? '';
    if (section.options.has(last)) throw fail(`option ${last} is given twice in [${section.name}]`);
    section.options.set(last, { value: expand(option[2] ?? '', env, fail), line });
  }
  return sections;
}

/** What stands in a section of credentials may be a secret. */
function shown(section: string, content: string): string {
  return section.startsWith('credentials:') ? '' : `: ${content.trim()}`;
}

function expand(value: string, env: NodeJS.ProcessEnv, fail: (message: string) => ConfigError): string {
  return value.replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/.exec(inner);
    if (!match) throw fail(`\${${inner}} is not of the form \${NAME} or \${NAME:-default}`);
    const found = env[match[1] ?? ''];
    if (found !== undefined && found !== '') return found;
    if (match[2] === undefined)
      throw fail(`the environment variable ${match[1] ?? ''} is not set, and \${${inner}} gives no default`);
    return match[2];
  });
}

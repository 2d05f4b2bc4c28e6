import { dirname, resolve } from 'node:path';
import type { Mistakes } from './mistakes';
import { SecretFileError, SecretFiles } from './secret_files';

/** An option of the file. */
interface IniOption {
  readonly value: string;
  readonly line: number;
  /** Set if it could not be read, which has been reported. */
  readonly isBroken?: true;
  /** Set if a part of it comes from a file, so that messages do not show it. */
  readonly isSecret?: true;
}

/** A section of the file. */
export interface IniSection {
  readonly name: string;
  readonly line: number;
  readonly options: ReadonlyMap<string, IniOption>;
}

/**
 * Parses Swift's ini format (Python's ConfigParser as used by Paste Deploy): `[section]`,
 * `name = value` or `name: value`; indented lines continue the previous value; lines that
 * begin with `#` or `;`, and all after ` ;` or ` #`, are comments; Paste's prefix `set`
 * of an option is ignored. `${NAME}` and `${NAME:-default}` are taken from the
 * environment, `${file:PATH}` from a file, whose path is relative to the configuration's
 * folder.
 *
 * @param mistakes receives whatever cannot be read: text outside a section, a line that
 *   is no option, a duplicate option or section, an environment variable that is not set,
 *   a file that is not there or that others can read
 */
export function parseIni(
  text: string,
  mistakes: Mistakes,
  env: NodeJS.ProcessEnv,
  secrets = new SecretFiles(),
): ReadonlyMap<string, IniSection> {
  const reader = new IniReader(mistakes, new Expansion(mistakes.file, env, secrets));
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (/^\s*([#;]|$)/.test(raw)) continue;
    reader.read(raw.replace(/\s[;#].*$/, '').trimEnd(), index + 1);
  }
  return reader.sections;
}

interface OpenSection extends IniSection {
  readonly options: Map<string, IniOption>;
}

class IniReader {
  readonly sections = new Map<string, OpenSection>();
  private section: OpenSection | undefined;
  /** The option that an indented line continues. */
  private last: string | undefined;

  constructor(
    private readonly mistakes: Mistakes,
    private readonly expansion: Expansion,
  ) {}

  /** Reads a line whose comment is stripped. */
  read(content: string, line: number): void {
    const header = /^\[([^\]]+)\]$/.exec(content);
    const { section, last } = this;
    if (header) this.open((header[1] ?? '').trim(), line);
    else if (section === undefined) this.mistakes.add(line, 'an option before the first [section]');
    else this.readIn(section, last, content, line);
  }

  private readIn(
    section: OpenSection,
    last: string | undefined,
    content: string,
    line: number,
  ): void {
    const previous = last === undefined ? undefined : section.options.get(last);
    const option = /^(?:set\s+)?([^\s=:]+)\s*[=:]\s*(.*)$/.exec(content.trim());
    if (/^\s/.test(content) && last !== undefined && previous)
      this.continue(section, last, previous, { content: content.trim(), line });
    else if (option) this.add(section, option[1] ?? '', option[2] ?? '', line);
    else
      this.mistakes.add(
        line,
        `neither a [section] nor "option = value"${quoteContent(section.name, content)}`,
      );
  }

  private add(
    { name: sectionName, options }: OpenSection,
    name: string,
    value: string,
    line: number,
  ): void {
    this.last = name;
    if (options.has(name))
      this.mistakes.add(line, `option ${name} is given twice in [${sectionName}]`);
    else options.set(name, { ...this.expandOption(value, line), line });
  }

  private open(name: string, line: number): void {
    this.last = undefined;
    const existing = this.sections.get(name);
    if (existing) this.mistakes.add(line, `section [${name}] is given twice`);
    this.section = existing ?? { name, line, options: new Map() };
    this.sections.set(name, this.section);
  }

  private continue(
    section: OpenSection,
    name: string,
    { value, ...previous }: IniOption,
    more: { readonly content: string; readonly line: number },
  ): void {
    const added = this.expandOption(more.content, more.line);
    section.options.set(name, {
      ...added,
      ...previous,
      value: `${value} ${added.value}`.trim(),
    });
  }

  private expandOption(value: string, line: number): Omit<IniOption, 'line'> {
    try {
      return this.expansion.expand(value);
    } catch (error) {
      if (!(error instanceof ExpansionError)) throw error;
      this.mistakes.add(line, error.message);
      return { value: '', isBroken: true };
    }
  }
}

/** Returns a line for a message, or nothing if its section may contain a secret. */
function quoteContent(section: string, content: string): string {
  return section.startsWith('credentials:') ? '' : `: ${content.trim()}`;
}

class ExpansionError extends Error {
  override readonly name = 'ExpansionError';
}

/** A file; `file:-x` is the variable `file` with a default. */
const SECRET = /^file:(?!-)(.+)$/;

/** What `${...}` in a configuration stands for. */
class Expansion {
  /** @param file the configuration */
  constructor(
    private readonly file: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly secrets: SecretFiles,
  ) {}

  /** @throws ExpansionError if something is not there */
  expand(text: string): Pick<IniOption, 'value' | 'isSecret'> {
    const value = text.replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
      const path = SECRET.exec(inner)?.[1];
      return path === undefined ? this.variable(inner) : this.secret(path);
    });
    return /\$\{file:(?!-)/.test(text) ? { value, isSecret: true } : { value };
  }

  private secret(path: string): string {
    try {
      return this.secrets.read(resolve(dirname(this.file), path));
    } catch (error) {
      if (!(error instanceof SecretFileError)) throw error;
      throw new ExpansionError(`\${file:${path}}: ${error.message}`, { cause: error });
    }
  }

  private variable(inner: string): string {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/.exec(inner);
    if (!match)
      throw new ExpansionError(
        `\${${inner}} is not of the form \${NAME}, \${NAME:-default} or \${file:PATH}`,
      );
    const [, name = '', fallback] = match;
    const value = this.env[name];
    if (value !== undefined && value !== '') return value;
    if (fallback === undefined)
      throw new ExpansionError(
        `the environment variable ${name} is not set, and \${${inner}} has no default`,
      );
    return fallback;
  }
}

import type { Mistakes } from './mistakes';

/** An option of the file. */
interface IniOption {
  readonly value: string;
  readonly line: number;
  /** Set if it could not be read, which has been reported. */
  readonly isBroken?: true;
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
 * environment.
 *
 * @param mistakes receives whatever cannot be read: text outside a section, a line that
 *   is no option, a duplicate option or section, an environment variable that is not set
 */
export function parseIni(
  text: string,
  mistakes: Mistakes,
  env: NodeJS.ProcessEnv,
): ReadonlyMap<string, IniSection> {
  const reader = new IniReader(mistakes, env);
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
    private readonly env: NodeJS.ProcessEnv,
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
    { value, line, isBroken }: IniOption,
    more: { readonly content: string; readonly line: number },
  ): void {
    const added = this.expandOption(more.content, more.line);
    const broken = isBroken ? { isBroken } : {};
    section.options.set(name, {
      ...added,
      value: `${value} ${added.value}`.trim(),
      line,
      ...broken,
    });
  }

  private expandOption(value: string, line: number): Pick<IniOption, 'value' | 'isBroken'> {
    try {
      return { value: expand(value, this.env) };
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

function expand(text: string, env: NodeJS.ProcessEnv): string {
  return text.replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/.exec(inner);
    if (!match)
      throw new ExpansionError(`\${${inner}} is not of the form \${NAME} or \${NAME:-default}`);
    const [, name = '', fallback] = match;
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    if (fallback === undefined)
      throw new ExpansionError(
        `the environment variable ${name} is not set, and \${${inner}} has no default`,
      );
    return fallback;
  });
}

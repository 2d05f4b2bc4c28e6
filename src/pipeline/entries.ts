import type { z } from 'zod';
import type { IniSection } from '../config/ini';
import type { Mistakes } from '../config/mistakes';
import { nearestName, suggestion } from '../config/nearest';
import { readOptions, type OptionForm } from '../config/options';

type Kind = 'filter' | 'app';

/** The common part of filters and apps. */
interface Plugin {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly options: z.ZodObject;
  readonly moreOptions?: OptionForm;
}

/** A name in the pipeline, with its plugin and its options. */
export interface Entry<P> {
  /** The name as written in the pipeline. */
  readonly name: string;
  readonly plugin: P;
  readonly section: IniSection;
  /** Undefined after a mistake. */
  readonly options: Options | undefined;
}

/** Options as parsed by their plugin's schema. */
type Options = Readonly<Record<string, unknown>>;

/** An entry without mistakes. */
export type ValidEntry<P> = Entry<P> & { readonly options: Options };

/** Returns whether an entry was read without mistakes. */
export function isValid<P>(entry: Entry<P>): entry is ValidEntry<P> {
  return entry.options !== undefined;
}

/** Finds the sections of the entries of a pipeline, and those of none. */
export class Entries {
  /**
   * @param sections by their names
   * @param line of the pipeline
   */
  constructor(
    private readonly sections: ReadonlyMap<string, IniSection>,
    private readonly line: number,
    private readonly mistakes: Mistakes,
  ) {}

  /**
   * Returns the entries with these names; unknown ones are left out, with a mistake each.
   *
   * @param plugins the plugins that can be named
   */
  read<P extends Plugin>(kind: Kind, names: readonly string[], plugins: readonly P[]): Entry<P>[] {
    const misspelt = this.misspelt(kind, names, plugins);
    return names.flatMap((name) => {
      const section = this.sections.get(`${kind}:${name}`) ?? misspelt.get(name);
      return this.entry(kind, name, section, plugins) ?? [];
    });
  }

  /**
   * Returns the sections of filters that are not in the pipeline. They are read as well,
   * so that their mistakes are reported.
   */
  readUnused(kind: Kind, names: readonly string[], plugins: readonly Plugin[]): IniSection[] {
    const misspelt = [...this.misspelt(kind, names, plugins).values()];
    const unused = this.others(kind, names).filter((section) => !misspelt.includes(section));
    for (const section of unused) this.entry(kind, nameIn(section), section, plugins);
    return unused;
  }

  private entry<P extends Plugin>(
    kind: Kind,
    name: string,
    configured: IniSection | undefined,
    plugins: readonly P[],
  ): Entry<P> | undefined {
    const section: IniSection = configured ?? {
      name: `${kind}:${name}`,
      line: this.line,
      options: new Map(),
    };
    const use = section.options.get('use');
    const plugin = findPlugin(use?.value ?? name, plugins);
    if (plugin) {
      const options = readOptions(section, plugin.options, this.mistakes, plugin.moreOptions);
      return { name, plugin, section, options };
    }
    const names = plugins.map((each) => each.name);
    const near = suggestion(use?.value ?? name, names);
    this.mistakes.add(
      use?.line ?? section.line,
      `unknown ${kind} ${use?.value ?? name}; known: ${names.join(', ')}${near}`,
    );
    return undefined;
  }

  /**
   * Returns sections that are meant for an entry of the pipeline that has none, by the
   * entries' names: they name the same plugin in `use`, or have nearly the same name.
   * Each is a mistake, since the entry would run with defaults.
   */
  private misspelt(
    kind: Kind,
    names: readonly string[],
    plugins: readonly Plugin[],
  ): Map<string, IniSection> {
    const unconfigured = names.filter((name) => !this.sections.has(`${kind}:${name}`));
    const meant = new Map<string, IniSection>();
    for (const section of this.others(kind, names)) {
      const use = section.options.get('use')?.value;
      const plugin = use === undefined ? undefined : findPlugin(use, plugins);
      const same = unconfigured.find(
        (name) => plugin !== undefined && findPlugin(name, plugins) === plugin,
      );
      const name = same ?? nearestName(nameIn(section), unconfigured);
      if (name !== undefined && !meant.has(name)) meant.set(name, section);
    }
    return meant;
  }

  /** Reports sections that are meant for an entry but have another name. */
  reportMisspelt(kind: Kind, names: readonly string[], plugins: readonly Plugin[]): void {
    for (const [name, section] of this.misspelt(kind, names, plugins))
      this.mistakes.add(
        section.line,
        `[${section.name}] is not in the pipeline, where ${name} has no section; did you mean [${kind}:${name}]?`,
      );
  }

  private others(kind: Kind, names: readonly string[]): IniSection[] {
    return [...this.sections.values()].filter(
      (section) => section.name.startsWith(`${kind}:`) && !names.includes(nameIn(section)),
    );
  }
}

function nameIn({ name }: IniSection): string {
  return name.slice(name.indexOf(':') + 1);
}

/** `egg:swift#NAME` and `egg:hindsight#NAME` mean the same as `NAME`. */
function findPlugin<P extends Plugin>(use: string, plugins: readonly P[]): P | undefined {
  const name = use.replace(/^egg:(swift|hindsight)#/, '');
  return plugins.find((plugin) => plugin.name === name || plugin.aliases?.includes(name));
}

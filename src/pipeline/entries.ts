import type { z } from 'zod';
import type { IniSection } from '../config/ini';
import type { Mistakes } from '../config/mistakes';
import { nearestName, suggestion } from '../config/nearest';
import { readOptions, type OptionForm } from '../config/options';

type Kind = 'filter' | 'app';

/** What a filter and an app have in common. */
interface Plugin {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly options: z.ZodObject;
  readonly moreOptions?: OptionForm;
}

/** A name in the pipeline, with what it stands for and how that is configured. */
export interface Entry<P> {
  /** As it stands in the pipeline. */
  readonly name: string;
  readonly plugin: P;
  readonly section: IniSection;
  /** Undefined after a mistake. */
  readonly options: Options | undefined;
}

/** Options as their plugin's schema reads them. */
export type Options = Readonly<Record<string, unknown>>;

/** An entry without mistakes. */
export type ReadEntry<P> = Entry<P> & { readonly options: Options };

/** Whether an entry was read without mistakes. */
export function isRead<P>(entry: Entry<P>): entry is ReadEntry<P> {
  return entry.options !== undefined;
}

/** Finds the sections of what stands in the pipeline, and those of what does not. */
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
   * The entries with these names; those that are unknown are left out, with a mistake each.
   *
   * @param known what can be named
   */
  of<P extends Plugin>(kind: Kind, names: readonly string[], known: readonly P[]): Entry<P>[] {
    const misspelt = this.misspelt(kind, names, known);
    return names.flatMap((name) => {
      const section = this.sections.get(`${kind}:${name}`) ?? misspelt.get(name);
      return this.entry(kind, name, section, known) ?? [];
    });
  }

  /**
   * The sections of filters that do not stand in the pipeline. They are read as well, so that mistakes
   * in them are reported.
   */
  unused(kind: Kind, names: readonly string[], known: readonly Plugin[]): IniSection[] {
    const misspelt = [...this.misspelt(kind, names, known).values()];
    const unused = this.others(kind, names).filter((section) => !misspelt.includes(section));
    for (const section of unused) this.entry(kind, nameIn(section), section, known);
    return unused;
  }

  private entry<P extends Plugin>(
    kind: Kind,
    name: string,
    found: IniSection | undefined,
    known: readonly P[],
  ): Entry<P> | undefined {
    const section: IniSection = found ?? {
      name: `${kind}:${name}`,
      line: this.line,
      options: new Map(),
    };
    const use = section.options.get('use');
    const plugin = findPlugin(use?.value ?? name, known);
    if (plugin) {
      const options = readOptions(section, plugin.options, this.mistakes, plugin.moreOptions);
      return { name, plugin, section, options };
    }
    const names = known.map((each) => each.name);
    const near = suggestion(use?.value ?? name, names);
    this.mistakes.add(
      use?.line ?? section.line,
      `unknown ${kind} ${use?.value ?? name}; known: ${names.join(', ')}${near}`,
    );
    return undefined;
  }

  /**
   * Sections that are meant for an entry of the pipeline which has none, by the entries' names: they
   * name the same in `use`, or are called nearly the same. Each is a mistake, since the entry would
   * run with defaults.
   */
  private misspelt(
    kind: Kind,
    names: readonly string[],
    known: readonly Plugin[],
  ): Map<string, IniSection> {
    const bare = names.filter((name) => !this.sections.has(`${kind}:${name}`));
    const meant = new Map<string, IniSection>();
    for (const section of this.others(kind, names)) {
      const use = section.options.get('use')?.value;
      const plugin = use === undefined ? undefined : findPlugin(use, known);
      const same = bare.find((name) => plugin !== undefined && findPlugin(name, known) === plugin);
      const name = same ?? nearestName(nameIn(section), bare);
      if (name !== undefined && !meant.has(name)) meant.set(name, section);
    }
    return meant;
  }

  /** Reports sections that are meant for an entry but have another name. */
  reportMisspelt(kind: Kind, names: readonly string[], known: readonly Plugin[]): void {
    for (const [name, section] of this.misspelt(kind, names, known))
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
function findPlugin<P extends Plugin>(use: string, known: readonly P[]): P | undefined {
  const name = use.replace(/^egg:(swift|hindsight)#/, '');
  return known.find((plugin) => plugin.name === name || plugin.aliases?.includes(name));
}

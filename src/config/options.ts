import { z } from 'zod';
import type { IniSection } from './ini';
import type { Mistakes } from './mistakes';
import { suggestion } from './nearest';

/** What the values of an option may be, for the documents of options. */
interface ValueForm {
  /** Such as `words`; undefined for a plain number. */
  readonly values?: string;
  /** The smallest and the largest number, as written. */
  readonly range?: readonly [min: number, max: number];
  /** For a time: how many of the unit that is read make one that is written. */
  readonly unit?: number;
}

/** The forms of values, by the schemas that read them. */
export const valueForms = z.registry<ValueForm>();

const TRUE = ['true', '1', 'yes', 'on', 't', 'y'];
const FALSE = ['false', '0', 'no', 'off', 'f', 'n'];

/** A flag as Swift reads it, except that a typo is an error instead of false. */
export const flag = z
  .string()
  .refine((value) => [...TRUE, ...FALSE].includes(value.toLowerCase()), {
    error: `not a flag; known: ${TRUE.join(', ')} and ${FALSE.join(', ')}`,
  })
  .transform((value) => TRUE.includes(value.toLowerCase()))
  .register(valueForms, { values: '`true` or `false`' });

/** Words separated by spaces. */
export const wordList = z
  .string()
  .transform((value) => value.split(/\s+/))
  .register(valueForms, { values: 'words' });

/** A whole number from `min` to `max`. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .refine((value) => /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max, {
      error: `not a whole number from ${min} to ${max}`,
    })
    .transform(Number)
    .register(valueForms, { range: [min, max] });

/** A time from `min` to `max` seconds, fractions allowed, read as milliseconds. */
export const seconds = (min: number, max: number) =>
  z
    .string()
    .refine(
      (value) => /^\d+(\.\d+)?$/.test(value) && Number(value) >= min && Number(value) <= max,
      {
        error: `not a number of seconds from ${min} to ${max}`,
      },
    )
    .transform((value) => Math.round(Number(value) * 1000))
    .register(valueForms, { values: 'seconds', range: [min, max], unit: 1000 });

/** An http or https URL. */
export const httpUrl = z
  .string()
  .transform((value, context) => {
    try {
      const parsed = new URL(value);
      if (parsed.protocol === 'http:' || parsed.protocol === 'https:') return parsed;
    } catch {
      // reported below
    }
    context.addIssue({ code: 'custom', message: 'not an http:// or https:// URL' });
    return z.NEVER;
  })
  .register(valueForms, { values: 'an `http://` or `https://` URL' });

/** Options whose names are not known beforehand. */
export interface OptionForm {
  readonly pattern: RegExp;
  /** What messages and documents call them, and what each of these means. */
  readonly meanings: Readonly<Record<string, string>>;
}

/**
 * Reads a section's options by a schema. An option with an empty value counts as not set;
 * `use` is ignored.
 *
 * @param mistakes receives each unknown option and unreadable value, with the known ones
 * @param more options whose names only have a form; the schema takes them with a catchall
 * @returns undefined after a mistake
 */
export function readOptions<T extends z.ZodObject>(
  section: IniSection,
  schema: T,
  mistakes: Mistakes,
  more?: OptionForm,
): Readonly<z.infer<T>> | undefined {
  const optionNames = [...Object.keys(schema.shape), ...Object.keys(more?.meanings ?? {})];
  const values: Record<string, string> = {};
  let isComplete = true;
  for (const [name, { value, line, isBroken }] of section.options) {
    if (name === 'use') continue;
    if (isBroken) isComplete = false;
    else if (optionNames.includes(name) || more?.pattern.test(name)) {
      if (value !== '') values[name] = value;
    } else {
      isComplete = false;
      const all = optionNames.join(', ') || 'none';
      mistakes.add(
        line,
        `[${section.name}] has no option ${name}; known: ${all}${suggestion(name, optionNames)}`,
      );
    }
  }
  const result = schema.safeParse(values);
  if (result.success) return isComplete ? Object.freeze(result.data) : undefined;
  for (const issue of result.error.issues) addIssue(issue, section, values, mistakes);
  return undefined;
}

function addIssue(
  { path, code, message }: z.core.$ZodIssue,
  section: IniSection,
  values: Readonly<Record<string, string>>,
  mistakes: Mistakes,
): void {
  const name = String(path[0] ?? '');
  const option = section.options.get(name);
  if (option?.isBroken) return;
  const isMissing = !(name in values) && code === 'invalid_type';
  const isShown = option && !option.isSecret && !SECRETS.test(name);
  const value = isShown ? ` = ${redactUser(option.value)}` : '';
  mistakes.add(
    option?.line ?? section.line,
    isMissing
      ? `[${section.name}] needs the option ${name}`
      : `[${section.name}] ${name}${value}: ${message}`,
  );
}

/** Options whose values never appear in messages. */
const SECRETS = /(key|password)$|^user(64)?_/;

/**
 * Returns a value for a message: the part before the host of a URL may contain a
 * password.
 */
function redactUser(value: string): string {
  return value.replace(/^.*@/, '...@');
}

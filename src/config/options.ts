import { z } from 'zod';
import { ConfigError } from './error';
import type { IniSection } from './ini';

const TRUE = ['true', '1', 'yes', 'on', 't', 'y'];
const FALSE = ['false', '0', 'no', 'off', 'f', 'n'];

/** A flag as Swift reads it, except that a typo is an error and not a silent no. */
export const flag = z
  .string()
  .refine((value) => [...TRUE, ...FALSE].includes(value.toLowerCase()), {
    error: `not a flag; known: ${TRUE.join(', ')} and ${FALSE.join(', ')}`,
  })
  .transform((value) => TRUE.includes(value.toLowerCase()));

/** Words with spaces between them. */
export const words = z.string().transform((value) => value.split(/\s+/));

/** A whole number between two bounds. */
export const whole = (least: number, most: number) =>
  z
    .string()
    .refine((value) => /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most, {
      error: `not a whole number from ${least} to ${most}`,
    })
    .transform(Number);

/** A time in seconds between two bounds, fractions allowed, read as milliseconds. */
export const seconds = (least: number, most: number) =>
  z
    .string()
    .refine((value) => /^\d+(\.\d+)?$/.test(value) && Number(value) >= least && Number(value) <= most, {
      error: `not a number of seconds from ${least} to ${most}`,
    })
    .transform((value) => Math.round(Number(value) * 1000));

/** An http or https URL. */
export const url = z.string().transform((value, context) => {
  try {
    const parsed = new URL(value);
    if (parsed.protocol === 'http:' || parsed.protocol === 'https:') return parsed;
  } catch {
    // said below
  }
  context.addIssue({ code: 'custom', message: 'not an http:// or https:// URL' });
  return z.NEVER;
});

/**
 * Reads a section's options by a schema; an option with an empty value counts as not given, `use` is left out.
 *
 * @param more options whose names only have a form; the schema takes them with a catchall
 * @throws ConfigError naming the line of an unknown option or an unreadable value, and what is known instead.
 */
export function readOptions<T extends z.ZodObject>(
  section: IniSection,
  schema: T,
  file: string,
  more?: { readonly pattern: RegExp; readonly form: string },
): Readonly<z.infer<T>> {
  const known = [...Object.keys(schema.shape), ...(more ? [more.form] : [])];
  const given: Record<string, string> = {};
  for (const [name, { value, line }] of section.options) {
    if (name === 'use') continue;
    if (!known.includes(name) && !more?.pattern.test(name)) {
      throw new ConfigError(
        file,
        line,
        `[${section.name}] has no option ${name}; known: ${known.join(', ') || 'none'}`,
      );
    }
    if (value !== '') given[name] = value;
  }
  const result = schema.safeParse(given);
  if (result.success) return Object.freeze(result.data);
  const issue = result.error.issues[0];
  const name = String(issue?.path[0] ?? '');
  const option = section.options.get(name);
  const missing = !(name in given) && issue?.code === 'invalid_type';
  throw new ConfigError(
    file,
    option?.line ?? section.line,
    missing
      ? `[${section.name}] needs the option ${name}`
      : `[${section.name}] ${name}${option ? ` = ${withoutUser(option.value)}` : ''}: ${issue?.message ?? 'cannot be read'}`,
  );
}

/** A value as messages may show it: what stands before the host of a URL may be a password. */
function withoutUser(value: string): string {
  return value.replace(/^.*@/, '...@');
}

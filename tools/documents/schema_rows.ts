import { z } from 'zod';
import { valueForms } from '../../src/config/options';
import { code, tableOf } from './markdown';

type Schema = z.core.$ZodType;
type ValueForm = NonNullable<ReturnType<typeof valueForms.get>>;

/** A named set of options. */
export interface OptionSet {
  readonly options: z.ZodObject;
  readonly moreOptions?: { readonly meanings: Readonly<Record<string, string>> } | undefined;
}

/** Returns the table of the options of a section, in the order of their declaration. */
export function optionTable({ options, moreOptions }: OptionSet): string {
  const named = Object.entries<Schema>(options.shape).map(([name, schema]) =>
    optionRow(name, schema),
  );
  const formed = Object.entries(moreOptions?.meanings ?? {}).map(([name, meaning]) => [
    code(name),
    'text',
    'none',
    meaning,
  ]);
  return tableOf(['option', 'values', 'default', 'meaning'], [...named, ...formed]);
}

/** @throws Error if the meaning of the option is not declared */
function optionRow(name: string, schema: Schema): readonly string[] {
  const meaning = z.globalRegistry.get(schema)?.description;
  if (meaning === undefined)
    throw new Error(`the option ${name} has no meaning: end its schema with .describe()`);
  return [code(name), valuesOf(schema), defaultOf(schema), meaning];
}

function defaultOf(schema: Schema): string {
  const [inner, ...outer] = [...layersOf(schema)].reverse();
  const fallback = outer.find((layer) => layer instanceof z.core.$ZodDefault);
  const isOptional = outer.some((layer) => layer instanceof z.core.$ZodOptional);
  if (fallback === undefined || inner === undefined) return isOptional ? 'none' : 'required';
  const value = fallback._zod.def.defaultValue;
  const { unit = 1 } = formOf(schema) ?? {};
  const text = textOf(typeof value === 'number' ? value / unit : value);
  return text === '' ? 'none' : code(text);
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(' ') : String(value);
}

/** What may be written, for readers. */
function valuesOf(schema: Schema): string {
  const form = formOf(schema);
  if (form) return formatForm(form);
  const inner = [...layersOf(schema)].at(-1);
  if (inner instanceof z.core.$ZodEnum)
    return Object.values(inner._zod.def.entries).map(String).map(code).join(', ');
  return 'text';
}

function formatForm({ values, range }: ValueForm): string {
  const numbers = range?.map((each) => each.toLocaleString('en')).join(' to ');
  return [values, numbers].filter((part) => part !== undefined).join(', ');
}

/** The form of the outermost schema that has one. */
function formOf(schema: Schema): ValueForm | undefined {
  for (const layer of layersOf(schema)) {
    const form = valueForms.get(layer);
    if (form) return form;
  }
  return undefined;
}

/** Yields a schema and what it wraps: a default or a transform is a layer of its own. */
function* layersOf(schema: Schema): Generator<Schema> {
  yield schema;
  if (schema instanceof z.core.$ZodDefault || schema instanceof z.core.$ZodOptional)
    yield* layersOf(schema._zod.def.innerType);
  else if (schema instanceof z.core.$ZodPipe) yield* layersOf(schema._zod.def.in);
}

/** Texts that are the same in JSON, but for the quotes: most are, and to look costs less than to write them anew. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** JSON as Python writes it: all but ASCII escaped. */
function ascii(json: string): string {
  return json.replace(
    /[\u007f-\uffff]/g,
    (char) => '\\u' + char.charCodeAt(0).toString(16).padStart(4, '0'),
  );
}

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : ascii(JSON.stringify(text));
}

/** A value as Python's `json.dumps` writes it, with blanks after commas and colons; fields without a value are left out. */
export function pythonJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields: string[] = [];
  for (const [key, each] of Object.entries(value))
    if (each !== undefined) fields.push(`${quoted(key)}: ${pythonJson(each)}`);
  return `{${fields.join(', ')}}`;
}

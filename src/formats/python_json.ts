/** Texts that need only quotes in JSON. Most do, and testing costs less than escaping. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Escapes everything but ASCII, like Python. */
function escapeNonAscii(json: string): string {
  return json.replace(
    /[\u007f-\uffff]/g,
    (char) => '\\u' + char.charCodeAt(0).toString(16).padStart(4, '0'),
  );
}

function quoteString(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : escapeNonAscii(JSON.stringify(text));
}

/**
 * Serializes a value like Python's `json.dumps`, with spaces after commas and colons;
 * omits undefined fields.
 */
export function toPythonJson(value: unknown): string {
  if (typeof value === 'string') return quoteString(value);
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields: string[] = [];
  for (const [key, each] of Object.entries(value))
    if (each !== undefined) fields.push(`${quoteString(key)}: ${toPythonJson(each)}`);
  return `{${fields.join(', ')}}`;
}

/** JSON as Python writes it: all but ASCII escaped. */
export function ascii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (char) => '\\u' + char.charCodeAt(0).toString(16).padStart(4, '0'));
}

/** A value as Python's `json.dumps` writes it, with blanks after commas and colons; fields without a value are left out. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return ascii(JSON.stringify(value));
  const fields = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${fields.map(([key, each]) => `${pythonJson(key)}: ${pythonJson(each)}`).join(', ')}}`;
}

/** Objects as Python's `json.dumps` writes a list of them: a space after each comma and colon, all but ASCII escaped. */
export function pythonJson(objects: readonly Readonly<Record<string, unknown>>[]): string {
  const written = objects.map((each) => {
    const fields = Object.entries(each).filter(([, value]) => value !== undefined);
    return `{${fields.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(', ')}}`;
  });
  return ascii(`[${written.join(', ')}]`);
}

function ascii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (char) => '\\u' + char.charCodeAt(0).toString(16).padStart(4, '0'));
}

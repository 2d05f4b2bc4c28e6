/** Text as code. */
export const code = (text: string): string => `\`${text}\``;

/** A table; a bar in a cell would end it. */
export function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [titles, titles.map(() => '---'), ...rows].map(line).join('\n');
}

/** A page of these parts, with a note for whoever opens it to change it. */
export function pageOf(parts: readonly string[]): string {
  const [title = '', ...rest] = parts;
  const note = '<!-- Written by `npm run docs` from the source: change that, not this page. -->';
  return `${[title, note, ...rest].map((part) => part.trim()).join('\n\n')}\n`;
}

import { SaxesParser } from 'saxes';

/** An element of a response: names with their order, text unchanged. */
export interface Element {
  readonly name: string;
  readonly namespace: string;
  readonly children: readonly Element[];
  readonly text: string;
}

interface Open extends Element {
  readonly children: Element[];
  text: string;
}

/** Reads an XML document. Throws if it is not well-formed or not UTF-8. */
export function parseXml(bytes: Buffer): Element {
  const parser = new SaxesParser({ xmlns: true });
  const open: Open[] = [{ name: '', namespace: '', children: [], text: '' }];
  const add = (text: string) => {
    const top = open.at(-1);
    if (top) top.text += text;
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ local, uri }) =>
    open.push({ name: local, namespace: uri, children: [], text: '' }),
  );
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => {
    const done = open.pop();
    if (done) open.at(-1)?.children.push(done);
  });
  parser.write(new TextDecoder('utf-8', { fatal: true }).decode(bytes)).close();
  const root = open[0]?.children[0];
  if (!root) throw new Error('no XML');
  return root;
}

/** The children with a name. */
export const all = (element: Element, name: string): readonly Element[] =>
  element.children.filter((child) => child.name === name);

/**
 * The text of the only child with a name; undefined if there is none. Throws if there are
 * several.
 */
export function textOf(element: Element, name: string): string | undefined {
  const matches = all(element, name);
  if (matches.length > 1) throw new Error(`${matches.length} elements ${name} in ${element.name}`);
  return matches[0]?.text;
}

/**
 * Converts an element: to its text if it has no children, otherwise to an object of its
 * children by their names, which must be unique.
 */
export function plain(element: Element): Plain {
  if (element.children.length === 0) return element.text;
  return Object.fromEntries(element.children.map((child) => [child.name, plain(child)]));
}

export type Plain = string | { readonly [name: string]: Plain };

import { SaxesParser } from 'saxes';

/** An element of an answer, as the tests read it: names with their order, text as it is. */
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

/** Reads an XML document; fails where it is not well-formed or its encoding is not UTF-8. */
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

/** The children of a name. */
export const all = (element: Element, name: string): readonly Element[] =>
  element.children.filter((child) => child.name === name);

/** The text of the one child of a name; undefined where there is none. Fails where there are several. */
export function textOf(element: Element, name: string): string | undefined {
  const found = all(element, name);
  if (found.length > 1) throw new Error(`${found.length} elements ${name} in ${element.name}`);
  return found[0]?.text;
}

/** An element without children of its own as its text, others as objects of their children by names; names may come once. */
export function plain(element: Element): Plain {
  if (element.children.length === 0) return element.text;
  return Object.fromEntries(element.children.map((child) => [child.name, plain(child)]));
}

export type Plain = string | { readonly [name: string]: Plain };

import { setImmediate as nextTurn } from 'node:timers/promises';
import { SaxesParser } from 'saxes';
import { BucketError } from '../buckets/errors';
import { readAll, type Body } from '../http/body';
import { toBytes, type ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import type { Response } from '../swift_api/message';
import { messageOf } from '../util/errors';
import type { Call } from './s3/call';

/** Elements that a document has at most (10,000 parts with all checksums fit), and how deep they may be. */
const MAX_ELEMENTS = 80_000;
const DEEPEST = 16;
/** Attributes of one element: no document of these APIs has more than a few. */
const MAX_ATTRIBUTES = 32;

/** An element: text, or elements. */
export interface XmlElement {
  readonly name: string;
  /** Without prefixes, by their names. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, that of its children left out; bytes. */
  readonly text: ByteString;
}

/** What goes into an element: a text (bytes), a number, or elements, of which those that are undefined are left out. */
export type XmlContent = ByteString | number | boolean | readonly (string | undefined)[];

/** An element's text form. Elements in it are given as their own text forms; texts are escaped. */
export function xml(name: string, content: XmlContent, attributes = ''): string {
  const inner =
    typeof content === 'object'
      ? content.filter((each) => each !== undefined).join('')
      : escaped(String(content));
  return inner === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${inner}</${name}>`;
}

/** An answer in XML, its root in the namespace of the dialect. */
export function xmlAnswer(
  { spelling: { namespace } }: Pick<Call, 'spelling'>,
  status: number,
  root: string,
  content: readonly (string | undefined)[],
  headers: Headers = Headers.none,
): Response {
  const attributes = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return document(status, xml(root, content, attributes), headers);
}

/** The same for a root without a namespace. */
export function document(status: number, root: string, headers: Headers = Headers.none): Response {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${root}`, 'latin1');
  const own = Headers.of({
    'Content-Type': 'application/xml',
    'Content-Length': String(body.length),
  });
  return { status, headers: own.withAll(headers), body };
}

/** Texts of which nothing is escaped: most are, and to look costs less than to replace. */
const PLAIN = /^[ !#-%'-;=?-~\u0080-\u00ee\u00f0-\u00ff]*$/;

/**
 * Text as XML has it. Control characters, U+FFFE and U+FFFF are no characters of XML: as references
 * lenient clients read them, as from AWS.
 */
function escaped(text: ByteString): string {
  if (PLAIN.test(text)) return text;
  return text.replace(/[&<>"]|\u00ef\u00bf[\u00be\u00bf]|\p{Cc}/gu, (char) => {
    if (char.length > 1) return char.endsWith('\u00be') ? '&#xfffe;' : '&#xffff;';
    const code = char.charCodeAt(0);
    const isPartOfOther = code >= 0x80;
    return (
      ESCAPES[char] ??
      (isPartOfOther || char === '\n' || char === '\t' ? char : `&#x${code.toString(16)};`)
    );
  });
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/**
 * Reads a document to its end.
 *
 * @param max bytes that it may have
 * @param root the name that its root must have
 * @throws BucketError `malformed-body` for what is no XML 1.0 in UTF-8, has text beside elements, a document type (and so entities) or another root; `too-large`
 */
export async function readXml(body: Body, max: number, root: string): Promise<XmlElement> {
  const bytes = await readAll(body, max);
  if (bytes === undefined)
    throw new BucketError('too-large', `The document has more than ${max} bytes.`);
  const document = await parse(bytes);
  if (document.name !== root)
    throw new BucketError(
      'malformed-body',
      `The root of the document is ${document.name}, not ${root}.`,
    );
  return document;
}

/**
 * The child of a name.
 *
 * @throws BucketError `malformed-body` if there are several: readers disagree on which of them counts
 */
export function child(element: XmlElement, name: string): XmlElement | undefined {
  const [found, another] = childrenOf(element, name);
  if (another)
    throw new BucketError('malformed-body', `${element.name} has ${name} more than once.`);
  return found;
}

/** All children of a name. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((each) => each.name === name);
}

interface Open {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

/** Characters that are parsed in one turn. */
const TURN = 64 * 1024;

async function parse(bytes: Buffer): Promise<XmlElement> {
  const stack: Open[] = [{ name: '', attributes: {}, children: [], text: '' }];
  const parser = new SaxesParser({ xmlns: true });
  const add = (text: string) => {
    const top = stack.at(-1);
    if (top) top.text += text;
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('xmldecl', ({ version, encoding = 'UTF-8' }) => {
    if (version !== '1.0' || encoding.toUpperCase() !== 'UTF-8')
      throw new Error('it is not XML 1.0 in UTF-8');
  });
  parser.on('doctype', () => {
    throw new Error('a document type is not allowed');
  });
  let elements = 0;
  let own = 0;
  parser.on('attribute', () => {
    if (++own > MAX_ATTRIBUTES) throw new Error('there are too many attributes');
  });
  parser.on('opentag', ({ local, attributes }) => {
    elements += 1;
    own = 0;
    if (elements > MAX_ELEMENTS || stack.length > DEEPEST)
      throw new Error('there are too many elements');
    const named = Object.values(attributes).map((each) => [each.local, each.value]);
    stack.push({
      name: local,
      attributes: Object.fromEntries(named) as Record<string, string>,
      children: [],
      text: '',
    });
  });
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => {
    const done = stack.pop();
    if (done && done.children.length > 0 && /[^ \t\r\n]/.test(done.text))
      throw new Error(`${done.name} has both text and elements`);
    if (done) stack.at(-1)?.children.push({ ...done, text: toBytes(done.text) });
  });
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    for (let at = 0; at < text.length; at += TURN) {
      if (at > 0) await nextTurn();
      parser.write(text.slice(at, at + TURN));
    }
    parser.close();
  } catch (error) {
    throw new BucketError('malformed-body', `The XML is not well-formed: ${messageOf(error)}`);
  }
  const [root] = stack[0]?.children ?? [];
  if (root === undefined) throw new BucketError('malformed-body', 'The XML is empty.');
  return root;
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { SaxesParser } from 'saxes';
import { BucketError } from '../buckets/errors';
import { readAll, type Body } from '../http/body';
import { toBytes, type ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import type { Response } from '../swift_api/message';
import { messageOf } from '../util/errors';
import type { Call } from './s3/call';

/**
 * Maximum number of elements in a document (10,000 parts with all checksums fit), and
 * their maximum depth.
 */
const MAX_ELEMENTS = 80_000;
const MAX_DEPTH = 16;
/** Maximum number of attributes of an element; documents have only a few. */
const MAX_ATTRIBUTES = 32;

/** An element with text or child elements. */
export interface XmlElement {
  readonly name: string;
  /** By name without prefix. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text in bytes, without that of its children. */
  readonly text: ByteString;
}

/** The content of an element: text (bytes), a number, or elements; skips undefined. */
export type XmlContent = ByteString | number | boolean | readonly (string | undefined)[];

/** Serializes an element. Child elements come serialized; text is escaped. */
export function xml(name: string, content: XmlContent, attributes = ''): string {
  const inner =
    typeof content === 'object'
      ? content.filter((each) => each !== undefined).join('')
      : escapeText(String(content));
  return inner === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${inner}</${name}>`;
}

/** Returns an XML response with its root in the dialect's namespace. */
export function xmlAnswer(
  { wireFormat: { namespace } }: Pick<Call, 'wireFormat'>,
  status: number,
  root: string,
  content: readonly (string | undefined)[],
  headers: Headers = Headers.none,
): Response {
  const attributes = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return document(status, xml(root, content, attributes), headers);
}

/** Returns an XML response for a serialized root element. */
export function document(status: number, root: string, headers: Headers = Headers.none): Response {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${root}`, 'latin1');
  const contentHeaders = Headers.of({
    'Content-Type': 'application/xml',
    'Content-Length': String(body.length),
  });
  return { status, headers: contentHeaders.withAll(headers), body };
}

/** Text without anything to escape. Most is, and testing is cheaper than replacing. */
const PLAIN = /^[ !#-%'-;=?-~\u0080-\u00ee\u00f0-\u00ff]*$/;

/**
 * Escapes text for XML. Control characters, U+FFFE and U+FFFF are not XML characters;
 * they become references, as AWS sends them, which lenient clients accept.
 */
function escapeText(text: ByteString): string {
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
 * @param max maximum number of bytes
 * @param root expected name of the root element
 * @throws BucketError `malformed-body` if it is not XML 1.0 in UTF-8, has text beside
 *   elements, a document type (and so entities) or another root; `too-large`
 */
export async function readXml(body: Body, max: number, root: string): Promise<XmlElement> {
  const bytes = await readAll(body, max);
  if (bytes === undefined)
    throw new BucketError('too-large', `The document has more than ${max} bytes.`);
  const document = await parse(bytes);
  if (document.name !== root)
    throw new BucketError('malformed-body', `The root element is ${document.name}, not ${root}.`);
  return document;
}

/**
 * Returns the child element with a name.
 *
 * @throws BucketError `malformed-body` if there are several: readers disagree on which
 *   one counts
 */
export function child(element: XmlElement, name: string): XmlElement | undefined {
  const [first, second] = childrenOf(element, name);
  if (second)
    throw new BucketError('malformed-body', `${element.name} has ${name} more than once.`);
  return first;
}

/** Returns all child elements with a name. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((each) => each.name === name);
}

interface Open {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

/** Number of characters parsed in one turn of the event loop. */
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
      throw new Error('only XML 1.0 in UTF-8 is supported');
  });
  parser.on('doctype', () => {
    throw new Error('a document type is not allowed');
  });
  let elements = 0;
  let attributeCount = 0;
  parser.on('attribute', () => {
    if (++attributeCount > MAX_ATTRIBUTES) throw new Error('there are too many attributes');
  });
  parser.on('opentag', ({ local, attributes }) => {
    elements += 1;
    attributeCount = 0;
    if (elements > MAX_ELEMENTS || stack.length > MAX_DEPTH)
      throw new Error('there are too many elements');
    const entries = Object.values(attributes).map((each) => [each.local, each.value]);
    stack.push({
      name: local,
      attributes: Object.fromEntries(entries) as Record<string, string>,
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

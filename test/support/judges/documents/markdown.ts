/** A fenced block of code in a document. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** The number of its first line in the document, from 1. */
  readonly line: number;
  /** What the comment directly above it says, such as `runs: embedded`. */
  readonly directive: string | undefined;
}

/** A line of prose: not of a block of code, a table, or a comment. */
export interface ProseLine {
  readonly text: string;
  readonly line: number;
}

const FENCE = /^(\s*)```(\S*)\s*$/;
const COMMENT = /^<!-- (.*) -->$/;

/** Returns the blocks of code of a document, in order. */
export function codeBlocks(document: string): readonly CodeBlock[] {
  const lines = document.split('\n');
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent = '', language] = FENCE.exec(lines[at] ?? '') ?? [];
    if (language === undefined) continue;
    const end = lines.findIndex((line, i) => i > at && FENCE.test(line));
    if (end === -1) throw new Error(`line ${at + 1}: the block of code has no end`);
    const body = lines.slice(at + 1, end);
    blocks.push({
      language,
      code: body.map((line) => `${line.slice(indent.length)}\n`).join(''),
      line: at + 1,
      directive: COMMENT.exec(lines[at - 1]?.trim() ?? '')?.[1],
    });
    at = end;
  }
  return blocks;
}

/** Returns the lines of a document outside blocks of code, tables and comments. */
export function proseLines(document: string): readonly ProseLine[] {
  let isCode = false;
  return document.split('\n').flatMap((text, i) => {
    const isFence = FENCE.test(text);
    if (isFence) isCode = !isCode;
    const isProse = !isCode && !isFence && !/^\s*\|/.test(text) && !COMMENT.test(text.trim());
    return isProse ? [{ text, line: i + 1 }] : [];
  });
}

/** Returns the paragraphs of a document; each item of a list is one. */
export function paragraphs(document: string): readonly ProseLine[] {
  const found: { text: string; line: number }[] = [];
  let last = -1;
  for (const { text, line } of proseLines(document)) {
    const trimmed = text.trim();
    if (trimmed === '' || trimmed.startsWith('#')) {
      last = -1;
      continue;
    }
    const current = found.at(-1);
    const continues = last === line - 1 && !/^([-*+]|\d+\.)\s/.test(trimmed);
    if (continues && current) current.text += ` ${trimmed}`;
    else found.push({ text: trimmed, line });
    last = line;
  }
  return found;
}

/** Returns the anchors of a document's headings, as GitHub makes them. */
export function anchors(document: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { text } of proseLines(document)) {
    const heading = /^#+ (.*)$/.exec(text)?.[1];
    if (heading === undefined) continue;
    const slug = heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let unique = slug;
    for (let n = 1; found.has(unique); n++) unique = `${slug}-${n}`;
    found.add(unique);
  }
  return found;
}

/** A link of a document within the project. */
export interface Link {
  readonly file: string;
  readonly anchor: string | undefined;
  readonly line: number;
}

/**
 * Returns the links of a document that lead to files and headings, not to the network.
 */
export function links(document: string): readonly Link[] {
  const found: Link[] = [];
  let isCode = false;
  const lines = document.split('\n');
  for (const [i, line] of lines.entries()) {
    if (FENCE.test(line)) isCode = !isCode;
    if (isCode) continue;
    // a link may be wrapped between its text and its target
    const text = line.replace(/`[^`]*`/g, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      found.push({ file, anchor, line: i + 1 });
    }
  }
  return found;
}

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../../src/pipeline/load';
import { allDocuments, type Document } from '../../support/judges/documents/documents';
import {
  anchors,
  codeBlocks,
  links,
  paragraphs,
  proseLines,
} from '../../support/judges/documents/markdown';
import { RUN_LANGUAGES } from '../../support/judges/documents/session';
import { ROOT } from '../../support/running/paths';

const MAX_COLUMNS = 100;
const MAX_WORDS = 80;

const DOCUMENTS = allDocuments();
const each = describe.each(DOCUMENTS.map((document) => [document.name, document] as const));

it('README.md has at most 200 lines', () => {
  const readme = DOCUMENTS.find(({ name }) => name === 'README.md');
  expect(readme?.text.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
});

each('%s', (_, document) => {
  it('has no line of prose above 100 columns', () => {
    const long = proseLines(document.text).filter(
      ({ text }) => text.length > MAX_COLUMNS && !/^#|\]\(\S+\)[.,]?$/.test(text),
    );
    expect(long).toEqual([]);
  });

  it('has no paragraph above 80 words', () => {
    const long = paragraphs(document.text).filter(
      ({ text }) => text.split(/\s+/).length > MAX_WORDS,
    );
    expect(long).toEqual([]);
  });

  it('has links that lead somewhere', () => {
    expect(brokenLinks(document)).toEqual([]);
  });

  it('says of each block of code whether it is run', () => {
    const undecided = codeBlocks(document.text).filter(({ language, directive }) =>
      RUN_LANGUAGES.includes(language)
        ? !/^(runs: (embedded|swift|project|express)|not run: \S.*)$/.test(directive ?? '')
        : language === '',
    );
    expect(undecided.map(({ line }) => line)).toEqual([]);
  });

  it('has whole configurations that are valid', () => {
    for (const { code } of codeBlocks(document.text).filter((block) => block.directive === 'check'))
      expect(() => check(code)).not.toThrow();
  });
});

function brokenLinks({ name, text }: Document): readonly string[] {
  return links(text).flatMap(({ file, anchor, line }) => {
    const target = file === '' ? name : join(dirname(name), file);
    const path = join(ROOT, target);
    if (!existsSync(path)) return [`line ${line}: ${target} does not exist`];
    const hasAnchor =
      anchor === undefined ||
      !target.endsWith('.md') ||
      anchors(readFileSync(path, 'utf8')).has(anchor);
    return hasAnchor ? [] : [`line ${line}: ${target} has no heading #${anchor}`];
  });
}

function check(configuration: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'hindsight-document-'));
  try {
    const file = join(folder, 'hindsight.conf');
    writeFileSync(file, configuration);
    loadConfig(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

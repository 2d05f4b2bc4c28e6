import { spawnSync } from 'node:child_process';
import { run } from '../../clients/command';
import type { CodeBlock } from './markdown';

/** A command of a document and the output that it prints there. */
interface Shown {
  readonly command: string;
  readonly output: string;
  readonly line: number;
}

/** Languages whose blocks are run. */
export const RUN_LANGUAGES = ['bash', 'sh', 'console', 'js'];

/**
 * Runs blocks of code in order, in one shell, and compares what the commands of `console`
 * blocks print with the document. Digits, ids and dates may differ.
 *
 * @param addresses texts of the document, and what stands for them in the test
 * @returns a description of each difference
 */
export async function playBlocks(
  blocks: readonly CodeBlock[],
  addresses: Readonly<Record<string, string>>,
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<readonly string[]> {
  const shown = blocks.flatMap(commandsOf);
  const script = shown.map(({ command }, i) => `${MARK(i)}\n${command}`).join('\n');
  const source = replaceAll(`${script}\n${MARK(shown.length)}\n`, addresses);
  const ended = await run('bash', ['-euo', 'pipefail', '-c', source], {
    cwd,
    env,
    timeout: 300_000,
  });
  const outputs = ended.stdout.split(/\n@@ \d+ @@\n/).slice(1);
  const last = shown[outputs.length - 1];
  if (ended.code !== 0)
    return [
      `line ${last?.line ?? 0}: ${last?.command ?? ''}\nended with ${ended.code ?? 'a signal'}: ${outputs.at(-1) ?? ''}${ended.stderr}`,
    ];
  return shown.flatMap(({ command, output, line }, i) => {
    const printed = replaceAll(outputs[i] ?? '', inverse(addresses));
    return output === ANY || pattern(output) === pattern(printed)
      ? []
      : [`line ${line}: ${command}\nprints\n${printed}and not\n${output}`];
  });
}

/** The output of blocks that show none. */
const ANY = '\0';

const MARK = (i: number) => `printf '\\n@@ %d @@\\n' ${i}`;

function commandsOf({ language, code, line }: CodeBlock): Shown[] {
  if (language === 'console') return consoleCommands(code, line);
  if (language !== 'js') return [{ command: code, output: ANY, line }];
  const file = `block-${line}.js`;
  return [
    {
      command: `cat >${file} <<'END_OF_BLOCK'\n${code}END_OF_BLOCK\nnode ${file}`,
      output: ANY,
      line,
    },
  ];
}

/** Splits a block into commands, which begin with `$ `, and what each prints. */
function consoleCommands(code: string, first: number): Shown[] {
  const found: { command: string; output: string; line: number }[] = [];
  for (const [i, text] of code.replace(/\n$/, '').split('\n').entries()) {
    const current = found.at(-1);
    if (text.startsWith('$ '))
      found.push({ command: text.slice(2), output: '', line: first + i + 1 });
    else if (current === undefined)
      throw new Error(`line ${first + i + 1}: output without a command`);
    else if (current.output === '' && !isComplete(current.command))
      current.command += `\n${text.replace(/^> /, '')}`;
    else current.output += `${text}\n`;
  }
  return found;
}

function isComplete(command: string): boolean {
  if (/(\\|\||&&)$/.test(command)) return false;
  return spawnSync('bash', ['-n', '-c', command]).status === 0;
}

/** What must be equal of two outputs. */
function pattern(output: string): string {
  return output
    .replace(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b/g, 'DAY')
    .replace(/\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b/g, 'MONTH')
    .replace(/\b[0-9a-f]{16,}\b/g, '0')
    .replace(/\d+/g, '0')
    .replace(/[ \t]+/g, ' ')
    .replace(/ $/gm, '')
    .trim();
}

function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce(
    (replaced, [from, to]) => replaced.replaceAll(from, to),
    text,
  );
}

function inverse(replacements: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(replacements).map(([from, to]) => [to, from]));
}

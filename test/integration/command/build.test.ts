import { existsSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolders } from '../../support/running/temporary_folders';
import { Clone } from './clone';

const newFolder = temporaryFolders();

let clone: Clone;
beforeAll(async () => {
  clone = Clone.small(await newFolder());
});

/** Builds; returns whether the compiler ran. */
async function build(): Promise<boolean> {
  const { code, stderr } = await clone.run(process.execPath, ['tools/build.mjs']);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^$|^compiling, which usually takes/)]);
  return stderr !== '';
}

const built = (path: string) => join(clone.folder, 'dist', path);

it('a build compiles once', async () => {
  expect(await build()).toBe(true);
  expect(existsSync(built('src/cli.js'))).toBe(true);
  expect(await build()).toBe(false);
});

it.each<[string, () => void]>([
  ['a changed source', () => clone.write('middleware/filter.ts', 'export const filter = 2;\n')],
  [
    'a changed source that is older than the build',
    () => {
      clone.write('middleware/filter.ts', 'export const filter = 3;\n');
      utimesSync(join(clone.folder, 'middleware/filter.ts'), 1, 1);
    },
  ],
  ['an added source', () => clone.write('src/more.ts', 'export const more = 1;\n')],
  ['a removed source', () => rmSync(join(clone.folder, 'src/more.ts'))],
  ['removed output', () => rmSync(built('src/cli.d.ts'))],
  [
    'a changed setting',
    () => {
      const settings = readFileSync(join(clone.folder, 'tsconfig.json'), 'utf8');
      clone.write('tsconfig.json', settings.replace('"es2023"', '"es2022"'));
    },
  ],
])('%s is noticed', async (_, change) => {
  change();
  expect(await build()).toBe(true);
  expect(await build()).toBe(false);
  expect(existsSync(built('src/more.js'))).toBe(existsSync(join(clone.folder, 'src/more.ts')));
});

it('times alone are no change', async () => {
  for (const path of ['src/cli.ts', 'tsconfig.json'])
    utimesSync(join(clone.folder, path), new Date(), new Date());
  expect(await build()).toBe(false);
});

it('a build that failed is done again, and its mistake is printed', async () => {
  clone.write('src/wrong.ts', "export const wrong: number = 'text';\n");
  for (let attempt = 0; attempt < 2; attempt++) {
    const { code, stderr } = await clone.run(process.execPath, ['tools/build.mjs']);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain('src/wrong.ts');
  }
  rmSync(join(clone.folder, 'src/wrong.ts'));
  expect(await build()).toBe(true);
});

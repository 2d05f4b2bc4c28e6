import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Data flows one way: what stands further right never imports from what stands further left. */
const layers = [
  ['./src/server', './src/cli.ts', './src/index.ts'],
  ['./src/pipeline'],
  ['./middleware'],
  ['./src/dialects'],
  ['./src/buckets'],
  ['./src/core'],
  ['./src/coordination'],
  ['./src/stores', './src/identity', './src/lockers', './src/caches'],
  [
    './src/config',
    './src/credentials',
    './src/http',
    './src/redis',
    './src/log.ts',
    './src/errors.ts',
    './src/clock.ts',
    './src/standing.ts',
  ],
];

const zones = layers.flatMap((targets, i) =>
  layers
    .slice(0, i)
    .flatMap((left) =>
      targets.flatMap((target) =>
        left.map((from) => ({ target, from, message: 'Layers point one way; see ARCHITECTURE.md.' })),
      ),
    ),
);

/** What filters and versions know of a store they know by its API, whichever it is. */
zones.push(
  ...['./middleware', './src/core'].flatMap((target) =>
    ['./src/stores/embedded', './src/stores/swift'].map((from) => ({
      target,
      from,
      message: 'What is inside an app is its own; see ARCHITECTURE.md.',
    })),
  ),
);

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage', '*.js', '**/*.mjs', 'config'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })] },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
      'no-console': 'error',
    },
  },
  { files: ['test/**'], rules: { 'no-console': 'off', '@typescript-eslint/no-non-null-assertion': 'off' } },
);

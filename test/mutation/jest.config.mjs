/**
 * The unit suites that cover src/core and need no server. Each runs once for every mutant
 * that it covers.
 */
const SUITES = [
  'authority',
  'decide',
  'names',
  'null_versions',
  'version_listing',
  'versions',
  'versions_with_ids',
];

/** @type {import('jest').Config} */
export default {
  rootDir: '../..',
  testEnvironment: 'node',
  roots: ['<rootDir>/test/unit'],
  testMatch: [
    '<rootDir>/test/unit/core/**/*.test.ts',
    ...SUITES.map((name) => `<rootDir>/test/unit/${name}.test.ts`),
  ],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  setupFiles: ['<rootDir>/test/mutation/properties.ts'],
  testTimeout: 60_000,
};

/** The unit suites of src/versioning; each runs once for every mutant that it covers. */
/** @type {import('jest').Config} */
export default {
  rootDir: '../..',
  testEnvironment: 'node',
  // Stryker asks Jest which suites depend on a file, also through test/support
  roots: ['<rootDir>/test/unit', '<rootDir>/test/support', '<rootDir>/src'],
  testMatch: ['<rootDir>/test/unit/versioning/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  setupFiles: ['<rootDir>/test/mutation/properties.ts'],
  testTimeout: 60_000,
};

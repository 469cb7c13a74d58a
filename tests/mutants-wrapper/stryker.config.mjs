// StrykerJS runs in the repository's root; `cargo xtask mutants --wrapper` starts it and names the folders.
import { fileURLToPath } from 'node:url';

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  plugins: [fileURLToPath(new URL('runner.mjs', import.meta.url))],
  testRunner: 'countersign',
  // What the loaders `edge` and `workerd` have of their own is the same as `inline` has, and Node.js does not import it.
  mutate: ['pkg-template/src/{verify,guard,credentials}/**/*.ts', '!pkg-template/src/credentials/first-use/{edge,workerd}.ts'],
  // The copy that is mutated: the sources, and the tests with what they read.
  ignorePatterns: ['**', '!pkg-template/src/**', '!tests/js/**', '!tests/node-versions/index.mjs'],
  symlinkNodeModules: false,
  tempDirName: 'target/mutants-wrapper/copy',
  coverageAnalysis: 'perTest',
  incremental: true,
  incrementalFile: 'target/mutants-wrapper/results.json',
  concurrency: 1,
  // Beside five times the time that the tests need without a mutant: a busy machine is not an endless loop.
  timeoutFactor: 5,
  timeoutMS: 20_000,
  dryRunTimeoutMinutes: 15,
  reporters: ['progress-append-only'],
  allowConsoleColors: false,
};

// StrykerJS runs in the repository's root; `cargo xtask mutants --wrapper` starts it and names the folders.
import { fileURLToPath } from 'node:url';

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  plugins: [fileURLToPath(new URL('runner.mjs', import.meta.url))],
  testRunner: 'countersign',
  // The copy that is mutated: the sources, and the tests with what they read.
  ignorePatterns: [
    '**',
    '!pkg-template/src/**',
    '!tests/js/**',
    '!tests/attacks/table.json',
    '!tests/node-versions/index.mjs',
    'node_modules',
  ],
  symlinkNodeModules: false,
  disableTypeChecks: false,
  tempDirName: 'target/mutants-wrapper/copy',
  coverageAnalysis: 'perTest',
  incremental: true,
  incrementalFile: 'target/mutants-wrapper/results.json',
  concurrency: 1,
  // Half a minute, and ten times the time that the tests need without a mutant: a busy machine is not an endless loop.
  timeoutFactor: 10,
  timeoutMS: 30_000,
  dryRunTimeoutMinutes: 15,
  reporters: ['progress-append-only'],
  allowConsoleColors: false,
};

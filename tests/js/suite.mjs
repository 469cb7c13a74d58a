// The suite: every case runs, from the packed tarball, in every runtime that the package supports.
// README.md says how to add one. Nothing here may use more than all of those runtimes have.

/** @typedef {{name: string, run(env: import('./harness.mjs').Env): unknown}} Case */

/** @type {Case[]} */
export const cases = [
  {
    name: 'version() comes out of the wasm',
    run({ countersign, assert }) {
      assert.match(countersign.version(), /^\d+\.\d+\.\d+/);
    },
  },
  {
    name: 'every call gets an answer of its own',
    run({ countersign, assert }) {
      for (let i = 0; i < 1000; i++) assert.equal(countersign.version(), countersign.version());
    },
  },
];

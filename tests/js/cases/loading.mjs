// The module is there as soon as the import is.

export const cases = [
  {
    name: 'loading: the wasm answers with its version, at once',
    run({ countersign, assert }) {
      assert.match(countersign.version(), /^\d+\.\d+\.\d+/);
    },
  },
  {
    name: 'loading: what one entry throws is what another exports',
    async run({ countersign, testing, assert }) {
      await assert.rejects(testing.createTestIssuer({ alg: 'none' }), 'ERR_INVALID_OPTION');
      assert.throws(() => countersign.createVerifier({}), 'ERR_INVALID_OPTION');
    },
  },
];

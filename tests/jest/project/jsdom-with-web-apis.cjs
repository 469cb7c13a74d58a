const { TestEnvironment } = require('jest-environment-jsdom');

const NAMES = ['TextDecoder', 'TextEncoder', 'Headers', 'Request', 'Response', 'fetch', 'crypto', 'structuredClone'];

/** jsdom, with the interfaces that every browser has and jsdom lacks: those of Node.js. */
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of NAMES) {
      Object.defineProperty(this.global, name, { value: globalThis[name], configurable: true, writable: true });
    }
  }
};

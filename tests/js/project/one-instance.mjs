// Prints how many instances of the module all entries together make, imported and required.
import { createRequire } from 'node:module';

let instances = 0;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(Instance, args) {
    instances += 1;
    return new Instance(...args);
  },
});
const { length } = Object.keys(await import('./entries.mjs'));
const imported = instances;
createRequire(import.meta.url)('./entries.cjs');
console.log(JSON.stringify({ entries: length, imported, required: instances - imported }));

// Prints how many instances of the module all entries together make, imported and required.
import { createRequire } from 'node:module';

const { exports } = (await import('countersign/package.json', { with: { type: 'json' } })).default;
const entries = Object.keys(exports).filter((subpath) => subpath !== './package.json').map((subpath) => `countersign${subpath.slice(1)}`);

let instances = 0;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(Instance, args) {
    instances += 1;
    return new Instance(...args);
  },
});
for (const entry of entries) await import(entry);
const imported = instances;
for (const entry of entries) createRequire(import.meta.url)(entry);
console.log(JSON.stringify({ entries: entries.length, imported, required: instances - imported }));

// Prints of which modules the given entries make an instance, imported and then required; all entries if none is given.
import { createRequire } from 'node:module';

let instances = [];
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(Instance, [module, imports]) {
    instances.push(...Object.keys(imports));
    return new Instance(module, imports);
  },
});
const given = process.argv.slice(2);
for (const entry of given) await import(entry);
const { length } = given.length > 0 ? given : Object.keys(await import('./entries.mjs'));
const imported = instances;
instances = [];
const require = createRequire(import.meta.url);
for (const entry of given.length > 0 ? given : ['./entries.cjs']) require(entry);
console.log(JSON.stringify({ entries: length, imported: imported.sort(), required: instances.sort() }));

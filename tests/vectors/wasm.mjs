// The wasm as it is shipped, as an engine of `cargo xtask vectors`: native.rs is the other one, and says which language both speak.
// The argument is the `dist` folder of the package; nothing but the module and the glue in it is used.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist] = process.argv.slice(2);
const glue = await import(pathToFileURL(join(dist, 'verify_bg.js')));
const module = new WebAssembly.Module(readFileSync(join(dist, 'verify_bg.wasm')));

let instance;
function start() {
  // Growing by nothing detaches the views of a lost instance's memory, which the glue would keep on using.
  instance?.exports.memory.grow(0);
  instance = new WebAssembly.Instance(module, { './verify_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  glue.start_instance(0);
}

const bytes = (hex) => new Uint8Array(Buffer.from(hex, 'hex'));

function answer(question) {
  try {
    if ('jws' in question) glue.check_jws(question.jws, question.keys, question.algorithms);
    else glue.check_signature(question.alg, question.key, bytes(question.message), bytes(question.signature));
    return null;
  } catch (thrown) {
    // The module throws the JSON of an error; anything else that comes out of it is a trap, after which the instance is lost.
    if (typeof thrown === 'string') return JSON.parse(thrown).code;
    start();
    return `trapped: ${thrown}`;
  }
}

start();
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(answer)));

// A panic says where it happened, in names that the package can be asked for, and never says a piece of the token that was read.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { installProject } from './install.mjs';

let entries;
let modules;
let names;
let compiled;
before(async () => {
  const project = await installProject('panic');
  const dist = join(project, 'node_modules/countersign/dist');
  const load = (file) => import(pathToFileURL(join(dist, file)));
  entries = { ...(await load('inline/index.js')), ...(await load('inline/testing.js')), ...(await load('inline/exchange.js')) };
  modules = { verify: (await load('verify/module.js')).verifyModule, credentials: (await load('credentials/module.js')).credentialsModule };
  const bytes = (name) => readFile(join(dist, `${name}_bg.wasm`));
  compiled = Object.fromEntries(
    await Promise.all(Object.keys(modules).map(async (name) => [name, new WebAssembly.Module(await bytes(name))])),
  );
  names = Object.fromEntries(
    await Promise.all(
      Object.keys(modules).map(async (name) => {
        const lines = (await readFile(join(dist, `debug/${name}.txt`), 'utf8')).trimEnd().split('\n');
        return [name, new Map(lines.map((line) => [Number(line.slice(0, line.indexOf(' '))), line.slice(line.indexOf(' ') + 1)]))];
      }),
    ),
  );
});

/** Runs something that must throw. Returns what it threw, and all that was written to the console meanwhile. */
function caught(t, run) {
  const written = [];
  for (const method of ['error', 'log', 'warn', 'info', 'debug'])
    t.mock.method(console, method, (...texts) => written.push(texts.map((text) => inspect(text)).join(' ')));
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  try {
    run();
  } catch (error) {
    return { error, written: written.join('\n').replaceAll('\\n', '\n') };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    t.mock.restoreAll();
  }
  assert.fail('nothing was thrown');
}

/** Every piece of a token that is as long as this would say something of it. */
const PIECE = 16;

function assertSilent(text, token) {
  for (let start = 0; start + PIECE <= token.length; start++) {
    const piece = token.slice(start, start + PIECE);
    assert.ok(!text.includes(piece), `a piece of the token, from its character ${start} on, is in: ${text}`);
  }
}

/** Token text, and what it says once it is decoded. */
const textsOf = (token) => [
  token,
  ...token
    .split('.')
    .slice(0, 2)
    .map((part) => Buffer.from(part, 'base64url').toString('latin1')),
];

/** The names of the functions of a stack, from the outermost inwards. */
function functionsOf(stack, module) {
  const numbers = [...stack.matchAll(/wasm-function\[(\d+)\]/g)].map(([, number]) => Number(number));
  assert.ok(numbers.length > 0, stack);
  return numbers.map((number) => {
    const name = names[module].get(number);
    assert.ok(name && !/^(fimport\$)?\d*$/.test(name), `function ${number} of ${module} has no name`);
    return name;
  });
}

test('a panic with a token in the buffer says where it was, and nothing of the token', async (t) => {
  const issuer = await entries.createTestIssuer();
  const token = await issuer.mint({ secret: 'Xk3vQ9'.repeat(20) });
  const verifier = entries.createVercelVerifier({
    team: 'acme',
    projectId: '*',
    ownerId: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3',
    environment: '*',
    jwks: issuer.jwks,
  });
  verifier.verifySync(token);
  // Larger than a vector can be.
  const { error, written } = caught(t, () => modules.verify.call((wasm) => wasm.buffer(0xffff_fff0)));
  assert.equal(error.code, 'ERR_INTERNAL');
  assert.match(written, /panicked at \S+\.rs:\d+:\d+/);
  assert.match(written, /capacity overflow/);
  for (const text of textsOf(token))
    for (const said of [written, inspect(error, { showHidden: true, depth: 9 }), error.stack, error.cause.stack]) assertSilent(said, text);
  for (const stack of [written, error.cause.stack]) {
    const functions = functionsOf(stack, 'verify');
    assert.ok(
      functions.some((name) => /\bbuffer\b/.test(name)),
      functions.join('\n'),
    );
    assert.ok(
      functions.some((name) => /capacity_overflow|handle_error|panick/.test(name)),
      functions.join('\n'),
    );
  }
  verifier.verifySync(token);
});

test('an abort for want of memory says nothing of the token that was handed over', async (t) => {
  const token = await (await entries.createTestIssuer()).mint({ secret: 'Xk3vQ9'.repeat(20) });
  const exchange = modules.credentials.call((wasm) => wasm.create_vercel_exchange({ audience: 'panic' }));
  // The token is in linear memory already when there is no room for the key.
  const { error, written } = caught(t, () =>
    modules.credentials.call((wasm) => wasm.find_credential(exchange, token, 0, { length: 0xffff_fff0 }, 0)),
  );
  assert.equal(error.code, 'ERR_INTERNAL');
  for (const text of textsOf(token))
    for (const said of [written, inspect(error, { showHidden: true, depth: 9 }), error.stack, error.cause.stack]) assertSilent(said, text);
  functionsOf(error.cause.stack, 'credentials');
});

test('the names are numbered as the module numbers its functions: imports first, and none left out', () => {
  for (const [module, known] of Object.entries(names)) {
    assert.deepEqual(
      [...known.keys()],
      [...known.keys()].map((_, index) => index),
      module,
    );
    const imported = WebAssembly.Module.imports(compiled[module]).filter(({ kind }) => kind === 'function');
    // wasm-bindgen makes conversions of its own, which it names in another way.
    const named = imported.flatMap(({ name }, number) => (name.startsWith('__wbg_') ? [[number, name]] : []));
    assert.ok(named.length > 0);
    for (const [number, name] of named) assert.ok(known.get(number).endsWith(name), `${number}: ${name}`);
    assert.ok(
      [...known.values()].some((name) => name.includes('countersign::')),
      module,
    );
  }
});

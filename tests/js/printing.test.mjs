// Everything that prints a value, in Node.js, Deno and Bun: objects that hold a secret never show it. Chromium's console is
// in printing-chromium.test.mjs, and clones are in cases/secrets.mjs, which runs in every runtime.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import { installProject } from './install.mjs';
import { command, installed } from './runtimes/command.mjs';

/** A module that makes one object of each kind, prints it in every way that the console has, and then the differences of assertions. */
const SCRIPT = `
import assert from 'node:assert/strict';
import util from 'node:util';
import * as entries from './entries.mjs';
import { holders } from './cases/secrets.mjs';

for (const [what, object, names] of await holders(entries)) {
  for (const name of names) if (!JSON.stringify(object[name]).includes('hush')) throw new Error(what + ' lacks ' + name);
  console.log(object);
  console.log({ nested: [object] });
  console.log('%o %O %s %j %d', object, object, object, object, object);
  console.error(object);
  console.debug(object);
  console.dir(object);
  console.dir(object, { showHidden: true, depth: null });
  console.table(object);
  console.table([object]);
  console.group(object);
  console.groupEnd();
  for (const showHidden of [false, true])
    for (const customInspect of [false, true])
      for (const getters of [false, true, 'get', 'set'])
        for (const showProxy of [false, true]) console.log(util.inspect({ object }, { showHidden, customInspect, getters, showProxy, depth: null, maxStringLength: null, sorted: true }));
  for (const compare of [assert.deepEqual, assert.strictEqual, assert.deepStrictEqual]) {
    try {
      compare({ object }, { object: { other: true } });
    } catch (error) {
      console.log(error.message, error);
    }
  }
  if (globalThis.Deno) console.log(Deno.inspect(object, { showHidden: true, getters: true, depth: 100 }));
  if (globalThis.Bun) console.log(Bun.inspect(object));
}
`;

let project;
before(async () => {
  project = await installProject('printing');
  await writeFile(join(project, 'print.mjs'), SCRIPT);
});

const RUNTIMES = {
  'Node.js': () => [process.execPath, ['print.mjs']],
  Deno: () => [
    process.execPath,
    [installed('deno', 'bin.cjs'), 'run', '--no-prompt', '--no-remote', '--no-config', '--node-modules-dir=manual', 'print.mjs'],
  ],
  Bun: () => [installed(`@oven/bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : 'x64'}`, 'bin/bun'), ['print.mjs']],
};
/** The other versions of Node.js that the build tool names. */
for (const version of [20, 22, 24, 26]) {
  const program = process.env[`NODE_${version}`];
  if (program) RUNTIMES[`Node.js ${version}`] = () => [program, ['print.mjs']];
}
for (const [runtime, how] of Object.entries(RUNTIMES)) {
  test(`no printer of ${runtime} shows a secret`, async () => {
    const [program, args] = how();
    const printed = await command('sh', ['-c', 'exec "$@" 2>&1', 'sh', program, ...args], {
      cwd: project,
      env: { ...process.env, DENO_NO_UPDATE_CHECK: '1', HOME: project },
    });
    assert.ok(printed.length > 5_000, printed);
    assert.deepEqual(
      printed.split('\n').filter((line) => line.includes('hush')),
      [],
    );
  });
}

test('a captured token is plain on purpose, and the console hides it', async () => {
  const load = (name) => import(pathToFileURL(join(project, 'node_modules/countersign/dist/inline', name)));
  const [{ captureToken }, { createTestIssuer }] = await Promise.all([load('index.js'), load('testing.js')]);
  const token = await (await createTestIssuer()).mint();
  const captured = captureToken(new Headers({ 'x-vercel-oidc-token': token }));
  for (const text of [util.inspect(captured), util.format('%o %O', captured, captured), util.inspect({ captured }, { showHidden: true })])
    assert.ok(!text.includes(token), text);
});

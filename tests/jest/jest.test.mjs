// The package inside Jest, as a program's own tests load it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installPackage } from './package-under-test.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const page = await readFile(new URL('../../docs/testing.md', import.meta.url), 'utf8');
/** The environment as the page has it. */
const [, environment] = /```js\n(\/\/ jsdom-with-web-apis\.cjs\n[\s\S]*?)```/.exec(page) ?? [];

before(installPackage);

/** Runs `project/verify.cjs` in a test environment, in a folder of its own beside `node_modules`. */
async function jest(testEnvironment, env) {
  const folder = await mkdtemp(`${here}run-`);
  try {
    await writeFile(`${folder}/package.json`, JSON.stringify({ jest: { testEnvironment, testMatch: ['**/*.test.cjs'] } }));
    await writeFile(`${folder}/jsdom-with-web-apis.cjs`, environment);
    await writeFile(`${folder}/verify.test.cjs`, await readFile(`${here}project/verify.cjs`));
    const args = [`${here}node_modules/jest/bin/jest.js`, '--rootDir', folder, '--no-cache'];
    const run = promisify(execFile)(process.execPath, args, { cwd: folder, env: { ...process.env, ...env } });
    return await run.then(
      ({ stderr }) => ({ passed: true, output: stderr }),
      ({ stderr }) => ({ passed: false, output: stderr }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the page has the environment', () => assert.ok(environment?.includes('TestEnvironment')));

for (const [name, testEnvironment, env] of [
  ['node', 'node', {}],
  ['jsdom, with the environment of the page', './jsdom-with-web-apis.cjs', { WITH_DOCUMENT: '1' }],
]) {
  test(`verification, guards and credentials work in Jest: ${name}`, { timeout: 120_000 }, async () => {
    const { passed, output } = await jest(testEnvironment, env);
    assert.ok(passed, output);
    assert.match(output, /Tests: +2 passed, 2 total/);
  });
}

test('plain jsdom lacks what the page says', { timeout: 120_000 }, async () => {
  const { passed, output } = await jest('jsdom', { WITH_DOCUMENT: '1' });
  assert.equal(passed, false);
  assert.match(output, /ReferenceError: TextDecoder is not defined/);
});

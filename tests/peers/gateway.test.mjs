// The AI SDK's own gateway providers, 3 and 4, with credentials of this package, in each version of Node.js that gateway 4 is
// for. The tests are in gateway/, by topic; `node --test gateway/sockets.mjs` runs one file in the Node.js that it is called with.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { before, test } from 'node:test';
import { nodeVersion } from '../node-versions/index.mjs';
import { installPackage } from './package-under-test.mjs';

const folder = new URL('gateway/', import.meta.url);
const files = (await readdir(folder)).filter((file) => file !== 'setting.mjs').sort();

let entries;
before(async () => {
  entries = await installPackage('peers-gateway');
});

for (const version of ['22', '24', '26']) {
  for (const file of files) {
    test(`Node.js ${version}: ${file}`, async () => {
      const { output, code } = await run(nodeVersion(version), file);
      assert.equal(code, 0, output);
      const passed = Number(/^# pass (\d+)$/m.exec(output)?.[1]);
      assert.ok(passed > 0, `no test ran:\n${output}`);
    });
  }
}

/** Runs a file of tests in a process of its own, without what would tell it that it runs below another test runner. */
function run(node, file) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(node, ['--test-reporter=tap', file], {
    cwd: folder,
    env: { ...env, COUNTERSIGN_ENTRIES: entries, AI_GATEWAY_API_KEY: '', VERCEL_OIDC_TOKEN: '' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ output, code }));
  });
}

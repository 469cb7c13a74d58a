// The declarations against those of the peers and of the original. That they need no peer is tested in tests/js: no project there has one.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installPackage } from './package-under-test.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const examples = new URL('types/examples/', import.meta.url);
const PAGES = ['connect-mcp', 'connect-sign-in', 'connect-eve'];

test('each entry has the types that its peers want, and so have the examples of its page', async () => {
  await installPackage();
  await rm(examples, { recursive: true, force: true });
  await mkdir(examples);
  for (const name of PAGES) {
    const page = await readFile(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/^<!-- framework -->\n```ts\n(.*?)^```$/gms)].map(([, code]) => code);
    assert.ok(blocks.length > 0, `${name} has no example with its peer`);
    for (const [number, code] of blocks.entries()) await writeFile(new URL(`${name}-${number}.ts`, examples), code);
  }
  await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'types'], { cwd: here }).catch(({ stdout }) => {
    throw new Error(stdout);
  });
});

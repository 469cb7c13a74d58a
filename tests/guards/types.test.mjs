// The declarations against those of the frameworks. That they need no framework is tested in tests/js: no project there has one.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installPackage } from './package-under-test.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const examples = new URL('types/examples/', import.meta.url);

before(installPackage);

/** Compiles the files of types/. */
const compile = () =>
  promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'types'], { cwd: here }).catch(({ stdout }) => {
    throw new Error(stdout);
  });

test('each guard has the types that its framework wants, and so have the examples of docs/guard.md', async () => {
  const page = await readFile(new URL('../../docs/guard.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^<!-- framework -->\n```ts\n(.*?)^```$/gms)].map(([, code]) => code);
  assert.ok(blocks.length >= 4, `the page has ${blocks.length} examples with a framework`);
  await rm(examples, { recursive: true, force: true });
  await mkdir(examples);
  for (const [number, code] of blocks.entries()) await writeFile(new URL(`${number}.ts`, examples), code);
  await compile();
});

// The declarations against those of the frameworks. That they need no framework is tested in tests/js: no project there has one.
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installPackage } from './package-under-test.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

test('each guard has the types that its framework wants', async () => {
  await installPackage();
  await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'types'], { cwd: here }).catch(({ stdout }) => {
    throw new Error(stdout);
  });
});

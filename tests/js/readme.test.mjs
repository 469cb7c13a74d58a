// The README tells the truth: its examples type-check against the packed package, and the one that needs no account runs.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installProject } from './install.mjs';
import { command } from './runtimes/command.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

/** Packages that examples import, and that are tested elsewhere beside ours. */
const OTHERS = ['@ai-sdk/gateway', '@aws-sdk/client-s3', '@vercel/sandbox', 'redis'];

let project;
before(async () => {
  project = await installProject('readme');
  await mkdir(join(project, 'examples'));
  await writeFile(join(project, 'examples/others.d.ts'), OTHERS.map((name) => `declare module '${name}';\n`).join(''));
  for (const [number, code] of examples.entries()) await writeFile(join(project, `examples/${number}.mts`), code);
});

test('every example type-checks', async () => {
  assert.ok(examples.length >= 4, `the README has ${examples.length} examples`);
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--ignoreConfig', '--typeRoots', join(here, 'node_modules/@types'), '--types', 'node'];
  await command(join(here, 'node_modules/.bin/tsc'), [...flags, 'examples/others.d.ts', ...examples.map((_, number) => `examples/${number}.mts`)], { cwd: project });
});

/** What an example without an account prints once these lines are added. */
async function run(name, marker, lines) {
  const code = examples.filter((code) => code.includes(marker));
  assert.equal(code.length, 1);
  await writeFile(join(project, `${name}.mjs`), `${code[0]}\n${lines}\n`);
  return (await command(process.execPath, [`${name}.mjs`], { cwd: project })).trim();
}

test('the example of the test issuer runs', async () => {
  assert.equal(await run('issuer', 'fetch: issuer.fetch', 'console.log(claims.sub);'), 'owner:acme:project:acme_website:environment:preview');
});

test('the example of the Connect service runs', async () => {
  assert.equal(await run('connect', 'createTestConnect', 'console.log(`${scopes}`, connect.billed);'), 'chat:write 1');
});

test('the commands of the command line run as they stand there', async () => {
  const [section] = /^## Command line\n.*?(?=^## )/ms.exec(readme) ?? [''];
  const lines = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, code]) => code.trim().split('\n'));
  assert.ok(lines.length >= 5, `there are ${lines.length} commands`);
  // `npx` takes what is installed in the project; offline, since it must not fetch another.
  const env = { PATH: process.env.PATH, HOME: project, npm_config_offline: 'true', VERCEL_OIDC_TOKEN: '' };
  for (const line of lines) {
    if (line.includes('doctor')) env.VERCEL_OIDC_TOKEN = (await readFile(join(project, 'token.jwt'), 'utf8')).trim();
    const printed = await command('bash', ['-c', line], { cwd: project, env });
    if (line.includes('inspect')) assert.equal(JSON.parse(printed).token.claims.project, 'acme_website');
    if (line.includes('verify') || line.includes('doctor')) assert.equal(JSON.parse(printed).ok, true);
  }
});

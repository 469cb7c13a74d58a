// The declarations of the WebAssembly modules are generated from the Rust structs that cross the boundary. A field that is
// renamed on one side only is an error of the compiler, not a value that is undefined at run time.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const template = join(root, 'pkg-template');
const dist = join(root, 'pkg/dist');
const folder = join(root, 'target/js-tests/drift');
const MODULES = ['verify', 'credentials', 'inspect'];

before(async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'generated'), { recursive: true });
  await cp(join(template, 'src'), join(folder, 'src'), { recursive: true });
  await symlink(join(template, 'node_modules'), join(folder, 'node_modules'));
  for (const file of ['package.json', 'tsconfig.json']) await cp(join(template, file), join(folder, file));
  await writeFile(join(folder, 'generated/package.json'), '{"type": "module"}');
  for (const module of MODULES) {
    await mkdir(join(folder, 'generated/load', module), { recursive: true });
    await writeFile(join(folder, 'generated/load', module, 'bytes.d.ts'), 'declare const base64: string;\nexport default base64;\n');
    await writeDeclarations(module, (text) => text);
  }
  // A configuration of its own: the template's names the folder of the build.
  const config = {
    extends: './tsconfig.json',
    compilerOptions: { rootDir: '.', rootDirs: ['src', 'generated'], noEmit: true },
    include: ['src'],
  };
  await writeFile(join(folder, 'tsconfig.drift.json'), JSON.stringify(config));
});

async function writeDeclarations(module, edit) {
  const text = await readFile(join(dist, `${module}_bg.d.ts`), 'utf8');
  const edited = edit(text);
  await writeFile(join(folder, 'generated', `${module}_bg.d.ts`), edited);
  return edited !== text;
}

/** What the compiler of the build says of the sources; empty where they fit. */
async function compile() {
  const tsc = spawn(
    process.execPath,
    [join(template, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.drift.json', '--pretty', 'false'],
    { cwd: folder },
  );
  let said = '';
  for (const stream of [tsc.stdout, tsc.stderr]) stream.on('data', (data) => (said += data));
  const [code] = await once(tsc, 'close');
  assert.equal(code === 0, said === '', said);
  return said;
}

test('the sources fit the declarations as they are', { timeout: 120_000 }, async () => {
  assert.equal(await compile(), '');
});

/** Fields of the structs that cross, each with the module in which it is renamed and a source that reads or writes it. */
const FIELDS = [
  ['verify', 'delayMs', 'core/send.ts'],
  ['credentials', 'delayMs', 'credentials'],
  ['verify', 'maxBodyBytes', 'core/send.ts'],
  ['verify', 'inFlight', 'verify/verifier.ts'],
  ['credentials', 'sharedName', 'exchange/client.ts'],
  ['credentials', 'attempt', 'exchange/client.ts'],
  ['credentials', 'needsSource', 'credentials/resolve.ts'],
  ['credentials', 'found', 'credentials/resolve.ts'],
  ['credentials', 'authMethod', 'credentials/bearer-token.ts'],
  ['credentials', 'selected', 'credentials/bearer-token.ts'],
  ['credentials', 'region', 'aws.ts'],
];

for (const [module, field, source] of FIELDS) {
  test(`${module}: \`${field}\` under another name is an error in ${source}`, { timeout: 120_000 }, async () => {
    try {
      assert.ok(
        await writeDeclarations(module, (text) => text.replace(new RegExp(`\\b${field}(\\??: )`, 'g'), `${field}Renamed$1`)),
        `there is no field ${field}`,
      );
      const said = await compile();
      assert.match(said, /error TS\d+/);
      assert.ok(said.includes(source), said);
    } finally {
      await writeDeclarations(module, (text) => text);
    }
  });
}

for (const [module, name] of [
  ['verify', 'load_keys'],
  ['credentials', 'find_credential'],
  ['credentials', 'complete_operation'],
]) {
  test(`${module}: a function \`${name}\` that is gone is an error`, { timeout: 120_000 }, async () => {
    try {
      assert.ok(await writeDeclarations(module, (text) => text.replace(`function ${name}(`, `function ${name}_renamed(`)));
      assert.match(await compile(), new RegExp(`error TS\\d+[^]*${name}`));
    } finally {
      await writeDeclarations(module, (text) => text);
    }
  });
}

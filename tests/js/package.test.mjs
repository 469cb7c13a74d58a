// What the packed tarball is, whatever its code does: what it asks of its host, how it resolves, what it declares.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installProject, tarball } from './install.mjs';
import { command } from './runtimes/command.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const bin = (name) => join(here, 'node_modules/.bin', name);

let project;
let installed;
before(async () => {
  project = await installProject('package');
  installed = join(project, 'node_modules/countersign');
});

test('the wasm imports only what wasm-imports.json lists', async () => {
  const allowed = new Set(JSON.parse(await readFile(join(here, 'wasm-imports.json'), 'utf8')));
  const module = new WebAssembly.Module(await readFile(join(installed, 'dist/countersign_bg.wasm')));
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    assert.equal(from, './countersign_bg.js', `an import of ${name} from elsewhere`);
    // wasm-bindgen's own: it tells types apart, converts and throws.
    if (/^__wbg___wbindgen_|^__wbindgen_/.test(name)) continue;
    // It appends a hash that changes with its version.
    assert.ok(allowed.has(name.replace(/_[0-9a-f]{16}$/, '')), `the wasm imports ${name}; the core asks its host for nothing new without a reason`);
  }
});

test('all entries of a module system share one instance', async () => {
  const { entries, imported, required } = JSON.parse(await command(process.execPath, ['one-instance.mjs'], { cwd: project }));
  assert.ok(entries > 1);
  assert.deepEqual({ imported, required }, { imported: 1, required: 1 });
});

test('package.json brings no dependencies, runs no scripts and says where it is from', async () => {
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  for (const key of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies', 'scripts', 'private']) assert.ok(!(key in manifest), key);
  assert.equal(manifest.license, 'MIT OR Apache-2.0');
  for (const document of ['LICENSE-APACHE', 'LICENSE-MIT']) assert.ok((await readFile(join(installed, document))).length > 0, document);
});

test('no file names the machine that built it', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const files = (await readdir(installed, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  assert.ok(files.length > 0);
  for (const { parentPath, path, name } of files) {
    const bytes = await readFile(join(parentPath ?? path, name));
    for (const place of [root, `${homedir()}/`]) assert.ok(!bytes.includes(place), `${name} contains ${place}`);
  }
});

test('publint finds nothing', async () => {
  await command(bin('publint'), ['run', '--strict', await tarball()]);
});

test('the declarations fit the code in every way of resolving (attw)', async () => {
  // Not node10: it knows no `exports`, and TypeScript 7 dropped it.
  await command(bin('attw'), ['--profile', 'node16', '--no-emoji', await tarball()]);
});

const RESOLUTIONS = {
  node16: ['--module', 'node16'],
  nodenext: ['--module', 'nodenext'],
  bundler: ['--module', 'preserve', '--moduleResolution', 'bundler'],
};
for (const [name, flags] of Object.entries(RESOLUTIONS)) {
  test(`a strict consumer type-checks: ${name}`, async () => {
    const files = ['consumer', 'entries'].flatMap((name) => [`types/${name}.mts`, `types/${name}.cts`]);
    const strict = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022', '--types', '', '--ignoreConfig'];
    await command(bin('tsc'), [...strict, ...flags, ...files], { cwd: project });
  });
}

// What the packed tarball is, whatever its code does: what it asks of its host, how it resolves, what it declares.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { entriesOf, installProject, modulesOf, tarball } from './install.mjs';
import { command } from './runtimes/command.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const bin = (name) => join(here, 'node_modules/.bin', name);

let project;
let installed;
before(async () => {
  project = await installProject('package');
  installed = join(project, 'node_modules/countersign');
});

test('each wasm imports only what wasm-imports.json lists', async () => {
  const allowed = JSON.parse(await readFile(join(here, 'wasm-imports.json'), 'utf8'));
  const modules = await modulesOf(project);
  assert.deepEqual(modules, Object.keys(allowed));
  for (const file of modules) {
    const module = new WebAssembly.Module(await readFile(join(installed, 'dist', file)));
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      assert.equal(from, `./${file.replace('.wasm', '.js')}`, `an import of ${name} from elsewhere`);
      // wasm-bindgen's own: it tells types apart, converts and throws.
      if (/^__wbg___wbindgen_|^__wbindgen_/.test(name)) continue;
      // It appends a hash that changes with its version.
      const known = allowed[file].includes(name.replace(/_[0-9a-f]{16}$/, ''));
      assert.ok(known, `${file} imports ${name}; the core asks its host for nothing new without a reason`);
    }
  }
});

const instancesOf = async (...entries) => JSON.parse(await command(process.execPath, ['one-instance.mjs', ...entries], { cwd: project }));

test('all entries of a module system share one instance of each module', async () => {
  const { entries, imported, required } = await instancesOf();
  assert.ok(entries > 1);
  const once = (await modulesOf(project)).map((file) => `./${file.replace('.wasm', '.js')}`);
  assert.deepEqual({ imported, required }, { imported: once, required: once });
});

/** The modules of which an entry makes an instance as it is imported. */
const LOADS = {
  countersign: ['verify'],
  'countersign/astro': [],
  'countersign/aws': ['credentials'],
  'countersign/azure': ['credentials'],
  'countersign/connect': ['credentials', 'verify'],
  'countersign/connect/ai-sdk': ['credentials'],
  'countersign/connect/authjs': ['credentials'],
  'countersign/connect/betterauth': ['credentials'],
  'countersign/connect/chat': ['credentials', 'verify'],
  'countersign/connect/eve': ['credentials', 'verify'],
  'countersign/connect/mcp': ['credentials'],
  'countersign/connect/tanstack-ai': ['credentials'],
  'countersign/exchange': ['credentials'],
  'countersign/explain': [],
  'countersign/express': [],
  'countersign/fastify': [],
  'countersign/federation': ['verify'],
  'countersign/gcp': ['credentials'],
  'countersign/guard': [],
  'countersign/h3': [],
  'countersign/hono': [],
  'countersign/infra': ['inspect'],
  'countersign/inspect': ['inspect'],
  'countersign/keys': ['credentials'],
  'countersign/next': [],
  'countersign/react-router': [],
  'countersign/refresh': ['credentials', 'verify'],
  'countersign/sveltekit': [],
  'countersign/testing': ['verify'],
  'countersign/vercel-oidc': ['credentials', 'verify'],
};

test('no entry loads a module that it does not need', async () => {
  assert.deepEqual(
    (await entriesOf(project)).map(([, entry]) => entry),
    Object.keys(LOADS),
  );
  for (const [entry, modules] of Object.entries(LOADS)) {
    const wanted = modules.map((name) => `./${name}_bg.js`);
    const { imported, required } = await instancesOf(entry);
    assert.deepEqual({ imported, required }, { imported: wanted, required: wanted }, entry);
  }
});

for (const file of ['first-use.mjs', 'first-use.cjs']) {
  test(`verifying makes one instance, and the first search for a credential one more: ${file}`, async () => {
    const after = JSON.parse(await command(process.execPath, [file], { cwd: project }));
    const [verify, credentials] = ['./verify_bg.js', './credentials_bg.js'];
    assert.deepEqual(after, {
      import: [verify],
      verifiers: [verify],
      verified: [verify],
      // Settings are made without the module: only a request needs it.
      settings: [verify],
      'first credential': [verify, credentials],
      'second credential': [verify, credentials],
    });
  });
}

test('package.json brings no dependencies, runs no scripts and says where it is from', async () => {
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  for (const key of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies', 'scripts', 'private'])
    assert.ok(!(key in manifest), key);
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
  await command(bin('attw'), ['--no-emoji', await tarball()]);
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

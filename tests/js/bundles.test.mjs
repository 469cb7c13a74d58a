// What bundlers make of the package: nothing of Node.js is in what goes to the edge, and nothing of it is loaded by a page.
import assert from 'node:assert/strict';
import { builtinModules } from 'node:module';
import { before, test } from 'node:test';
import { build } from 'esbuild';
import { entriesOf, installProject } from './install.mjs';

let project;
let entries;
before(async () => {
  project = await installProject('bundles');
  entries = await entriesOf(project);
});

/** Bundles what is used of one entry for one kind of runtime; `imports` has what the outputs import that is not in them. */
async function bundle(entry, conditions, splitting, names = '*') {
  const wasm = {
    name: 'wasm',
    setup: ({ onResolve }) => onResolve({ filter: /\.wasm(\?module)?$/ }, ({ path }) => ({ path, external: true })),
  };
  const { outputFiles, metafile } = await build({
    absWorkingDir: project,
    stdin: { contents: `export ${names} from '${entry}'`, resolveDir: project },
    bundle: true,
    write: false,
    metafile: true,
    splitting,
    format: 'esm',
    platform: splitting ? 'browser' : 'neutral',
    outdir: 'bundles',
    conditions,
    plugins: [wasm],
  });
  const [first, ...chunks] = outputFiles.map(({ text }) => text);
  const imports = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  );
  // The files of which something is in an output.
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  return { first, chunks, imports, files };
}

const isOfNode = (name) => name.startsWith('node:') || builtinModules.includes(name);

// docs/runtimes.md names the setting.
for (const [condition, suffix] of Object.entries({ 'edge-light': '?module', workerd: '' })) {
  test(`${condition}: with the loader \`copy\` the modules lie beside the bundle, and are imported from there`, async () => {
    const { outputFiles } = await build({
      absWorkingDir: project,
      stdin: { contents: "export { createVercelVerifier } from 'countersign'", resolveDir: project },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      outdir: 'bundles',
      conditions: [condition],
      loader: { '.wasm': 'copy' },
      assetNames: '[name]',
    });
    assert.ok(outputFiles.some(({ path }) => path.endsWith('/verify_bg.wasm')));
    const { text } = outputFiles.find(({ path }) => path.endsWith('.js'));
    assert.ok(text.includes(`from "./verify_bg.wasm${suffix}"`));
  });
}

for (const condition of ['edge-light', 'workerd']) {
  test(`${condition}: no entry has anything that names a module of Node.js`, async () => {
    for (const [, entry] of entries) {
      // The test issuer listens where it can: it is for tests, and asks the runtime by name.
      if (entry === 'countersign/testing') continue;
      const { first, chunks, imports } = await bundle(entry, [condition], false);
      assert.equal(chunks.length, 0);
      assert.deepEqual(imports.filter(isOfNode), []);
      for (const word of ['node:', 'getBuiltinModule', 'createRequire', 'child_process', 'com.vercel.cli']) {
        // Whether there may be files at all is asked once.
        const allowed = word === 'getBuiltinModule' ? 1 : 0;
        assert.ok(first.split(word).length - 1 <= allowed, `${entry} has ${word}`);
      }
    }
  });
}

test('browsers: no entry imports a module of Node.js, and what reads files is in a part that no page loads', async () => {
  for (const [, entry] of entries) {
    const { first, imports } = await bundle(entry, ['browser', 'import'], true);
    assert.deepEqual(imports.filter(isOfNode), [], entry);
    if (entry === 'countersign/testing') continue;
    for (const word of ['node:', 'child_process', 'com.vercel.cli']) assert.ok(!first.includes(word), `${entry} has ${word}`);
  }
});

/** What belongs to the module credentials alone. */
const OF_CREDENTIALS = /dist\/(credentials_bg|load\/credentials|credentials\/|exchange\/|connect\/|host\/(?!environment|request))/;

for (const condition of ['browser', 'node', 'edge-light', 'workerd']) {
  test(`${condition}: a program with a verifier alone has nothing of the module credentials`, async () => {
    const conditions = condition === 'browser' ? ['browser', 'import'] : [condition];
    const { first, chunks, imports, files } = await bundle(
      'countersign',
      conditions,
      false,
      '{ createVerifier, createVercelVerifier, decode, CountersignError }',
    );
    assert.equal(chunks.length, 0);
    assert.ok(
      files.some((path) => path.endsWith('dist/verify_bg.js')),
      'the module verify',
    );
    assert.deepEqual(
      files.filter((path) => OF_CREDENTIALS.test(path)),
      [],
    );
    assert.deepEqual(
      imports.filter((path) => path.includes('credentials')),
      [],
    );
    for (const word of ['credentials_bg', 'find_credential', 'resolve_credential', 'VERCEL_OIDC_TOKEN', 'sts.amazonaws.com'])
      assert.ok(!first.includes(word), word);
    // What the words above would be found in.
    const everything = await bundle('countersign', conditions, false);
    assert.ok(everything.files.some((path) => OF_CREDENTIALS.test(path)));
    for (const word of ['find_credential', 'resolve_credential', 'VERCEL_OIDC_TOKEN']) assert.ok(everything.first.includes(word), word);
  });
}

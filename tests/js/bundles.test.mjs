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

/** Bundles one entry for one kind of runtime; `imports` has what the outputs import that is not in them. */
async function bundle(entry, conditions, splitting) {
  const wasm = { name: 'wasm', setup: ({ onResolve }) => onResolve({ filter: /\.wasm(\?module)?$/ }, ({ path }) => ({ path, external: true })) };
  const { outputFiles, metafile } = await build({
    absWorkingDir: project,
    stdin: { contents: `export * from '${entry}'`, resolveDir: project },
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
  const imports = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external).map(({ path }) => path));
  return { first, chunks, imports };
}

const isOfNode = (name) => name.startsWith('node:') || builtinModules.includes(name);

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

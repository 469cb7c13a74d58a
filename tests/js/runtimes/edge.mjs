// The edge runtime of Next.js, stricter than Next.js itself runs it locally: no code from text, no module from bytes.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EdgeVM } from '@edge-runtime/vm';
import { build } from 'esbuild';
import { modulesOf } from '../install.mjs';

/** `wanted` names the modules that the bundle must have: those that it would not have were not used. Default: all. */
export async function edge(project, wanted) {
  const modules = [];
  // Does with `?module` what Next.js does: the module is compiled outside and handed in.
  const wasm = {
    name: 'wasm',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.wasm\?module$/ }, ({ path, importer }) => ({
        path: join(dirname(importer), path.replace('?module', '')),
        namespace: 'wasm',
      }));
      onLoad({ filter: /./, namespace: 'wasm' }, async ({ path }) => {
        const index = modules.push(await WebAssembly.compile(await readFile(path))) - 1;
        return { contents: `export default globalThis.modules[${index}]` };
      });
    },
  };
  const { outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: ['edge.mjs'],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    target: 'es2022',
    conditions: ['edge-light'],
    plugins: [wasm],
  });
  const { length } = wanted ?? (await modulesOf(project));
  if (modules.length !== length) throw new Error(`the edge bundle has ${modules.length} wasm modules, not ${length}`);

  const vm = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
  await refusesBytes(vm);
  vm.context.modules = modules;
  vm.evaluate(outputFiles[0].text);
  // As text, since the sandbox's objects are of another realm.
  return JSON.parse(await vm.evaluate('results().then(JSON.stringify)'));
}

/** The sandbox proves nothing if it lets through what it is here to refuse. */
async function refusesBytes(vm) {
  const empty = 'new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])';
  const answer = await vm.evaluate(`(() => { try { new WebAssembly.Module(${empty}); return 'compiled' } catch { return 'refused' } })()`);
  if (answer !== 'refused') throw new Error('this sandbox compiles bytes; the edge runtime does not');
}

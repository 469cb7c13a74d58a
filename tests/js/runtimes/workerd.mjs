// Cloudflare's runtime itself, with a compatibility date from before it could compile bytes.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { command, installed } from './command.mjs';

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2025-01-01",
    modules = [
      (name = "worker.mjs", esModule = embed "bundle.mjs"),
      (name = "countersign_bg.wasm", wasm = embed "../node_modules/countersign/dist/countersign_bg.wasm"),
    ],
  ))],
);
`;

export async function workerd(project) {
  const folder = join(project, 'workerd');
  // Leaves the import of the module to workerd, as wrangler does.
  const wasm = {
    name: 'wasm',
    setup: ({ onResolve }) => onResolve({ filter: /\.wasm$/ }, () => ({ path: './countersign_bg.wasm', external: true })),
  };
  await build({
    absWorkingDir: project,
    entryPoints: ['worker.mjs'],
    outfile: join(folder, 'bundle.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    conditions: ['workerd'],
    plugins: [wasm],
  });
  await writeFile(join(folder, 'config.capnp'), CONFIG);
  return JSON.parse(await command(process.execPath, [installed('workerd', 'bin/workerd'), 'test', 'config.capnp'], { cwd: folder }));
}

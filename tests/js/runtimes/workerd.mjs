// Cloudflare's runtime itself, with a compatibility date from before it could compile bytes.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { modulesOf } from '../install.mjs';
import { command, installed } from './command.mjs';

const config = (modules) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2025-01-01",
    modules = [
      (name = "worker.mjs", esModule = embed "bundle.mjs"),
${modules.map((name) => `      (name = "${name}", wasm = embed "${name}"),`).join('\n')}
    ],
  ))],
);
`;

export async function workerd(project) {
  const folder = join(project, 'workerd');
  await build({
    absWorkingDir: project,
    entryPoints: ['worker.mjs'],
    outfile: join(folder, 'bundle.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    conditions: ['workerd'],
    // Leaves the imports of the modules to workerd, as wrangler does.
    loader: { '.wasm': 'copy' },
    assetNames: '[name]',
  });
  await writeFile(join(folder, 'config.capnp'), config(await modulesOf(project)));
  return JSON.parse(await command(process.execPath, [installed('workerd', 'bin/workerd'), 'test', 'config.capnp'], { cwd: folder }));
}

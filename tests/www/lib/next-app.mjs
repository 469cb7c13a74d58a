// Small Next.js apps for a measurement or a test: built in target/ with the packages of the demo app, then started by `next start`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from '../../js/runtimes/command.mjs';
import { freePort } from '../../js/runtimes/port.mjs';

const www = fileURLToPath(new URL('../../../www', import.meta.url));
const target = fileURLToPath(new URL('../../../target', import.meta.url));
const next = () => createRequire(join(www, 'package.json')).resolve('next/dist/bin/next');

/** What `next` gets of the machine's environment. */
const plain = { PATH: process.env.PATH, HOME: process.env.HOME, NEXT_TELEMETRY_DISABLED: '1' };

/** Copies the app in the folder `source` to `target/<name>` and builds it. Resolves to that folder. */
export async function buildApp(source, name, env = {}) {
  const folder = join(target, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(source, folder, { recursive: true });
  await symlink(join(www, 'node_modules'), join(folder, 'node_modules'));
  await command(process.execPath, [next(), 'build'], { cwd: folder, env: { ...plain, ...env }, timeout: 600_000 });
  return folder;
}

/** Starts a built app on a free port. Resolves when `path` is answered: `{ url, pid, stop() }`. */
export async function startApp(folder, { env = {}, path = '/', execArgv = [] } = {}) {
  const url = `http://127.0.0.1:${await freePort()}`;
  const args = [...execArgv, next(), 'start', '--hostname', '127.0.0.1', '--port', new URL(url).port];
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...plain, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  while (!(await fetch(url + path).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error('the app did not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
  return { url, pid: child.pid, stop };
}

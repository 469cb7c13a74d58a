// Starts the built app; and what is used of the package that the app itself has installed: for the demo and for the tests.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../tests/js/runtimes/port.mjs';

export const WWW = new URL('../', import.meta.url);
export const PROJECT_ID = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';

/** Loads what the app has installed. */
export const requireFromApp = createRequire(new URL('package.json', WWW));

export const { createVercelVerifier } = requireFromApp('countersign');
export const { createTestConnect, createTestIssuer } = requireFromApp('countersign/testing');

export const readFromApp = (path) => readFileSync(new URL(path, WWW), 'utf8');

/** `next start` on a loopback port, the given one if it is free, with exactly the given environment. */
export async function startApp(env = {}, preferredPort = 0) {
  const port = await freePort(preferredPort).catch(() => freePort(0));
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    process.execPath,
    [requireFromApp.resolve('next/dist/bin/next'), 'start', '--hostname', '127.0.0.1', '--port', String(port)],
    {
      cwd: fileURLToPath(WWW),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NEXT_TELEMETRY_DISABLED: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += data));

  const deadline = Date.now() + 60_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the app did not start:\n${log}`);
    if (Date.now() > deadline) {
      child.kill();
      throw new Error(`the app did not answer within a minute:\n${log}`);
    }
    if (await fetch(`${url}/api/health`).catch(() => undefined)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    log: () => log,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}

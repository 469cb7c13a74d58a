// Cloudflare's runtime under many requests at once, with a compatibility date from before one request could wait for a promise of another.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { installProject } from './install.mjs';
import { installed } from './runtimes/command.mjs';
import { freePort } from './runtimes/port.mjs';

const WORKER = `
import { createVercelVerifier } from 'countersign';
import { createTestIssuer } from 'countersign/testing';

let fetches = 0;
let issuer;
let verifier;

export default {
  async fetch(request) {
    issuer ??= await createTestIssuer();
    if (new URL(request.url).pathname === '/fetches') return Response.json(fetches);
    const slowly = async (...args) => {
      fetches += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return issuer.fetch(...args);
    };
    verifier ??= createVercelVerifier({ team: 'acme', projectId: '*', ownerId: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3', environment: '*', fetch: slowly });
    const { claims } = await verifier.verify(await issuer.mint());
    return Response.json(claims.owner);
  },
};
`;

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2024-09-01",
    modules = [
      (name = "worker.mjs", esModule = embed "bundle.mjs"),
      (name = "countersign_bg.wasm", wasm = embed "../node_modules/countersign/dist/countersign_bg.wasm"),
    ],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:PORT", http = (), service = "main")],
);
`;

test('requests on a cold verifier all get their keys, by one fetch each at most and none afterwards', { timeout: 120_000 }, async (t) => {
  const project = await installProject('workers');
  const folder = join(project, 'served');
  await mkdir(folder);
  const entry = join(project, 'served.mjs');
  await writeFile(entry, WORKER);
  const wasm = {
    name: 'wasm',
    setup: ({ onResolve }) => onResolve({ filter: /\.wasm$/ }, () => ({ path: './countersign_bg.wasm', external: true })),
  };
  await build({ entryPoints: [entry], outfile: join(folder, 'bundle.mjs'), bundle: true, format: 'esm', platform: 'neutral', target: 'es2022', conditions: ['workerd'], plugins: [wasm] });
  const port = await freePort();
  await writeFile(join(folder, 'config.capnp'), CONFIG.replace('PORT', port));
  // With its own group: what is started is a script that starts the runtime.
  const options = { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true };
  const server = spawn(process.execPath, [installed('workerd', 'bin/workerd'), 'serve', 'config.capnp'], options);
  let log = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => (log += data));
  const exited = once(server, 'exit');
  t.after(async () => {
    process.kill(-server.pid);
    await exited;
  });
  const url = `http://127.0.0.1:${port}`;
  const counted = async () => (await fetch(`${url}/fetches`)).json();
  while (!(await fetch(`${url}/fetches`).then(({ ok }) => ok, () => false))) {
    assert.equal(server.exitCode, null, log);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  const answers = async (count) => {
    const responses = await Promise.all(Array.from({ length: count }, () => fetch(url)));
    return Promise.all(responses.map(async (response) => (response.ok ? response.json() : `${response.status} ${await response.text()}`)));
  };
  assert.deepEqual([...new Set(await answers(100))], ['acme'], log);
  const cold = await counted();
  assert.ok(cold >= 1 && cold <= 100, `${cold} fetches`);
  assert.deepEqual([...new Set(await answers(100))], ['acme'], log);
  assert.equal(await counted(), cold, 'fetches once there are keys');
  assert.ok(!/hang|different request/i.test(log), log);
});

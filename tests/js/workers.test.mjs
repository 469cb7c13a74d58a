// Cloudflare's runtime itself: what a worker may do while it is loaded, and many requests at once, with a compatibility date
// from before one request could wait for a promise of another.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { build } from 'esbuild';
import { installProject } from './install.mjs';
import { installed } from './runtimes/command.mjs';
import { freePort } from './runtimes/port.mjs';

const CROWD = `
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

/**
 * Makes everything in global scope, where workerd refuses random bytes, timers and fetches: first it notes that it does, since
 * the test would prove nothing otherwise.
 */
const GLOBAL_SCOPE = `
import { awsCredentialsProvider } from 'countersign/aws';
import { azureClientAssertion } from 'countersign/azure';
import { gcpSubjectTokenSupplier } from 'countersign/gcp';
import { createAiGateway, createVerifier, createVercelVerifier } from 'countersign';
import { createTestIssuer } from 'countersign/testing';

const refused = (run) => {
  try {
    run();
    return false;
  } catch (error) {
    return /global scope/i.test(error.message);
  }
};
const refusedBefore = [() => crypto.getRandomValues(new Uint8Array(1)), () => setTimeout(() => {}, 0)].map(refused);

let issuer;
let token;
const vercel = { team: 'acme', projectId: '*', ownerId: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3', environment: '*' };
const verifiers = [
  createVercelVerifier({ ...vercel, fetch: (...args) => issuer.fetch(...args) }),
  createVerifier({ issuer: 'https://oidc.vercel.com/acme', audience: null, fetch: (...args) => issuer.fetch(...args) }),
];
const expiration = () => new Date(Date.now() + 3600000).toISOString();
const keys = () => \`<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
  <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/deploy/x</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIAWORKER</AccessKeyId>
  <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>\${expiration()}</Expiration></Credentials>
  </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>\`;
const presented = () => token;
const provider = awsCredentialsProvider({ roleArn: 'arn:aws:iam::123456789012:role/deploy', token: presented, fetch: async () => new Response(keys()) });
const supplier = gcpSubjectTokenSupplier({ token: presented });
const assertion = azureClientAssertion({ token: presented });
const createGateway = (settings) => ({ specificationVersion: 'v4', getAvailableModels: async () => settings.fetch('https://ai-gateway.vercel.sh/v4/ai/config') });
const gateway = createAiGateway(createGateway, { staticKey: 'key', fetch: async (_, { headers }) => new Response(headers.get('authorization')) });

export default {
  async fetch() {
    issuer ??= await createTestIssuer();
    token = await issuer.mint();
    const owners = await Promise.all(verifiers.map(async (verifier) => (await verifier.verify(token)).claims.owner));
    const { accessKeyId } = await provider();
    const tokens = [await supplier.getSubjectToken(), await assertion()].map((given) => given === token);
    const sent = await (await gateway.getAvailableModels()).text();
    return Response.json({ refusedBefore, owners, accessKeyId, tokens, sent });
  },
};
`;

const config = (modules, port) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2024-09-01",
    modules = [
      (name = "worker.mjs", esModule = embed "bundle.mjs"),
${modules.map((name) => `      (name = "${name}", wasm = embed "${name}"),`).join('\n')}
    ],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`;

let project;
before(async () => {
  project = await installProject('workers');
});

/** Serves a worker until the test is over. Resolves to its URL, and to what it has written so far. */
async function serve(t, name, source) {
  const folder = join(project, name);
  await mkdir(folder);
  const entry = join(project, `${name}.mjs`);
  await writeFile(entry, source);
  await build({
    entryPoints: [entry],
    outfile: join(folder, 'bundle.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    conditions: ['workerd'],
    loader: { '.wasm': 'copy' },
    assetNames: '[name]',
  });
  const port = await freePort();
  await writeFile(
    join(folder, 'config.capnp'),
    config(
      (await readdir(folder)).filter((name) => name.endsWith('.wasm')),
      port,
    ),
  );
  // With its own group: what is started is a script that starts the runtime.
  const options = { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true };
  const server = spawn(process.execPath, [installed('workerd', 'bin/workerd'), 'serve', 'config.capnp'], options);
  let log = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => (log += data));
  const exited = once(server, 'exit');
  t.after(async () => {
    if (server.exitCode === null) process.kill(-server.pid);
    await exited;
  });
  const url = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(`${url}/fetches`).then(
      () => true,
      () => false,
    ))
  ) {
    assert.equal(server.exitCode, null, log);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url, log: () => log };
}

test('nothing asks for random bytes at import, nor where verifiers and providers are made, and their first use works', {
  timeout: 120_000,
}, async (t) => {
  const { url, log } = await serve(t, 'global-scope', GLOBAL_SCOPE);
  for (let round = 0; round < 2; round++) {
    const response = await fetch(url);
    const text = await response.text();
    assert.equal(response.status, 200, `${text} ${log()}`);
    assert.deepEqual(JSON.parse(text), {
      refusedBefore: [true, true],
      owners: ['acme', 'acme'],
      accessKeyId: 'ASIAWORKER',
      tokens: [true, true],
      sent: 'Bearer key',
    });
  }
});

test('requests on a cold verifier all get their keys, by one fetch each at most and none afterwards', { timeout: 120_000 }, async (t) => {
  const { url, log } = await serve(t, 'served', CROWD);
  const counted = async () => (await fetch(`${url}/fetches`)).json();
  const answers = async (count) => {
    const responses = await Promise.all(Array.from({ length: count }, () => fetch(url)));
    return Promise.all(responses.map(async (response) => (response.ok ? response.json() : `${response.status} ${await response.text()}`)));
  };
  assert.deepEqual([...new Set(await answers(100))], ['acme'], log());
  const cold = await counted();
  assert.ok(cold >= 1 && cold <= 100, `${cold} fetches`);
  assert.deepEqual([...new Set(await answers(100))], ['acme'], log());
  assert.equal(await counted(), cold, 'fetches once there are keys');
  assert.ok(!/hang|different request/i.test(log()), log());
});

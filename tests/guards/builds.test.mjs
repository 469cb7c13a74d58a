// The builds for production of Nitro, SvelteKit and Astro: each is built as a user would, started, and asked over HTTP.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../js/runtimes/port.mjs';
import { installPackage } from './package-under-test.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

await installPackage();
const { createTestIssuer } = await import('countersign/testing');
const issuer = await createTestIssuer();
const JWKS = JSON.stringify(issuer.jwks);

const TOKENS = {
  'a token of the project': [await issuer.mint({ note: 'me' }), 200],
  'an expired token': [await issuer.mint({}, { expiresIn: -3600 }), 401],
  'the token of another project': [await issuer.mint({ project_id: 'prj_other' }), 401],
  'no token': [undefined, 401],
};

/** The verifier of an app whose options are there at run time only. */
const VERIFIER = `createVercelVerifier(() => ({
  team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production', jwks: JSON.parse(process.env.JWKS),
}))`;

/** Copies an app, since builds write into its folder. */
async function copyOf(app, name) {
  const folder = `${here}.${name}`;
  await rm(folder, { recursive: true, force: true });
  await cp(`${here}${app}`, folder, {
    recursive: true,
    filter: (path) => !/[/\\]\.(svelte-kit|astro|nitro|output)/.test(path.slice(here.length)),
  });
  return folder;
}

async function run(program, args, cwd) {
  const { JWKS: _, ...env } = process.env;
  await promisify(execFile)(process.execPath, [`${here}node_modules/${program}`, ...args], { cwd, env }).catch(({ stdout, stderr }) => {
    throw new Error(`${stdout}\n${stderr}`);
  });
}

/** Starts a server of Node.js, and waits until it accepts connections. */
async function start(file, variables = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: port, HOST: '127.0.0.1', ...variables },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code]) => assert.fail(`the server has ended with code ${code}`));
  ended.catch(() => {});
  const answers = async () => {
    while (!(await fetch(url).catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await Promise.race([answers(), ended]);
  return { url, close: () => child.kill() };
}

async function nitro(preset) {
  const folder = await copyOf('nitro', `nitro-${preset}`);
  await writeFile(`${folder}/jwks.json`, JWKS);
  await run('nitropack/dist/cli/index.mjs', ['build', '--preset', preset], folder);
  return folder;
}

const BUILDS = {
  async 'Nitro, node-server'() {
    return start(`${await nitro('node-server')}/.output/server/index.mjs`);
  },
  async 'Nitro, cloudflare-module, in workerd'() {
    const folder = `${await nitro('cloudflare-module')}/.output/server`;
    const { Miniflare } = await import('miniflare');
    const server = new Miniflare({
      host: '127.0.0.1',
      port: 0,
      modules: true,
      modulesRoot: folder,
      scriptPath: `${folder}/index.mjs`,
      modulesRules: [
        { type: 'ESModule', include: ['**/*.mjs'] },
        { type: 'CompiledWasm', include: ['**/*.wasm'] },
      ],
      compatibilityDate: '2026-07-01',
      compatibilityFlags: ['nodejs_compat'],
    });
    const { origin } = await server.ready;
    return { url: origin, close: () => server.dispose() };
  },
  async SvelteKit() {
    const root = await copyOf('sveltekit', 'sveltekit-build');
    const hooks = ["import { createVercelVerifier } from 'countersign';", "import { guard } from 'countersign/sveltekit';"];
    await writeFile(`${root}/src/hooks.server.js`, [...hooks, `export const handle = guard(${VERIFIER});`].join('\n'));
    await run('vite/bin/vite.js', ['build', '--logLevel', 'error'], root);
    process.env.JWKS = JWKS;
    const { preview } = await import('vite');
    process.chdir(root);
    const server = await preview({ root, logLevel: 'error', preview: { port: await freePort(), host: '127.0.0.1' } });
    return { url: server.resolvedUrls.local[0].replace(/\/$/, ''), close: () => server.close() };
  },
  async Astro() {
    const root = await copyOf('astro', 'astro-build');
    const middleware = ["import { createVercelVerifier } from 'countersign';", "import { guard } from 'countersign/astro';"];
    await writeFile(`${root}/src/middleware.js`, [...middleware, `export const onRequest = guard(${VERIFIER});`].join('\n'));
    const config = ["import node from '@astrojs/node';", "export default { output: 'server', adapter: node({ mode: 'standalone' }) };"];
    await writeFile(`${root}/astro.config.mjs`, config.join('\n'));
    await run('astro/bin/astro.mjs', ['build'], root);
    return start(`${root}/dist/server/entry.mjs`, { JWKS });
  },
};

for (const [name, build] of Object.entries(BUILDS)) {
  describe(name, () => {
    let server;
    before(async () => {
      server = await build();
    });
    after(() => server?.close());

    for (const [what, [token, status]] of Object.entries(TOKENS)) {
      test(`${what}: ${status}`, async () => {
        const response = await fetch(`${server.url}/me`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
        assert.equal(response.status, status);
        const body = await response.json();
        if (status === 200) assert.deepEqual(body, ['me', 'me']);
        else assert.match(response.headers.get('www-authenticate'), /^Bearer/);
      });
    }
  });
}

// docs/runtimes.md says so, and names the preset to use in its place. That the edge runtime refuses bytes, tests/js/runtimes/edge.mjs proves.
test('Nitro, vercel-edge: the build compiles bytes', async () => {
  const folder = `${await nitro('vercel-edge')}/.vercel/output/functions/__fallback.func`;
  assert.equal(JSON.parse(await readFile(`${folder}/.vc-config.json`, 'utf8')).runtime, 'edge');
  assert.match(await readFile(`${folder}/index.mjs`, 'utf8'), /new WebAssembly\.Module\(/);
});

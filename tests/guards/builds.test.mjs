// The builds for production of Nitro, SvelteKit and Astro: each is built as a user would, started, and asked over HTTP.
import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../js/runtimes/port.mjs';
import { installPackage } from './package-under-test.mjs';
import { describeBuild, runProgram, start } from './production.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

await installPackage();
const { createTestIssuer } = await import('countersign/testing');
const issuer = await createTestIssuer();
const JWKS = JSON.stringify(issuer.jwks);

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

const run = (program, args, cwd) => runProgram(`${here}node_modules/${program}`, args, cwd);

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

for (const [name, build] of Object.entries(BUILDS)) describeBuild(name, build, issuer);

// docs/runtimes.md says so, and names the preset to use in its place. That the edge runtime refuses bytes, tests/js/runtimes/edge.mjs proves.
test('Nitro, vercel-edge: the build compiles bytes', async () => {
  const folder = `${await nitro('vercel-edge')}/.vercel/output/functions/__fallback.func`;
  assert.equal(JSON.parse(await readFile(`${folder}/.vc-config.json`, 'utf8')).runtime, 'edge');
  assert.match(await readFile(`${folder}/index.mjs`, 'utf8'), /new WebAssembly\.Module\(/);
});

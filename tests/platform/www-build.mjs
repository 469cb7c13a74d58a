// The demo app, built by `vercel build` without an account; its functions run as they would be deployed.
// `cargo xtask vercel` runs this. It is not a part of `cargo xtask test`, which builds the app with `next build`.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { assemble, edgeFunction, startNodeFunction, vercelBuild } from './build-output.mjs';

const project = fileURLToPath(new URL('../../www', import.meta.url));
const testing = await import(pathToFileURL(createRequire(join(project, 'package.json')).resolve('countersign/testing')));

const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const issuer = await testing.createTestIssuer();
const tokens = {
  good: await issuer.mint(),
  expired: await issuer.mint({}, { expiresIn: -60 }),
  'of another project': await issuer.mint({ project_id: 'prj_another' }),
};
const bearer = (token) => (token === undefined ? {} : { authorization: `Bearer ${token}` });

let keys, environment;
before(
  async () => {
    keys = await issuer.listen();
    environment = {
      COUNTERSIGN_TEAM: 'acme',
      COUNTERSIGN_PROJECT_ID: PROJECT,
      COUNTERSIGN_ENVIRONMENT: 'production',
      COUNTERSIGN_JWKS_URL: keys.jwksUrl,
    };
    await rm(join(project, '.vercel'), { recursive: true, force: true });
    await mkdir(join(project, '.vercel'));
    await writeFile(join(project, '.vercel/project.json'), JSON.stringify({ projectId: 'prj_local', orgId: 'team_local', settings: {} }));
    // The app's own install command builds the package first; here it is installed already.
    const config = join(await mkdtemp(join(tmpdir(), 'vercel-config-')), 'vercel.json');
    await writeFile(config, JSON.stringify({ framework: 'nextjs', installCommand: '', buildCommand: 'npm run build' }));
    await vercelBuild(project, {}, ['--local-config', config]);
  },
  { timeout: 480_000 },
);
after(() => keys?.close());

/** How each guarded path is called, in the function that Vercel would call. */
const GUARDED = {
  'a route on Node.js': async () => {
    const { url, close } = await startNodeFunction(await assemble(project, 'api/node'), environment);
    return { ask: (token) => fetch(`${url}/api/node`, { headers: bearer(token) }), close };
  },
  'a route on the Edge runtime': async () => {
    const { answer } = await edgeFunction(await assemble(project, 'api/edge'), environment);
    return { ask: (token) => answer('https://app.example/api/edge', bearer(token)), close() {} };
  },
  'proxy.ts on Node.js': async () => {
    const { url, close } = await startNodeFunction(await assemble(project, '_middleware'), environment);
    return { ask: (token) => fetch(`${url}/protected`, { headers: bearer(token) }), close };
  },
};

for (const [name, open] of Object.entries(GUARDED)) {
  describe(name, () => {
    let opened;
    before(async () => {
      opened = await open();
    });
    after(() => opened?.close());

    test('answers 200 with a token of the project', async () => assert.equal((await opened.ask(tokens.good)).status, 200));
    for (const what of ['expired', 'of another project']) {
      test(`answers 401 with a token that is ${what}`, async () => assert.equal((await opened.ask(tokens[what])).status, 401));
    }
    test('answers 401 without a token', async () => assert.equal((await opened.ask(undefined)).status, 401));
  });
}

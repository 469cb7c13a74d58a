// A small Next.js app, built by `vercel build` without an account; its functions run as they would be deployed.
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { assemble, edgeFunction, functionsOf, startNodeFunction, vercelBuild } from './build-output.mjs';

const project = fileURLToPath(new URL('next-app', import.meta.url));
const testing = await import(pathToFileURL(createRequire(join(project, 'package.json')).resolve('countersign/testing')));

const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const issuer = await testing.createTestIssuer();
const environment = { TRUSTED_PROJECT_ID: PROJECT, TRUSTED_JWKS: JSON.stringify(issuer.jwks) };
const tokens = {
  good: await issuer.mint(),
  expired: await issuer.mint({}, { expiresIn: -60 }),
  'of another project': await issuer.mint({ project_id: 'prj_another' }),
  forged: (await issuer.mint()).replace(/.{8}$/, 'AAAAAAAA'),
};
const bearer = (token) => (token === undefined ? {} : { authorization: `Bearer ${token}` });

before(
  async () => {
    // The file that `vercel link` writes.
    await rm(join(project, '.vercel'), { recursive: true, force: true });
    await mkdir(join(project, '.vercel'));
    await writeFile(join(project, '.vercel/project.json'), JSON.stringify({ projectId: 'prj_local', orgId: 'team_local', settings: {} }));
    await vercelBuild(project);
  },
  { timeout: 240_000 },
);

describe('a route on Node.js 24', () => {
  let server;
  before(async () => {
    server = await startNodeFunction(await assemble(project, 'api/hello'), environment);
  });
  after(() => server?.close());
  const ask = (token) => fetch(`${server.url}/api/hello`, { headers: bearer(token) });

  test('answers 200 with a token of the project', async () => {
    const response = await ask(tokens.good);
    assert.equal(response.status, 200);
    const { project: name, node } = await response.json();
    assert.equal(name, PROJECT);
    assert.match(node, /^24\./);
  });

  for (const name of ['expired', 'of another project', 'forged']) {
    test(`answers 401 with a token that is ${name}`, async () => assert.equal((await ask(tokens[name])).status, 401));
  }
  test('answers 401 without a token', async () => assert.equal((await ask(undefined)).status, 401));

  test('is built for Node.js 24', async () => assert.ok((await functionsOf(project, 'nodejs24.x')).includes('api/hello')));
});

describe('Routing Middleware on the Edge runtime', () => {
  let middleware;
  before(async () => {
    middleware = await edgeFunction(await assemble(project, 'middleware'), environment);
  });
  const ask = (token) => middleware.answer('https://app.example/guarded/page', bearer(token));

  test('brings the module `verify` as a file, compiled by the platform', async () => {
    assert.deepEqual(await functionsOf(project, 'edge'), ['middleware']);
    assert.equal(middleware.modules.length, 1);
  });

  test('lets a request with a token of the project through', async () => {
    const { status, headers } = await ask(tokens.good);
    assert.equal(status, 200);
    assert.equal(headers.get('x-middleware-next'), '1');
  });

  for (const name of ['expired', 'of another project', 'forged']) {
    test(`answers 401 with a token that is ${name}`, async () => assert.equal((await ask(tokens[name])).status, 401));
  }
  test('answers 401 without a token, with a challenge', async () => {
    const { status, headers } = await ask(undefined);
    assert.equal(status, 401);
    assert.match(headers.get('www-authenticate'), /^Bearer/);
  });
});

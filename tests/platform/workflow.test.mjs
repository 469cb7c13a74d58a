// Workflow DevKit with its local world: workflows are compiled by its own compiler, and steps run in this process.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect, promisify } from 'node:util';
import { startGateway } from '../../www/scripts/gateway-api.mjs';
import { startRedis } from '../peers/refresh/redis-server.mjs';

const app = fileURLToPath(new URL('workflow-app', import.meta.url));
const bundles = join(app, '.well-known/workflow/v1');
const { resolve } = createRequire(join(app, 'package.json'));
const countersign = await import(pathToFileURL(resolve('countersign')));
const testing = await import(pathToFileURL(resolve('countersign/testing')));

const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const OWNER = 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3';
const SUBJECT = 'owner:acme:project:acme_website:environment:production';
const CONTEXT = Symbol.for('@vercel/request-context');
const issuer = await testing.createTestIssuer();
const verifier = countersign.createVercelVerifier({ team: 'acme', projectId: PROJECT, environment: 'production', fetch: issuer.fetch });

let gateway, server, start, data, redis, keys;
const deliveries = [];
before(
  async () => {
    await rm(join(app, '.well-known'), { recursive: true, force: true });
    await promisify(execFile)(process.execPath, [join(app, 'node_modules/workflow/bin/run.js'), 'build'], { cwd: app });
    gateway = await startGateway({ verifier });
    redis = await startRedis();
    keys = await issuer.listen();
    const RELAY_KEY = randomBytes(32).toString('base64');
    Object.assign(process.env, { REDIS_URL: redis.url, JWKS_URL: keys.jwksUrl, RELAY_KEY });
    data = await mkdtemp(join(tmpdir(), 'workflow-data-'));
    server = createServer(deliver);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    process.env.WORKFLOW_LOCAL_BASE_URL = `http://127.0.0.1:${server.address().port}`;
    process.env.WORKFLOW_LOCAL_DATA_DIR = data;
    ({ start } = await import(pathToFileURL(join(app, 'node_modules/workflow/dist/api.js'))));
  },
  { timeout: 120_000 },
);
after(async () => {
  await gateway?.close();
  await keys?.close();
  await redis?.stop();
  server?.closeAllConnections();
  server?.close();
  await rm(data, { recursive: true, force: true });
});
beforeEach(() => {
  gateway.requests.splice(0);
  deliveries.splice(0);
  delete globalThis[CONTEXT];
});

/** Hands a delivery of the local queue to the bundle that it is for. */
async function deliver(request, response) {
  const kind = /^\/\.well-known\/workflow\/v1\/(flow|step)$/.exec(request.url)?.[1];
  if (!kind) return response.writeHead(404).end();
  deliveries.push(kind);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { POST } = createRequire(import.meta.url)(join(bundles, `${kind}.js`));
  const answer = await POST(
    new Request(`http://127.0.0.1${request.url}`, { method: 'POST', headers: request.headers, body: Buffer.concat(chunks) }),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
}

/** Starts a workflow by the name that the compiler gave it. */
async function run(file, name, args) {
  const { workflows } = JSON.parse(await readFile(join(bundles, 'manifest.json'), 'utf8'));
  return start({ workflowId: workflows[`workflows/${file}.ts`][name].workflowId }, args);
}
const capture = (token) => countersign.captureToken({ 'x-vercel-oidc-token': token });
/** A token that expired while the run waited. */
const captureExpired = async () => ({ token: await issuer.mint({}, { expiresIn: -60 }), expiresAt: Math.floor(Date.now() / 1000) - 60 });
const steps = () => deliveries.filter((kind) => kind === 'step').length;

describe('a step', () => {
  test('calls the gateway with the token that was captured before the run', async () => {
    const { returnValue } = await run('greet', 'greet', [capture(await issuer.mint()), gateway.baseURL]);
    assert.deepEqual(await returnValue, ['hello', 'again']);
    assert.deepEqual(
      gateway.requests.map(({ caller, authMethod }) => [caller, authMethod]),
      [
        [SUBJECT, 'oidc'],
        [SUBJECT, 'oidc'],
      ],
    );
    assert.equal(steps(), 2);
  });

  test('uses the token of its own delivery where the captured one has expired', async () => {
    const fresh = await issuer.mint();
    globalThis[CONTEXT] = { get: () => ({ headers: { 'x-vercel-oidc-token': fresh } }) };
    const { returnValue } = await run('greet', 'greet', [await captureExpired(), gateway.baseURL]);
    assert.deepEqual(await returnValue, ['hello', 'again']);
    assert.deepEqual(
      gateway.requests.map(({ caller }) => caller),
      [SUBJECT, SUBJECT],
    );
  });

  test('takes the newest token of the relay where the captured one has expired', async () => {
    const { createClient } = createRequire(join(app, 'package.json'))('redis');
    const [{ redisStore }, { createTokenRelay, publishToken }] = await Promise.all(
      ['exchange', 'refresh'].map((entry) => import(pathToFileURL(resolve(`countersign/${entry}`)))),
    );
    const client = await createClient({ url: redis.url }).connect();
    const policy = { team: 'acme', ownerId: OWNER, projectId: PROJECT, environment: 'production', fetch: issuer.fetch };
    const relay = createTokenRelay({ store: redisStore(client), key: process.env.RELAY_KEY, ...policy });
    assert.equal((await publishToken(relay, { 'x-vercel-oidc-token': await issuer.mint() })).status, 'published');
    client.destroy();
    const { returnValue } = await run('relayed', 'relayed', [await captureExpired(), gateway.baseURL]);
    assert.equal(await returnValue, 'hello');
    assert.deepEqual(
      gateway.requests.map(({ caller }) => caller),
      [SUBJECT],
    );
  });

  test('fails once and is not retried where only an expired token is left', async () => {
    const expired = await captureExpired();
    const { returnValue } = await run('greet', 'greet', [expired, gateway.baseURL]);
    const error = await returnValue.then(
      () => assert.fail('the run succeeded'),
      (error) => error,
    );
    assert.match(error.message, /ERR_CREDENTIAL_EXPIRED/);
    assert.ok(!inspect(error, { depth: null, showHidden: true }).includes(expired.token));
    assert.deepEqual([gateway.requests.length, steps()], [0, 1]);
  });

  test('fails once with a captured token that is malformed', async () => {
    const { returnValue } = await run('greet', 'greet', [{ token: 'not a token', expiresAt: 0 }, gateway.baseURL]);
    await assert.rejects(returnValue, /ERR_CREDENTIAL_INVALID/);
    assert.equal(steps(), 1);
  });
});

test('the recipe of docs/runtimes.md is the workflow that runs here', async () => {
  const [page, source] = await Promise.all(
    [new URL('../../docs/runtimes.md', import.meta.url), join(app, 'workflows/greet.ts')].map((path) => readFile(path, 'utf8')),
  );
  assert.ok(page.includes(source));
});

describe('workflow code', () => {
  let result, kinds;
  before(async () => {
    const { returnValue } = await run('inside', 'inside', [await issuer.mint(), issuer.jwks]);
    result = await returnValue;
    kinds = [...deliveries];
  });

  test('decodes a token, and verifies one with keys that are given', () => {
    assert.deepEqual([result.decoded, result.verified], [SUBJECT, SUBJECT]);
  });

  test('sends no request: keys cannot be fetched', () => {
    // The sandbox of workflow code lacks what a request needs.
    assert.match(result.fetched.message, /AbortController is not defined/);
  });

  test('finds no credential of a request, as `@vercel/oidc` finds none there', () => {
    assert.equal(result.found.code, 'ERR_CREDENTIALS_NOT_FOUND');
    assert.equal(result.oidc, '');
  });

  test('sees environment variables', async () => {
    process.env.VERCEL_OIDC_TOKEN = await issuer.mint();
    try {
      const { returnValue } = await run('inside', 'inside', [await issuer.mint(), issuer.jwks]);
      assert.equal((await returnValue).found, 'env');
    } finally {
      delete process.env.VERCEL_OIDC_TOKEN;
    }
  });

  test('verifies by a clock that stands still', async () => {
    assert.equal(result.clock, 0);
  });

  test('runs no step', () => assert.deepEqual(kinds, ['flow']));
});

// The cron route: who may call it, what it does to sandboxes, and that runs which overlap do the work once.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startAgents } from '../../www/scripts/agents.mjs';
import { createTestIssuer, readFromApp, requireFromApp, startApp } from '../../www/scripts/local.mjs';
import { startRedis } from '../peers/refresh/redis-server.mjs';

const SECRET = 'a-secret-of-the-cron-job';
const issuer = await createTestIssuer();
const call = (app, authorization = `Bearer ${SECRET}`, headers = {}) =>
  fetch(`${app.url}/api/cron/refresh`, { headers: { ...(authorization && { authorization }), ...headers } });
const writesOf = ({ api }, name) => api.sandboxes.get(name).requests.filter((request) => request === 'POST network-policy').length;

describe('with sandboxes that the environment names', () => {
  let agents;
  let app;
  let token;
  before(async () => {
    agents = await startAgents(issuer, ['agent-1', 'agent-2']);
    token = await issuer.mint();
    app = await startApp({
      CRON_SECRET: SECRET,
      COUNTERSIGN_SANDBOXES: 'agent-1, agent-2, deleted',
      COUNTERSIGN_SANDBOX_API: agents.api.url,
      VERCEL_OIDC_TOKEN: token,
    });
  });
  after(async () => {
    await app?.stop();
    await agents?.stop();
  });

  test('a call without the secret is refused', async () => {
    for (const authorization of [
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${SECRET}x`,
      `Bearer ${SECRET.slice(0, -1)}`,
      SECRET,
      `bearer ${SECRET}`,
      `Basic ${SECRET}`,
      `Bearer ${token}`,
    ]) {
      const response = await call(app, authorization);
      assert.equal(response.status, 401, authorization);
      assert.equal(response.headers.get('www-authenticate'), 'Bearer');
      assert.deepEqual(await response.json(), { error: 'unauthorized' });
    }
    assert.equal((await fetch(`${app.url}/api/cron/refresh?secret=${SECRET}`)).status, 401);
    assert.equal(writesOf(agents, 'agent-1'), 0);
  });

  test('before the first run, programs in sandboxes are refused by the gateway', async () => {
    assert.deepEqual((await agents.ask('agent-1')).statuses, [401, 401]);
  });

  test('every sandbox gets the token, calls that overlap do the work once, and the answer shows no secret', async () => {
    const responses = await Promise.all([call(app), call(app), call(app)]);
    const summaries = [];
    for (const response of responses) {
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      for (const part of token.split('.')) assert.ok(!text.includes(part));
      summaries.push(JSON.parse(text));
    }
    assert.equal(
      summaries.reduce((sum, { refreshed }) => sum + refreshed, 0),
      2,
    );
    assert.equal(summaries.reduce((sum, { skipped }) => sum + skipped.gone, 0) > 0, true);
    for (const name of ['agent-1', 'agent-2']) {
      assert.deepEqual(await agents.ask(name), { statuses: [200, 200], token });
      assert.equal(writesOf(agents, name), 1);
    }
  });

  test('who has a token that lives long enough is left alone', async () => {
    assert.deepEqual(await (await call(app)).json(), {
      refreshed: 0,
      shortLived: 0,
      skipped: { fresh: 2, leased: 0, gone: 0, 'not-running': 0 },
      failed: 0,
      failures: [],
    });
  });

  test('the token of the request that is being handled goes before that of the environment', async () => {
    const response = await call(app, undefined, { 'x-vercel-oidc-token': 'not a token' });
    assert.equal(response.status, 503);
    assert.equal((await response.json()).code, 'ERR_CREDENTIAL_INVALID');
  });
});

test('a token that dies before the next run is to be seen among the cron job’s runs', async () => {
  const agents = await startAgents(issuer, ['agent-1']);
  const env = { CRON_SECRET: SECRET, COUNTERSIGN_SANDBOXES: 'agent-1', COUNTERSIGN_SANDBOX_API: agents.api.url };
  const app = await startApp({ ...env, VERCEL_OIDC_TOKEN: await issuer.mint({}, { expiresIn: 800 }) });
  try {
    const response = await call(app);
    assert.equal(response.status, 500);
    assert.equal((await response.json()).shortLived, 1);
  } finally {
    await app.stop();
    await agents.stop();
  }
});

test('the schedule that README.md gives is the one that the run reckons with', () => {
  const [, minutes] = /"schedule": "\*\/(\d+) \* \* \* \*"/.exec(readFromApp('README.md'));
  const [, seconds] = /RUN_EVERY = (\d+)/.exec(readFromApp('lib/cron.ts'));
  assert.equal(Number(minutes) * 60, Number(seconds));
});

describe('with the registry in Redis', () => {
  let server;
  let client;
  let agents;
  let apps;
  before(async () => {
    server = await startRedis();
    client = await requireFromApp('redis').createClient({ url: server.url }).connect();
    agents = await startAgents(issuer, ['agent-1', 'agent-2', 'full']);
    const registry = requireFromApp('countersign/refresh').createRedisRegistry(client);
    for (const name of ['agent-1', 'agent-2', 'full']) await registry.add(name);
    agents.api.sandboxes.get('full').fault = {
      on: 'PATCH',
      status: 400,
      body: { error: { code: 'bad_request', message: 'too many rules' } },
    };
    const env = {
      CRON_SECRET: SECRET,
      REDIS_URL: server.url,
      COUNTERSIGN_SANDBOX_API: agents.api.url,
      VERCEL_OIDC_TOKEN: await issuer.mint(),
    };
    apps = await Promise.all([startApp(env), startApp(env)]);
  });
  after(async () => {
    await Promise.all((apps ?? []).map((app) => app.stop()));
    client?.destroy();
    await agents?.stop();
    await server?.stop();
  });

  test('instances of the app share the work, and a failure is to be seen', async () => {
    const responses = await Promise.all(apps.map((app) => call(app)));
    const summaries = await Promise.all(responses.map((response) => response.json()));
    assert.equal(
      summaries.reduce((sum, { refreshed }) => sum + refreshed, 0),
      2,
      JSON.stringify(summaries),
    );
    assert.ok(responses.some(({ status }) => status === 500));
    const { failures } = summaries.find(({ failed }) => failed > 0);
    assert.deepEqual(failures, [{ id: 'full', reason: 'Error: the policy was not set: status 400: too many rules' }]);
    for (const name of ['agent-1', 'agent-2']) assert.equal(writesOf(agents, name), 1);
  });
});

test('every call is refused while the environment has no secret, and the response names the variable', async () => {
  const app = await startApp();
  try {
    for (const authorization of ['', 'Bearer ', 'Bearer undefined']) {
      const response = await call(app, authorization);
      assert.equal(response.status, 503);
      assert.deepEqual(
        (await response.json()).problems.map(({ variable }) => variable),
        ['CRON_SECRET'],
      );
    }
  } finally {
    await app.stop();
  }
});

test('without a token to hand out, or a Redis, the answer says so', async () => {
  const gone = await startRedis();
  await gone.stop();
  for (const [env, pattern] of [
    [{}, /ERR_CREDENTIALS_NOT_FOUND/],
    [{ REDIS_URL: gone.url, VERCEL_OIDC_TOKEN: await issuer.mint() }, /Redis cannot be reached/],
  ]) {
    const app = await startApp({ CRON_SECRET: SECRET, ...env });
    try {
      const response = await call(app);
      assert.equal(response.status, 503);
      assert.match(await response.text(), pattern);
    } finally {
      await app.stop();
    }
  }
});

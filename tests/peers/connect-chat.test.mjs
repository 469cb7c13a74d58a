// `countersign/connect/chat` beside `@vercel/connect/chat`, in the real adapters of the Chat SDK.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createDiscordAdapter } from '@chat-adapter/discord';
import { createGitHubAdapter } from '@chat-adapter/github';
import { createLinearAdapter } from '@chat-adapter/linear';
import { createSlackAdapter } from '@chat-adapter/slack';
import { createTeamsAdapter } from '@chat-adapter/teams';
import * as original from '@vercel/connect/chat';
import { serveKeys } from './connect/original-keys.mjs';
import { importPackage } from './package-under-test.mjs';

const { connect, connectChat: ours, exchange, testing } = await importPackage('peers-connect-chat');

const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const TARGET = { projectId: PROJECT, environment: 'production' };
const links = [{ projectId: PROJECT, environments: ['production'] }];
const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };

let issuer;
let identity;
let service;
before(async () => {
  issuer = await testing.createTestIssuer();
  identity = await issuer.mint();
  serveKeys(() => issuer.jwks);
});
beforeEach(() => {
  exchange.clearCredentials();
  service = testing.createTestConnect({
    issuer,
    connectors: [
      { uid: 'x/bot', links, vendor: { appId: 'app-1', lines: [{ phone_number: '+1' }] } },
      { uid: 'x/lines', links, vendor: { lines: [{ phone_number: '+1' }, { phone_number: '+2' }] } },
    ],
  });
});

/** The service, with the metadata that Discord's tokens have. */
const discordService = async (input, init) => {
  const response = await service.fetch(input, init);
  if (!/\/token\//.test(String(input.url ?? input)) || !response.ok) return response;
  return Response.json({ ...(await response.json()), metadata: { applicationId: 'app-7' } });
};

/** Options of a fragment; those of its verifier can be changed. */
const options = (webhook = {}, more = {}) => ({
  vercelToken: identity,
  env: {},
  fetch: service.fetch,
  webhook: { ...TARGET, fetch: service.fetch, ...webhook },
  ...more,
});

/** Each adapter with a fragment: how it is made, a delivery that it takes, and what it answers then. */
const ADAPTERS = {
  Slack: {
    make: (fragment) => createSlackAdapter({ ...fragment, logger: quiet }),
    body: '{"type":"url_verification","challenge":"c"}',
    good: 200,
  },
  GitHub: {
    make: (fragment) => createGitHubAdapter({ ...fragment, userName: 'bot', logger: quiet }),
    headers: { 'x-github-event': 'ping' },
    body: '{}',
    good: 200,
  },
  Linear: {
    make: (fragment) => createLinearAdapter({ ...fragment, mode: 'agent-sessions', logger: quiet }),
    body: '{"type":"Other"}',
    good: 200,
  },
  Discord: {
    make: (fragment) => createDiscordAdapter({ ...fragment, applicationId: 'app-7', logger: quiet }),
    body: '{"type":1}',
    good: 200,
  },
  // The adapter was not initialized, which it says once the delivery is verified.
  Teams: { make: (fragment) => createTeamsAdapter({ ...fragment, logger: quiet }), body: '{}', good: 500 },
};

const fragmentOf = (entry, name, ...rest) => entry[`connect${name}Adapter`]('x/bot', {}, ...rest);

for (const [name, { make, headers, body, good }] of Object.entries(ADAPTERS)) {
  describe(`the adapter for ${name}`, () => {
    const post = (token) =>
      new Request('https://acme.example/hooks', { method: 'POST', body, headers: { ...headers, authorization: `Bearer ${token}` } });
    const outage = async () => {
      throw new TypeError('fetch failed');
    };
    let adapter;
    beforeEach(() => {
      adapter = make(fragmentOf(ours, name, options()));
    });

    test('takes a delivery with either fragment', async () => {
      const there = make({ ...fragmentOf(original, name), webhookVerifier: original.createConnectWebhookVerifier(TARGET) });
      assert.equal((await there.handleWebhook(post(await issuer.mint()))).status, good);
      assert.equal((await adapter.handleWebhook(post(await issuer.mint()))).status, good);
    });

    test('refuses what the published fragment accepts: a token for a third party, another body', async () => {
      const there = make({ ...fragmentOf(original, name), webhookVerifier: original.createConnectWebhookVerifier(TARGET) });
      const foreign = await issuer.mint({ aud: 'https://third-party.example' });
      assert.equal((await there.handleWebhook(post(foreign))).status, good);
      assert.equal((await adapter.handleWebhook(post(foreign))).status, 401);
      assert.equal(service.billed, 0);
    });

    test('its verifier can be pinned to a team', async () => {
      const pinned = make(fragmentOf(ours, name, options({ team: 'other' })));
      assert.equal((await pinned.handleWebhook(post(await issuer.mint()))).status, 401);
    });

    test('an outage is a 401 of the adapter; the route around it answers 503, and takes the repetition', async () => {
      const cold = make(fragmentOf(ours, name, options({ fetch: outage })));
      assert.equal((await cold.handleWebhook(post(await issuer.mint()))).status, 401, 'the adapter alone');
      const route = connect.withConnectDelivery((request) => cold.handleWebhook(request), { ...TARGET, fetch: outage });
      const { statuses } = await service.deliver('x/bot', { to: route, body, headers });
      assert.deepEqual(statuses, [503, 503, 503]);
    });

    test('an outage that only the verifier of the adapter meets is a 503 too, and the repetition is taken', async () => {
      let down = true;
      const inner = make(fragmentOf(ours, name, options({ fetch: (...args) => (down ? outage() : service.fetch(...args)) })));
      const refusals = [];
      const route = connect.withConnectDelivery((request) => inner.handleWebhook(request), {
        ...TARGET,
        fetch: service.fetch,
        onRefused: ({ status, cause }) => refusals.push(`${status} ${cause.code}`),
      });
      const token = await issuer.mint();
      assert.equal((await route(post(token))).status, 503);
      assert.deepEqual(refusals, ['503 ERR_JWKS_FETCH_FAILED']);
      down = false;
      // The back-off of the verifier ends after a second.
      let status = 503;
      for (const until = performance.now() + 20_000; status === 503 && performance.now() < until; ) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        ({ status } = await route(post(token)));
      }
      assert.equal(status, good);
      assert.equal((await route(post(token))).status, good === 200 ? 401 : good, 'accepted once');
    });
  });
}

describe('no billed token before a delivery is verified: Discord', () => {
  const post = (token) =>
    new Request('https://acme.example/hooks', { method: 'POST', body: '{"type":1}', headers: { authorization: `Bearer ${token}` } });

  test('the published fragment asks for one for a forged delivery', async (context) => {
    context.mock.method(globalThis, 'fetch', (input, init) => discordService(input, init));
    const there = createDiscordAdapter({
      ...original.connectDiscordAdapter('x/bot', {}, { vercelToken: identity }),
      webhookVerifier: original.createConnectWebhookVerifier(TARGET),
      logger: quiet,
    });
    assert.equal((await there.handleWebhook(post('forged'))).status, 401);
    assert.equal(service.billed, 1);
  });

  test('with the id named there is none, nor with the route wrapped', async () => {
    const fetcher = (input, init) => discordService(input, init);
    const named = createDiscordAdapter({
      ...ours.connectDiscordAdapter('x/bot', {}, options({}, { applicationId: 'app-7' })),
      logger: quiet,
    });
    assert.equal((await named.handleWebhook(post('forged'))).status, 401);
    const plain = createDiscordAdapter({ ...ours.connectDiscordAdapter('x/bot', {}, options({}, { fetch: fetcher })), logger: quiet });
    const route = connect.withConnectDelivery((request) => plain.handleWebhook(request), { ...TARGET, fetch: service.fetch });
    assert.equal((await route(post('forged'))).status, 401);
    assert.equal(service.billed, 0);
    assert.equal((await route(post(await issuer.mint()))).status, 200);
    assert.equal(service.billed, 1);
  });

  test('id and token come from one billed answer, for callers at the same time too', async () => {
    const fragment = ours.connectDiscordAdapter('x/bot', {}, options({}, { fetch: (input, init) => discordService(input, init) }));
    const [id, token] = await Promise.all([fragment.applicationId(), fragment.botToken(), fragment.applicationId(), fragment.botToken()]);
    assert.equal(id, 'app-7');
    assert.ok(service.introspect(token));
    assert.equal(service.billed, 1);
  });

  test('a connector without an id is named in the error', async () => {
    const fragment = ours.connectDiscordAdapter('x/bot', {}, options());
    await assert.rejects(fragment.applicationId(), { code: 'ERR_EXCHANGE_INVALID', message: /`x\/bot`/ });
  });
});

describe('the fragments', () => {
  test('have the names of the published entry, with the same members', () => {
    const names = Object.keys(original)
      .filter((name) => name.startsWith('connect'))
      .sort();
    assert.deepEqual(
      Object.keys(ours)
        .filter((name) => name.startsWith('connect'))
        .sort(),
      names,
    );
    assert.equal(names.length, 9);
    for (const name of names) assert.deepEqual(Object.keys(ours[name]('x/bot')).sort(), Object.keys(original[name]('x/bot')).sort(), name);
  });

  /** The token of each fragment. */
  const tokensOf = async (params, given) => [
    await ours.connectSlackAdapter('x/bot', params, given).botToken(),
    await ours.connectGitHubAdapter('x/bot', params, given).installationToken(),
    await ours.connectLinearAdapter('x/bot', params, given).accessToken(),
    await ours.connectTeamsAdapter('x/bot', params, given).token('scope'),
    (await ours.connectLinqAdapter('x/bot', params, given).credentials()).apiKey,
    await ours.connectSendblueAdapter('x/bot', params, given).accessToken(),
    await ours.connectNotionAdapter('x/bot', params, given).token(),
    await ours.connectTelegramAdapter('x/bot', params, given).botToken(),
  ];

  test('the subject is the application, also where a caller names another', async () => {
    const tokens = await tokensOf({ subject: { type: 'user', id: 'ada' } }, options());
    for (const token of tokens) assert.deepEqual(service.introspect(token).subject, { type: 'app' });
  });

  test('vercelToken may be a function', async () => {
    let called = 0;
    const vercelToken = async () => {
      called += 1;
      return identity;
    };
    for (const token of await tokensOf({}, options({}, { vercelToken }))) assert.ok(service.introspect(token));
    assert.ok(called > 0);
  });

  test('Teams: scopes per token, and the id is fetched once', async (context) => {
    const fetcher = context.mock.fn(service.fetch);
    const fragment = ours.connectTeamsAdapter('x/bot', {}, options({}, { fetch: fetcher }));
    for (const scope of ['a', ['b', 'c']]) {
      assert.deepEqual(service.introspect(await fragment.token(scope, 'tenant')).scopes, [scope].flat());
    }
    const before = fetcher.mock.callCount();
    assert.deepEqual([await fragment.appId(), await fragment.appId()], ['app-1', 'app-1']);
    assert.equal(fetcher.mock.callCount(), before + 1);
    await assert.rejects(ours.connectTeamsAdapter('x/lines', {}, options()).appId(), {
      code: 'ERR_EXCHANGE_INVALID',
      message: /`x\/lines`/,
    });
  });

  test('Sendblue: one line is the default, of several one must be named, a foreign one is refused', async () => {
    const one = ours.connectSendblueAdapter('x/bot', {}, options());
    assert.deepEqual([await one.defaultFromNumber(), await one.allowedFromNumbers()], ['+1', ['+1']]);
    const choose = (fromNumber) => ours.connectSendblueAdapter('x/lines', { fromNumber }, options()).defaultFromNumber();
    assert.deepEqual([await choose('+2'), await choose(async () => '+1')], ['+2', '+1']);
    for (const wrong of [undefined, '+3']) await assert.rejects(choose(wrong), { code: 'ERR_INVALID_OPTION', option: 'fromNumber' });
  });

  test('unknown options are refused by name', async () => {
    assert.throws(() => ours.connectSlackAdapter('x/bot', {}, { webhook: { audeince: 'x' } }), {
      code: 'ERR_INVALID_OPTION',
      option: 'audeince',
    });
    await assert.rejects(ours.connectSlackAdapter('x/bot', {}, { regoin: 'iad1' }).botToken(), {
      code: 'ERR_INVALID_OPTION',
      option: 'regoin',
    });
  });
});

test('the fragments have the types that the adapters want', async () => {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', 'connect/types'], { cwd: here }).catch((error) => error);
  assert.equal(stdout, '');
});

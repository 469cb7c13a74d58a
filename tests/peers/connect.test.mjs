// `countersign/connect` beside the published SDK of Vercel Connect: the same requests, and not the same defects.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { after, afterEach, before, beforeEach, describe, mock, test } from 'node:test';
import * as sdk from '@vercel/connect';
import { importPackage } from './package-under-test.mjs';

const { connect, countersign, exchange, testing } = await importPackage('peers-connect');

const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const APP = { subject: { type: 'app' } };
const links = [{ projectId: PROJECT, environments: ['production', 'preview'] }];

let issuer;
let service;
let identity;
before(async () => {
  issuer = await testing.createTestIssuer();
});
beforeEach(async () => {
  exchange.clearCredentials();
  identity = await issuer.mint();
  service = makeService();
});
afterEach(() => mock.restoreAll());

const makeService = (options = {}) =>
  testing.createTestConnect({
    issuer,
    connectors: [
      { uid: 'slack/acme-bot', links, users: ['ada'] },
      { uid: 'github/acme', links },
    ],
    ...options,
  });

/** Options of a call to the service, as a caller with this identity. */
const as = (vercelToken = identity, more = {}) => ({ vercelToken, env: {}, fetch: service.fetch, ...more });

/** A fetch that waits until it is let go on; `sent` counts. */
function held(fetcher) {
  let release;
  const gate = new Promise((resolve) => {
    release = resolve;
  });
  const waiting = async (...args) => {
    waiting.sent += 1;
    const response = await fetcher(...args);
    await gate;
    return response;
  };
  return Object.assign(waiting, { sent: 0, release });
}

/** The next turn of the event loop, and some more. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('the same requests as @vercel/connect sends', () => {
  const ANSWERS = {
    token: () => ({
      token: 'provider-token',
      tokenId: 'stk_1',
      expiresAt: Date.now() + 3_600_000,
      connector: { id: 'scl_1', uid: 'u', type: 'oauth' },
    }),
    authorize: () => ({ request: 'r', verifier: 'v', url: 'https://vercel.com/x' }),
    install: () => ({ request: 'r', verifier: 'v', url: 'https://vercel.com/x', expiresAt: 1, connector: { id: 'scl_1' } }),
    connectors: () => ({ id: 'scl_1', uid: 'u', data: { a: 1 } }),
  };

  /** What a call sends, whoever makes it: method, URL, headers by lower-case name, body as a value. */
  async function sent(work) {
    const requests = [];
    const fetcher = async (url, init) => {
      // As a mock of a caller reads them: an object, in the original's spelling.
      const headers = { ...init.headers };
      requests.push({ url: String(url), method: init.method, headers, body: init.body === undefined ? undefined : JSON.parse(init.body) });
      return init.method === 'DELETE' ? new Response(null, { status: 204 }) : Response.json(ANSWERS[/connect\/(\w+)/.exec(url)[1]]());
    };
    mock.method(globalThis, 'fetch', fetcher);
    const result = await work();
    mock.restoreAll();
    return { requests, result };
  }

  const FULL = {
    installationId: 'inst_1',
    audience: ['https://api.slack.example'],
    resources: ['urn:a', 'urn:b'],
    scopes: ['chat:write', 'naïve "quotes" \\ \u{1f600}'],
    authorizationDetails: [
      { type: 'github_app_installation', org: 'acme', repositories: ['acme/site'], permissions: 'contents:read' },
      { type: 'custom', nested: { deep: [1, 2.5, null, true, { z: 'a', b: 1e21 }] } },
    ],
  };
  const USER = { subject: { type: 'user', id: 'ada', issuer: 'https://acme.example' } };
  const ASSERTED = { subject: { type: 'jwt-bearer', sub: 's', iss: 'i', aud: 'a', additionalClaims: { role: 'x', n: 1 } } };
  const token = { vercelToken: 'opaque-access-token' };

  /** Each with a subject of its own or `forceRefresh`: the SDK's cache outlives a case. */
  const CALLS = {
    'a token for the app': (api) => api.getTokenResponse('slack/acme', APP, { ...token, forceRefresh: true }),
    'only the token': (api) => api.getToken('scl_1', { subject: { type: 'app' } }, { ...token, forceRefresh: true }),
    'a token with every parameter': (api) => api.getTokenResponse('github/acme', { ...USER, ...FULL }, token),
    'a token for a jwt-bearer subject, from a region': (api) => api.getTokenResponse('oauth/x', ASSERTED, { ...token, region: 'fra1' }),
    'a token for a token': (api) => api.getTokenResponse('oauth/x', { subject: { type: 'token', token: 'ey.a.b' }, scopes: [] }, token),
    'a user without an issuer': (api) => api.getTokenResponse('oauth/x', { subject: { type: 'user', id: 'b', issuer: undefined } }, token),
    'a connector with characters that need encoding': (api) => api.getTokenResponse("a/b c?d#e%f&g+é!~*'()", APP, token),
    'the region of the environment': async (api) => {
      process.env.VERCEL_REGION = ' sfo1\n';
      try {
        return await api.getTokenResponse('oauth/region', APP, token);
      } finally {
        delete process.env.VERCEL_REGION;
      }
    },
    'the identity of the environment': async (api) => {
      process.env.VERCEL_OIDC_TOKEN = identity;
      try {
        return await api.getTokenResponse('oauth/environment', APP);
      } finally {
        delete process.env.VERCEL_OIDC_TOKEN;
      }
    },
    'a token that lives for a while': (api) =>
      api.getTokenResponse('oauth/validity', { ...USER, ...FULL, validityBufferMs: 60_000 }, token),
    'an authorization for a token that lives for a while': (api) =>
      api.startAuthorization('slack/acme', { ...USER, validityBufferMs: 0 }, token),
    'a revocation': (api) => api.revokeToken('slack/acme', { ...USER, installationId: 'inst_1' }, token),
    'a revocation without an installation': (api) => api.revokeToken('slack/acme', APP, { ...token, region: 'hnd1' }),
    'the metadata': (api) => api.getConnectorMetadata('slack/acme', { ...token, region: 'iad1' }),
    'an authorization': (api) => api.startAuthorization('slack/acme', USER, token),
    'an authorization with every option': (api) =>
      api.startAuthorization(
        'slack/acme',
        { ...USER, ...FULL },
        {
          ...token,
          callbackUrl: 'http://app.localhost:3000/done?a=b#c',
          webhook: 'https://acme.example/hook',
          deviceCode: false,
          expiresInMs: 60_000,
          prompt: 'consent',
        },
      ),
    'a detached authorization': async (api) => {
      process.env.VERCEL_CONNECT_INTERACTIVE_AUTH_MODE = 'detached';
      try {
        return await api.startAuthorization('slack/acme', USER, { ...token, callbackUrl: 'not looked at' });
      } finally {
        delete process.env.VERCEL_CONNECT_INTERACTIVE_AUTH_MODE;
      }
    },
    'an installation': (api) => api.experimental_startInstallation('slack/acme', undefined, token),
    'an installation with every option': (api) =>
      api.experimental_startInstallation('slack/acme', FULL, {
        ...token,
        returnUrl: 'https://acme.example',
        webhook: 'https://acme.example/hook',
        tenantId: 't',
        deviceCode: true,
        expiresInMs: 5,
      }),
  };

  for (const [name, call] of Object.entries(CALLS)) {
    test(name, async () => {
      const [theirs, ours] = [await sent(() => call(sdk)), await sent(() => call(connect))];
      assert.equal(theirs.requests.length, 1);
      assert.deepEqual(ours.requests, theirs.requests);
      // The token is no own member here.
      const plain = (value) =>
        typeof value === 'object' ? { ...value, ...('token' in value && { token: value.token }), expiresAt: 0 } : value;
      assert.deepEqual(plain(ours.result), plain(theirs.result), 'and the same result');
    });
  }

  test('what the SDK exports is here too', () => {
    for (const [name, value] of Object.entries(sdk)) assert.equal(typeof connect[name], typeof value, name);
  });
});

describe('the defects of @vercel/connect, each right here', () => {
  test('one identity never gets the token of another', async () => {
    const [a, b] = [identity, await issuer.mint({ environment: 'preview' })];
    const [first, second] = [await connect.getToken('slack/acme-bot', APP, as(a)), await connect.getToken('slack/acme-bot', APP, as(b))];
    assert.notEqual(first, second);
    assert.equal(service.introspect(second).environment, 'preview');
    const other = await issuer.mint({ project_id: 'prj_other' });
    await assert.rejects(connect.getToken('slack/acme-bot', APP, as(other)), connect.ConnectError);
    const forged = [...a.split('.').slice(0, 2), 'AAAA'].join('.');
    await assert.rejects(connect.getToken('slack/acme-bot', APP, as(forged)), (error) => error.status === 401);
  });

  test('the order of properties makes no difference', async () => {
    const subject = { type: 'user', id: 'ada', issuer: undefined };
    const detail = { type: 'custom', a: { x: 1, y: [2] }, b: 2 };
    const one = { subject, scopes: ['a', 'b'], authorizationDetails: [detail], installationId: undefined };
    const two = {
      authorizationDetails: [{ b: 2, a: { y: [2], x: 1 }, type: 'custom' }],
      scopes: ['a', 'b'],
      subject: { id: 'ada', type: 'user' },
    };
    const token = await connect.getToken('slack/acme-bot', one, as());
    assert.equal(await connect.getToken('slack/acme-bot', two, as()), token);
    assert.equal(service.billed, 1);
    for (const other of [
      { ...two, scopes: ['b', 'a'] },
      { ...two, audience: ['x'] },
      { ...two, resources: ['x'] },
    ]) {
      assert.notEqual(await connect.getToken('slack/acme-bot', other, as()), token);
    }
    assert.equal(
      await connect.getToken('slack/acme-bot', { ...APP }, as()),
      await connect.getToken('slack/acme-bot', { ...APP, scopes: ['*'] }, as()),
    );
  });

  test('params cannot name another connector', async () => {
    const wrong = connect.getToken('slack/acme-bot', { ...APP, connector: 'github/acme' }, as());
    await assert.rejects(wrong, (error) => error.code === 'ERR_INVALID_OPTION' && /`connector`/.test(error.message));
  });

  test('regions are told apart', async () => {
    const hosts = [];
    const fetcher = (url, init) => {
      hosts.push(new URL(url).host);
      return service.fetch(url, init);
    };
    for (const region of ['fra1', 'sfo1', 'fra1', undefined])
      await connect.getToken('slack/acme-bot', APP, as(identity, { region, fetch: fetcher }));
    await connect.getToken('slack/acme-bot', APP, as(identity, { env: { VERCEL_REGION: 'hnd1' }, fetch: fetcher }));
    assert.deepEqual(hosts, ['api-fra1.vercel.com', 'api-sfo1.vercel.com', 'api.vercel.com', 'api-hnd1.vercel.com']);
  });

  test('a thousand callers at the same time are billed once', async () => {
    const fetcher = held(service.fetch);
    const calls = Array.from({ length: 1000 }, () => connect.getToken('slack/acme-bot', APP, as(identity, { fetch: fetcher })));
    await settle();
    fetcher.release();
    assert.equal(new Set(await Promise.all(calls)).size, 1);
    assert.deepEqual([fetcher.sent, service.billed], [1, 1]);
  });

  test('an answer that does not come is given up, and so is one that comes too slowly', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const never = connect.getToken('slack/acme-bot', APP, as(identity, { fetch: () => new Promise(() => {}) }));
    const outcome = assert.rejects(never, { code: 'ERR_EXCHANGE_TIMEOUT', retryable: true });
    await settle();
    mock.timers.tick(15_000);
    await outcome;
    mock.timers.reset();
  });

  test('what was refused for a while is asked again, and what may have been granted is not', async () => {
    service.fail({ status: 503 }, { status: 500 });
    await connect.getToken('slack/acme-bot', APP, as());
    assert.equal(service.billed, 1);

    service.fail({ status: 429, retryAfter: 3600 });
    const limited = connect.getToken('github/acme', APP, as());
    await assert.rejects(limited, (error) => error instanceof connect.ConnectError && error.status === 429 && error.retryable);

    service.fail({ cut: true });
    const cut = connect.getToken('slack/acme-bot', { ...APP, scopes: ['a'] }, as());
    await assert.rejects(cut, { code: 'ERR_EXCHANGE_FAILED', retryable: true });
    assert.equal(service.billed, 2, 'it was billed once, and is not billed again unasked');
  });

  for (const region of [
    'evil.example/',
    'x.evil.example#',
    'fra1.evil',
    '@evil',
    'FRA1',
    'fra',
    'fra12',
    'fr\u00e11',
    '',
    '../x',
    'fra1\n',
    'evil:1@x',
    1,
    null,
  ]) {
    test(`the region ${JSON.stringify(region)} sends the identity nowhere`, async () => {
      const fetcher = mock.fn();
      for (const call of [
        (options) => connect.getToken('slack/acme-bot', APP, options),
        (options) => connect.revokeToken('slack/acme-bot', APP, options),
        (options) => connect.startAuthorization('slack/acme-bot', { subject: { type: 'user', id: 'a' } }, options),
        (options) => connect.getConnectorMetadata('slack/acme-bot', options),
      ]) {
        await assert.rejects(
          call(as(identity, { region, fetch: fetcher })),
          (error) => error.code === 'ERR_INVALID_OPTION' && /`region`/.test(error.message),
        );
      }
      if (typeof region === 'string' && region.trim()) {
        await assert.rejects(
          connect.getToken(
            'slack/acme-bot',
            APP,
            as(identity, { env: { VERCEL_REGION: region === 'fra1\n' ? 'x' : region }, fetch: fetcher }),
          ),
          { code: 'ERR_INVALID_OPTION' },
        );
      }
      assert.equal(fetcher.mock.callCount(), 0);
    });
  }

  test('what one caller does to its answer, another does not see', async () => {
    const first = await connect.getTokenResponse('slack/acme-bot', APP, as());
    const { token } = first;
    first.connector.uid = 'changed';
    first.expiresAt = 0;
    first.more = true;
    const second = await connect.getTokenResponse('slack/acme-bot', APP, as());
    assert.deepEqual([second.token, second.connector.uid, second.more, second.expiresAt > 0], [token, 'slack/acme-bot', undefined, true]);
    assert.equal(service.billed, 1);
  });

  test('validityBufferMs is sent, and is no part of what tells tokens apart', async () => {
    const bodies = [];
    const fetcher = (url, init) => {
      bodies.push(init.body);
      return service.fetch(url, init);
    };
    const get = (validityBufferMs) => connect.getToken('slack/acme-bot', { ...APP, validityBufferMs }, as(identity, { fetch: fetcher }));
    const token = await get(1000);
    assert.equal(await get(60_000), token);
    assert.equal(await get(undefined), token);
    assert.deepEqual(
      bodies.map((body) => JSON.parse(body)),
      [{ ...APP, scopes: ['*'], validityBufferMs: 1000 }],
    );
    assert.notEqual(await get(3_600_000), token, 'a token that does not live that long is replaced');
    connect.deleteTokenCacheEntry('slack/acme-bot', { ...APP, validityBufferMs: 5 });
    await get(1.5);
    assert.deepEqual(JSON.parse(bodies.at(-1)).validityBufferMs, 1.5, 'it was evicted whatever its validity');
    await assert.rejects(get(-1), { code: 'ERR_INVALID_OPTION' });
    await assert.rejects(get('1'), { code: 'ERR_INVALID_OPTION' });
  });

  test('an answer that arrives after a revocation is not put back', async () => {
    const fetcher = held(service.fetch);
    const late = connect.getToken('slack/acme-bot', APP, as(identity, { fetch: fetcher }));
    await settle();
    await connect.revokeToken('slack/acme-bot', APP, as());
    fetcher.release();
    const revoked = await late;
    assert.equal(service.introspect(revoked), undefined);
    const next = await connect.getToken('slack/acme-bot', APP, as());
    assert.notEqual(next, revoked);
    assert.ok(service.introspect(next));
  });

  test('nor one that was asked for while the revocation was on its way', async () => {
    const slow = held(service.fetch);
    const revocation = connect.revokeToken('slack/acme-bot', APP, as(identity, { fetch: slow }));
    await settle();
    const between = await connect.getToken('slack/acme-bot', APP, as());
    slow.release();
    await revocation;
    assert.notEqual(await connect.getToken('slack/acme-bot', APP, as()), between);
  });

  test('a revocation leaves the tokens of other connectors and subjects alone', async () => {
    const ada = { subject: { type: 'user', id: 'ada' } };
    const get = () =>
      Promise.all([
        connect.getToken('github/acme', APP, as()),
        connect.getToken('slack/acme-bot', ada, as()),
        connect.getToken('slack/acme-bot', APP, as()),
      ]);
    const [github, user, app] = await get();
    await connect.revokeToken('slack/acme-bot', APP, as());
    const [github2, user2, app2] = await get();
    assert.deepEqual([github2, user2], [github, user]);
    assert.notEqual(app2, app);
    assert.equal(service.billed, 4);
  });
});

describe('the cache', () => {
  test('a revocation ends every token of the subject, of all scopes, under either name and of every caller', async () => {
    const other = await issuer.mint({ environment: 'preview' });
    const get = () =>
      Promise.all([
        connect.getToken('slack/acme-bot', { ...APP, scopes: ['a'] }, as()),
        connect.getToken('scl_test1', APP, as()),
        connect.getToken('slack/acme-bot', APP, as(other)),
        connect.getToken('slack/acme-bot', APP, as(identity, { region: 'fra1' })),
      ]);
    const before = await get();
    await connect.revokeToken('slack/acme-bot', APP, as());
    const after = await get();
    assert.deepEqual(
      after.filter((token) => before.includes(token)),
      [],
    );
    assert.ok(after.every((token) => service.introspect(token)));
  });

  test('nor is an answer put back that was asked for under the other name', async () => {
    const fetcher = held(service.fetch);
    const late = connect.getToken('scl_test1', APP, as(identity, { fetch: fetcher }));
    const other = connect.getToken('github/acme', APP, as(identity, { fetch: fetcher }));
    await settle();
    await connect.revokeToken('slack/acme-bot', APP, as());
    fetcher.release();
    const revoked = await late;
    assert.notEqual(await connect.getToken('scl_test1', APP, as()), revoked);
    assert.equal(await connect.getToken('github/acme', APP, as()), await other, 'that of another connector is');
  });

  test('a revocation that fails forgets all the same', async () => {
    const token = await connect.getToken('slack/acme-bot', APP, as());
    service.fail({ status: 403, code: 'forbidden' });
    await assert.rejects(connect.revokeToken('slack/acme-bot', APP, as()), connect.ConnectError);
    assert.notEqual(await connect.getToken('slack/acme-bot', APP, as()), token);
  });

  test('deleteTokenCacheEntry forgets exactly one wish', async () => {
    const wish = { ...APP, scopes: ['a'] };
    const [one, two] = [await connect.getToken('slack/acme-bot', APP, as()), await connect.getToken('slack/acme-bot', wish, as())];
    connect.deleteTokenCacheEntry('slack/acme-bot', { scopes: ['a'], subject: { type: 'app' }, validityBufferMs: 5 });
    connect.deleteTokenCacheEntry('slack/nobody', APP);
    assert.equal(await connect.getToken('slack/acme-bot', APP, as()), one);
    assert.notEqual(await connect.getToken('slack/acme-bot', wish, as()), two);
  });

  test('forceRefresh asks the service, and finds out that a grant is gone', async () => {
    const ada = { subject: { type: 'user', id: 'ada' } };
    const token = await connect.getToken('slack/acme-bot', ada, as());
    assert.notEqual(await connect.getToken('slack/acme-bot', ada, as(identity, { forceRefresh: true })), token);
    await service.fetch('https://api.vercel.com/v1/connect/connectors/slack%2Facme-bot/tokens', {
      method: 'DELETE',
      headers: { authorization: `Bearer ${identity}` },
      body: JSON.stringify(ada),
    });
    const gone = connect.getToken('slack/acme-bot', ada, as(identity, { forceRefresh: true }));
    await assert.rejects(gone, connect.UserAuthorizationRequiredError);
  });

  test('a token that is about to expire is replaced, and one that lives shorter than the buffer is never reused', async () => {
    service = makeService({ tokenLifetime: 20 });
    const token = await connect.getToken('slack/acme-bot', { ...APP, validityBufferMs: 0 }, as());
    assert.equal(await connect.getToken('slack/acme-bot', { ...APP, validityBufferMs: 0 }, as()), token);
    assert.notEqual(await connect.getToken('slack/acme-bot', APP, as()), token, 'by default it must live for 30 s');
  });

  test('a user who has just agreed gets a token at once, however often it was refused before', async () => {
    const eve = { subject: { type: 'user', id: 'eve' } };
    for (let time = 0; time < 5; time += 1) {
      await assert.rejects(connect.getToken('slack/acme-bot', eve, as()), connect.UserAuthorizationRequiredError);
    }
    const { url, deviceCode } = await connect.startAuthorization(
      'slack/acme-bot',
      eve,
      as(identity, { env: { VERCEL_CONNECT_INTERACTIVE_AUTH_MODE: 'detached' } }),
    );
    assert.match(deviceCode, /\S{8}/);
    await service.fetch(url);
    assert.ok(service.introspect(await connect.getToken('slack/acme-bot', eve, as())));
  });
});

describe('refusals', () => {
  const refused = (fault, Class) => {
    const { body, status = 422 } = fault;
    const fetcher = async () =>
      new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers: { 'x-vercel-id': 'iad1::1' } });
    return connect.getToken('slack/acme-bot', { ...APP, scopes: [String(Math.random())] }, as(identity, { fetch: fetcher })).then(
      () => assert.fail('it was not refused'),
      (error) => {
        assert.ok(
          error instanceof Class && error instanceof connect.ConnectError && error instanceof countersign.CountersignError,
          inspect(error),
        );
        assert.deepEqual([error.name, error.code, error.status], [Class.name, 'ERR_EXCHANGE_REJECTED', status]);
        return error;
      },
    );
  };

  for (const member of ['error', 'err']) {
    test(`have the SDK's classes, by the code in \`${member}\``, async () => {
      for (const [code, Class] of Object.entries({
        no_token: connect.NoValidTokenError,
        user_authorization_required: connect.UserAuthorizationRequiredError,
        connector_installation_required: connect.ConnectorInstallationRequiredError,
        client_installation_required: connect.ConnectorInstallationRequiredError,
        forbidden: connect.ConnectError,
        constructor: connect.ConnectError,
      })) {
        const error = await refused({ body: { [member]: { code, message: 'No.' } } }, Class);
        assert.deepEqual({ ...error.provider }, { name: 'connect', code, requestId: 'iad1::1', description: 'No.' });
      }
    });
  }

  test("carry the provider's own answer", async () => {
    const vendor = { ok: false, error: 'missing_scope', needed: ['chat:write'] };
    for (const body of [{ error: { code: 'x', vendor } }, { error: { code: 'x', meta: { vendor } } }, { vendor, error: { code: 'x' } }]) {
      assert.deepEqual((await refused({ body }, connect.ConnectError)).vendor, vendor);
    }
    for (const body of [
      '<html>',
      {},
      { error: { vendor: 'text' } },
      { error: 'x', vendor: [] },
      { error: { vendor: { long: 'x'.repeat(5000) } } },
    ]) {
      const error = await refused({ body, status: 400 }, connect.ConnectError);
      assert.equal('vendor' in error, false);
    }
  });

  test('quote neither the identity nor the token of the subject', async () => {
    const secret = 'opaque-subject-token-0123456789';
    const vendor = { echoed: `${secret} and ${identity}` };
    const fetcher = async () =>
      Response.json({ error: { code: identity, message: `bad ${secret}, ${identity}`, vendor } }, { status: 400 });
    const params = { subject: { type: 'token', token: secret } };
    await assert.rejects(connect.getToken('slack/acme-bot', params, as(identity, { fetch: fetcher })), (error) => {
      for (const text of [inspect(error, { depth: 9 }), JSON.stringify(error), error.message, error.stack]) {
        assert.ok(!text.includes(secret) && !text.includes(identity.slice(-40)) && !text.includes(identity.slice(0, 60)), text);
      }
      return true;
    });
  });

  test('malformed responses are told from refusals', async () => {
    for (const [body, problem] of Object.entries({
      '[]': /not a JSON object/,
      '{}': /lacks `token`/,
      '{"token":""}': /lacks `token`/,
      '{"token":"a b","expiresAt":9999999999999}': /visible ASCII/,
      '{"token":"t"}': /expiresAt/,
      '{"token":"t","expiresAt":"9999999999999"}': /expiresAt/,
      '{"token":"t","expiresAt":1e300}': /expiresAt/,
      '{"token":"t","expiresAt":1000}': /expired/,
      '{"token":"t","token":"u","expiresAt":9999999999999}': /./,
      '{"token":"t","expiresAt":99999999': /./,
    })) {
      const fetcher = mock.fn(async () => new Response(body));
      const call = connect.getToken('slack/acme-bot', { ...APP, scopes: [body] }, as(identity, { fetch: fetcher }));
      await assert.rejects(
        call,
        (error) => error.code === 'ERR_EXCHANGE_INVALID' && problem.test(error.message) && !(error instanceof connect.ConnectError),
        body,
      );
      assert.equal(fetcher.mock.callCount(), 1, 'what may have been billed is not asked for twice');
    }
    const empty = as(identity, { fetch: async () => Response.json({}) });
    await assert.rejects(connect.getConnectorMetadata('a', empty), { code: 'ERR_EXCHANGE_INVALID' });
    await assert.rejects(connect.startAuthorization('a', { subject: { type: 'user', id: 'x' } }, empty), { code: 'ERR_EXCHANGE_INVALID' });
  });
});

describe('vercelToken as a function', () => {
  const USER = { subject: { type: 'user', id: 'ada' } };
  const CALLS = {
    getToken: (options) => connect.getToken('slack/acme-bot', { ...APP, scopes: ['function'] }, options),
    getTokenResponse: (options) => connect.getTokenResponse('slack/acme-bot', APP, options),
    revokeToken: (options) => connect.revokeToken('slack/acme-bot', APP, options),
    startAuthorization: (options) => connect.startAuthorization('slack/acme-bot', USER, options),
    experimental_startInstallation: (options) => connect.experimental_startInstallation('slack/acme-bot', {}, options),
    getConnectorMetadata: (options) => connect.getConnectorMetadata('slack/acme-bot', options),
  };
  for (const [name, call] of Object.entries(CALLS)) {
    test(name, async () => {
      const sent = [];
      const fetcher = (url, init) => {
        sent.push(init.headers.Authorization);
        return service.fetch(url, init);
      };
      for (const vercelToken of [() => identity, async () => identity]) await call(as(vercelToken, { fetch: fetcher }));
      assert.deepEqual([...new Set(sent)], [`Bearer ${identity}`]);
      for (const [vercelToken, pattern] of [
        [() => '', /vercelToken/],
        [async () => undefined, /vercelToken/],
        [
          () => {
            throw new Error('mine');
          },
          /mine/,
        ],
      ]) {
        await assert.rejects(call(as(vercelToken)), pattern);
      }
    });
  }
});

describe('options', () => {
  const wrong = (call, option) =>
    assert.rejects(call, (error) => error.code === 'ERR_INVALID_OPTION' && error.message.includes(`\`${option}\``), option);
  const fetcher = mock.fn();
  const options = (more) => ({ vercelToken: 't', env: {}, fetch: fetcher, ...more });
  after(() => assert.equal(fetcher.mock.callCount(), 0));

  test('of a token are named where they are wrong', async () => {
    const get = (params, more, connector = 'a') => connect.getToken(connector, params, options(more));
    for (const connector of ['', '.', '..', 7, null]) await wrong(get(APP, {}, connector), 'connector');
    for (const params of [undefined, null, [], 'x']) await wrong(get(params), 'params');
    const loop = { ...APP };
    loop.authorizationDetails = [{ type: 'x', loop }];
    await wrong(get(loop), 'authorizationDetails[0].loop.authorizationDetails[0].loop.authorizationDetails[0]');
    await wrong(get({ ...APP, scopes: ['x'.repeat(70_000)] }), 'params');
    await wrong(get({}), 'subject');
    await wrong(get({ subject: { type: 'robot' } }), 'subject');
    await wrong(get({ subject: 'app' }), 'subject');
    await wrong(get({ subject: { type: 'app', id: 'x' } }), 'subject.id');
    await wrong(get({ subject: { type: 'user' } }), 'subject.id');
    await wrong(get({ subject: { type: 'user', id: '' } }), 'id');
    await wrong(get({ subject: { type: 'user', id: 'a', issuer: 1 } }), 'issuer');
    await wrong(get({ subject: { type: 'jwt-bearer' } }), 'subject.sub');
    await wrong(get({ subject: { type: 'jwt-bearer', sub: 'a', additionalClaims: [] } }), 'additionalClaims');
    await wrong(get({ subject: { type: 'token' } }), 'subject.token');
    await wrong(get({ ...APP, scopes: 'a' }), 'scopes');
    await wrong(get({ ...APP, scopes: [''] }), 'scopes');
    await wrong(get({ ...APP, audience: [1] }), 'audience');
    await wrong(get({ ...APP, resources: null }), 'resources');
    await wrong(get({ ...APP, installationId: '' }), 'installationId');
    await wrong(get({ ...APP, authorizationDetails: [{}] }), 'authorizationDetails');
    await wrong(get({ ...APP, returnUrl: 'https://a.example' }), 'returnUrl');
    await wrong(get(APP, { vercelToken: 7 }), 'vercelToken');
    await wrong(get(APP, { vercelToken: 'a\nb' }), 'token');
    await wrong(get(APP, { forceRefresh: 'yes' }), 'forceRefresh');
    await wrong(get(APP, { regoin: 'iad1' }), 'regoin');
    await wrong(get(APP, { fetch: 'x' }), 'fetch');
    for (const endpoint of ['http://api.example', 'ftp://x.example', 'https://a.example?q', 'https://u@a.example', 'x', 1])
      await wrong(get(APP, { endpoint }), 'endpoint');
    await wrong(get(APP, { endpoint: 'https://a.example', region: 'iad1' }), 'endpoint');
    await wrong(connect.getToken('a', APP, null), 'options');
    assert.throws(() => connect.deleteTokenCacheEntry('a', {}), { code: 'ERR_INVALID_OPTION' });
  });

  test('of other calls are named where they are wrong', async () => {
    const user = { subject: { type: 'user', id: 'a' } };
    const start = (more) => connect.startAuthorization('a', user, options(more));
    for (const callbackUrl of [
      'http://acme.example',
      'http://localhost.evil.example',
      'http://127.0.0.1.evil.example',
      'http://localhost@evil.example',
      'https://',
      'ftp://localhost',
      'javascript:alert(1)',
      '/done',
      '',
      'https://a\\@b',
      7,
    ]) {
      await wrong(start({ callbackUrl }), 'callbackUrl');
    }
    for (const webhook of ['http://localhost/hook', 'x']) await wrong(start({ webhook }), 'webhook');
    for (const expiresInMs of [-1, 1.5, '5', Infinity]) await wrong(start({ expiresInMs }), 'expiresInMs');
    await wrong(start({ deviceCode: 1 }), 'deviceCode');
    await wrong(start({ prompt: '' }), 'prompt');
    await wrong(start({ returnUrl: 'https://a.example' }), 'returnUrl');
    await wrong(connect.startAuthorization('', user, options()), 'connector');
    await wrong(connect.experimental_startInstallation('a', user, options()), 'subject');
    await wrong(connect.experimental_startInstallation('a', {}, options({ returnUrl: 'http://a.example' })), 'returnUrl');
    await wrong(connect.revokeToken('a', {}, options()), 'subject');
    await wrong(connect.revokeToken('a', { ...APP, scopes: [] }, options()), 'scopes');
  });

  test('an identity that is missing is a credential that is not found', async () => {
    await assert.rejects(connect.getToken('a', APP, { env: {}, fetch: fetcher, request: new Headers() }), {
      code: 'ERR_CREDENTIALS_NOT_FOUND',
    });
  });
});

test('printing a token shows nothing of it, and a copy does not have it', async () => {
  const response = await connect.getTokenResponse('slack/acme-bot', APP, as());
  for (const text of [inspect(response), JSON.stringify(response), String(response)]) assert.ok(!text.includes(response.token), text);
  assert.equal({ ...response }.token, undefined);
});

test('an endpoint on this machine takes the place of Vercel', async () => {
  const server = await service.listen();
  try {
    const options = { vercelToken: identity, endpoint: `${server.url}/`, env: { VERCEL_REGION: 'iad1' } };
    assert.ok(service.introspect(await connect.getToken('slack/acme-bot', APP, options)));
    assert.equal((await connect.getConnectorMetadata('slack/acme-bot', options)).uid, 'slack/acme-bot');
  } finally {
    await server.close();
  }
});

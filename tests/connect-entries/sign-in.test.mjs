// Sign-in through Connect with Better Auth and Auth.js as they are, against the OAuth endpoints of the stand-in.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Auth, skipCSRFCheck } from '@auth/core';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { createWorld, endWorld, entry } from './world.mjs';

const { ours: better, theirs: theirBetter } = await entry('betterauth');
const { ours: authjs, theirs: theirAuthjs } = await entry('authjs');

const ORIGIN = 'http://localhost:3000';
const SECRET = 'a-secret-of-at-least-32-characters!!';

let world;
beforeEach(async () => {
  world = await createWorld({ connectors: [{ uid: 'oauth/acme', users: ['ada'] }] });
});
afterEach(endWorld);

/** Cookies as a browser keeps them. */
class Jar {
  #cookies = new Map();

  keep(response) {
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (/max-age=0/i.test(cookie)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  get header() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

/** Follows the browser to Connect and back: the address of the callback. */
async function consent(url) {
  const response = await fetch(url, { redirect: 'manual' });
  assert.equal(response.status, 302, await response.text());
  return response.headers.get('location');
}

/** The requests to the token endpoint, read. */
const tokenRequests = () =>
  world.requests
    .filter(({ url }) => url.endsWith('/oauth/token'))
    .map(({ headers, body }) => ({ authorization: headers.authorization, ...Object.fromEntries(new URLSearchParams(body)) }));

const basic = (token) => `Basic ${btoa(`oauth%2Facme:${encodeURIComponent(token)}`)}`;

describe('Better Auth', () => {
  const options = { providerId: 'acme', connector: 'oauth/acme' };

  function makeApp(api, more) {
    const database = { user: [], session: [], account: [], verification: [] };
    const auth = betterAuth({
      baseURL: ORIGIN,
      secret: SECRET,
      database: memoryAdapter(database),
      plugins: [genericOAuth({ config: [api.connect({ ...options, ...more })] })],
      logger: { disabled: true },
      telemetry: { enabled: false },
    });
    const jar = new Jar();
    const send = async (path, body) => {
      const headers = { cookie: jar.header, origin: ORIGIN, 'content-type': 'application/json' };
      const url = path.startsWith('http') ? path : `${ORIGIN}/api/auth${path}`;
      return jar.keep(
        await auth.handler(new Request(url, { method: body ? 'POST' : 'GET', headers, ...(body && { body: JSON.stringify(body) }) })),
      );
    };
    const start = async () => (await (await send('/sign-in/social', { provider: 'acme', callbackURL: '/home' })).json()).url;
    return { database, send, start };
  }

  async function signedIn(api, more) {
    const app = makeApp(api, more);
    const response = await app.send(await consent(await app.start()));
    assert.equal(response.headers.get('location'), '/home');
    return app;
  }

  test('signs in: authorize, callback, userinfo', async () => {
    const { database } = await signedIn(better);
    const [user] = database.user;
    assert.deepEqual(
      [user.email, user.emailVerified, user.name, user.image],
      ['ada@example.com', true, 'ada', 'https://example.com/ada.png'],
    );
    const [account] = database.account;
    assert.deepEqual([account.providerId, account.accountId], ['acme', 'ada']);
    assert.ok(account.accessToken.startsWith('test-') && account.refreshToken.startsWith('test-'));
    assert.ok(account.accessTokenExpiresAt > new Date());
  });

  test('sends what the original sends', async () => {
    const sent = [];
    for (const api of [better, theirBetter]) {
      world.requests.length = 0;
      await signedIn(api);
      const plain = world.requests.map(({ method, url, headers, body }) => {
        const { searchParams, origin, pathname } = new URL(url);
        const query = Object.fromEntries(
          [...searchParams].sort().map(([name, value]) => [name, /^(state|code_challenge)$/.test(name) ? 'differs' : value]),
        );
        const form = Object.fromEntries(
          [...new URLSearchParams(body)].map(([name, value]) => [name, /^code/.test(name) ? 'differs' : value]),
        );
        const authorization = headers.authorization?.replace(/test-.*/, 'token');
        return {
          method,
          url: origin + pathname,
          query,
          form,
          authorization,
          accept: pathname.endsWith('token') ? headers.accept : '',
          type: headers['content-type'],
        };
      });
      sent.push(plain);
    }
    assert.equal(sent[0].length, 3);
    assert.deepEqual(sent[0], sent[1]);
    assert.equal(sent[0][0].query.teamId, await tokenOwner());
  });

  test('a renewal that works: it goes out with credentials', async () => {
    const { send, database } = await signedIn(better);
    const [{ id: accountId, accessToken, refreshToken }] = structuredClone(database.account);
    const renewed = await (await send('/refresh-token', { accountId })).json();
    assert.ok(renewed.accessToken?.startsWith('test-') && renewed.accessToken !== accessToken, inspect(renewed));
    const [, request] = tokenRequests();
    assert.deepEqual(request, {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      authorization: basic(process.env.VERCEL_OIDC_TOKEN),
    });
    database.account[0].accessTokenExpiresAt = new Date(0);
    const again = await (await send('/get-access-token', { accountId })).json();
    assert.ok(again.accessToken && again.accessToken !== renewed.accessToken, 'of itself, with the rotated refresh token');

    const original = await signedIn(theirBetter);
    world.requests.length = 0;
    const failed = await original.send('/refresh-token', { accountId: original.database.account[0].id });
    assert.equal((await failed.json()).code, 'FAILED_TO_REFRESH_ACCESS_TOKEN', 'the original cannot renew');
    assert.equal(tokenRequests()[0].authorization, undefined);
  });

  test('invalid_grant is a code', async () => {
    const data = {
      code: 'used-up-code-0123456789',
      redirectURI: `${ORIGIN}/api/auth/callback/acme`,
      codeVerifier: 'verifier-0123456789-0123456789',
    };
    await assert.rejects(better.connect(options).getToken(data), (error) => {
      assert.ok(error instanceof better.ConnectError);
      assert.deepEqual(
        [error.code, error.provider.code, error.status, error.retryable],
        ['ERR_EXCHANGE_REJECTED', 'invalid_grant', 400, false],
      );
      for (const text of [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error)])
        assert.doesNotMatch(text, /used-up-code|verifier-0123|eyJ/);
      return true;
    });
    await assert.rejects(
      theirBetter.connect(options).getToken(data),
      (error) => error.code === undefined && /invalid_grant/.test(error.message),
    );
  });

  test('the team is that of the request at hand, not that of the process when connect was called', async () => {
    const token = process.env.VERCEL_OIDC_TOKEN;
    delete process.env.VERCEL_OIDC_TOKEN;
    const [app, original] = [makeApp(better), makeApp(theirBetter)];
    process.env.VERCEL_OIDC_TOKEN = token;
    assert.equal(new URL(await app.start()).searchParams.get('teamId'), await tokenOwner());
    assert.equal(new URL(await original.start()).searchParams.get('teamId'), null);
    assert.equal(new URL(await makeApp(better, { teamId: 'team_other' }).start()).searchParams.get('teamId'), 'team_other');
    process.env.VERCEL_OIDC_TOKEN = 'no token';
    assert.equal(new URL(await makeApp(better).start()).searchParams.get('teamId'), null);
  });

  test('a service that hangs up, quotes its client or breaks its protocol', async () => {
    const { getToken, getUserInfo } = better.connect(options);
    const data = { code: 'secret-code-0123456789', redirectURI: ORIGIN, codeVerifier: 'secret-verifier-0123456789' };
    const token = process.env.VERCEL_OIDC_TOKEN;
    world.answers.push(
      Response.json(
        { error: 'invalid_client', error_description: `bad ${basic(token)} and ${data.code} and ${data.codeVerifier}` },
        { status: 401 },
      ),
    );
    await assert.rejects(getToken(data), (error) => {
      assert.equal(error.provider.code, 'invalid_client');
      for (const secret of [token.slice(-30), btoa(token).slice(10, 40), 'secret-code', 'secret-verifier'])
        assert.ok(!inspect(error).includes(secret), secret);
      return true;
    });
    for (const body of ['{}', '[]', '{"access_token":""}', '{"access_token":"a b"}', '{"access_token":']) {
      world.answers.push(new Response(body));
      await assert.rejects(getToken(data), { code: 'ERR_EXCHANGE_INVALID' }, body);
    }
    world.requests.length = 0;
    world.answers.push(new Response('no', { status: 500 }));
    await assert.rejects(getToken(data), (error) => error.provider.code === 'invalid_grant');
    assert.equal(world.requests.length, 2, 'asked again after an error of the server');
    for (const body of ['{}', '{"sub":""}', '{"sub":7}']) {
      world.answers.push(new Response(body));
      world.answers.push(new Response(body));
      world.answers.push(new Response(body));
      await assert.rejects(getUserInfo({ accessToken: 'a' }), { code: 'ERR_EXCHANGE_INVALID' }, body);
      world.answers.length = 0;
    }
    await assert.rejects(
      getUserInfo({}),
      (error) => error instanceof better.ConnectError && error.provider.code === 'missing_access_token',
    );
    await assert.rejects(
      getUserInfo({ accessToken: 'unknown' }),
      (error) => error.status === 401 && error.provider.code === 'invalid_token',
    );
  });

  test('getVercelOidcToken takes the place of the search', async () => {
    const { issuer } = world;
    const own = await issuer.mint({ environment: 'production' }, { expiresIn: 60 });
    delete process.env.VERCEL_OIDC_TOKEN;
    const { send, database } = await signedIn(better, { getVercelOidcToken: async () => own });
    await send('/refresh-token', { accountId: database.account[0].id });
    assert.deepEqual(
      tokenRequests().map(({ authorization }) => authorization),
      [basic(own), basic(own)],
    );
    await assert.rejects(better.connect({ ...options, getVercelOidcToken: async () => '' }).getToken({ code: 'a', redirectURI: ORIGIN }), {
      option: 'getVercelOidcToken',
    });
  });
});

const tokenOwner = async () =>
  JSON.parse(atob(process.env.VERCEL_OIDC_TOKEN.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))).owner_id;

describe('Auth.js', () => {
  const options = { id: 'acme', name: 'Acme', connector: 'oauth/acme' };

  function makeApp(api, more) {
    const errors = [];
    const accounts = [];
    const config = {
      providers: [api.connect({ ...options, ...more })],
      secret: SECRET,
      trustHost: true,
      basePath: '/auth',
      skipCSRFCheck,
      logger: { error: (error) => errors.push(error), warn() {}, debug() {} },
      callbacks: {
        jwt({ token, account, profile }) {
          if (account) accounts.push({ account, profile });
          return token;
        },
      },
    };
    const jar = new Jar();
    const send = async (path, method = 'GET') => {
      const url = path.startsWith('http') ? path : `${ORIGIN}/auth${path}`;
      const body = method === 'POST' ? { body: new URLSearchParams({ callbackUrl: `${ORIGIN}/home` }) } : {};
      return jar.keep(await Auth(new Request(url, { method, headers: { cookie: jar.header }, ...body }), config));
    };
    const start = async () => (await send('/signin/acme', 'POST')).headers.get('location');
    const session = async () => (await send('/session')).json();
    return { errors, accounts, send, start, session };
  }

  async function signedIn(api, more) {
    const app = makeApp(api, more);
    const response = await app.send(await consent(await app.start()));
    assert.equal(response.headers.get('location'), `${ORIGIN}/home`, inspect(app.errors));
    return app;
  }

  test('signs in: authorize, callback, userinfo', async () => {
    const { session, accounts } = await signedIn(authjs);
    const { user } = await session();
    assert.deepEqual(user, { name: 'ada', email: 'ada@example.com', image: 'https://example.com/ada.png' });
    const [{ account, profile }] = accounts;
    assert.deepEqual(
      [account.provider, account.providerAccountId, account.token_type.toLowerCase(), profile.sub],
      ['acme', 'ada', 'bearer', 'ada'],
    );
    assert.ok(account.expires_at > Date.now() / 1000);
  });

  test('sends what the original sends, and a state', async () => {
    const sent = [];
    for (const api of [authjs, theirAuthjs]) {
      world.requests.length = 0;
      await signedIn(api);
      sent.push(
        world.requests.map(({ method, url, headers, body }) => {
          const { searchParams, origin, pathname } = new URL(url);
          const query = Object.fromEntries(
            [...searchParams].sort().map(([name, value]) => [name, /^code_challenge$/.test(name) ? 'differs' : value]),
          );
          const form = Object.fromEntries(
            [...new URLSearchParams(body)].map(([name, value]) => [name, /^code/.test(name) ? 'differs' : value]),
          );
          return { method, url: origin + pathname, query, form, authorization: headers.authorization?.replace(/test-.*/, 'token') };
        }),
      );
    }
    const [[authorize]] = sent;
    assert.ok(authorize.query.state);
    delete authorize.query.state;
    assert.deepEqual(sent[0], sent[1]);
  });

  test('a callback without the state of this browser is refused', async () => {
    const app = makeApp(authjs);
    const callback = new URL(await consent(await app.start()));
    callback.searchParams.set('state', 'of another browser');
    const response = await app.send(callback.href);
    assert.match(response.headers.get('location'), /error/);
    assert.deepEqual(tokenRequests(), []);
  });

  test('a renewal that works', async () => {
    const { accounts } = await signedIn(authjs);
    const { refresh_token: refreshToken, access_token: accessToken } = accounts[0].account;
    const renewed = await authjs.refreshConnectTokens({ connector: 'oauth/acme', refreshToken });
    assert.ok(renewed.access_token !== accessToken && renewed.refresh_token !== refreshToken && renewed.expires_at > Date.now() / 1000);
    assert.equal(tokenRequests().at(-1).authorization, basic(process.env.VERCEL_OIDC_TOKEN));
    world.answers.push(Response.json({ access_token: 'new', expires_in: 60 }));
    const { refresh_token: kept } = await authjs.refreshConnectTokens({ connector: 'oauth/acme', refreshToken: renewed.refresh_token });
    assert.equal(kept, renewed.refresh_token, 'a service that does not rotate it');
  });

  test('invalid_grant is a code', async () => {
    await assert.rejects(authjs.refreshConnectTokens({ connector: 'oauth/acme', refreshToken: 'used-up-token-0123456789' }), (error) => {
      assert.ok(error instanceof authjs.ConnectError && error.provider.code === 'invalid_grant');
      assert.doesNotMatch(inspect(error, { depth: 9 }), /used-up-token/);
      return true;
    });
    const app = makeApp(authjs);
    const callback = new URL(await consent(await app.start()));
    callback.searchParams.set('code', 'another-code-0123456789');
    await app.send(callback.href);
    const [{ cause }] = app.errors;
    assert.ok(cause.err instanceof authjs.ConnectError, inspect(app.errors));
    assert.equal(cause.err.provider.code, 'invalid_grant');
  });

  test('the team is that of the request at hand, not that of the process when connect was called', async () => {
    const token = process.env.VERCEL_OIDC_TOKEN;
    delete process.env.VERCEL_OIDC_TOKEN;
    const [app, original] = [makeApp(authjs), makeApp(theirAuthjs)];
    process.env.VERCEL_OIDC_TOKEN = token;
    assert.equal(new URL(await app.start()).searchParams.get('teamId'), await tokenOwner());
    assert.equal(new URL(await original.start()).searchParams.get('teamId'), null);
  });

  test('the members of a provider', () => {
    const [mine, original] = [authjs.connect(options), theirAuthjs.connect(options)];
    for (const name of ['id', 'name', 'type', 'clientId', 'client', 'authorization', 'token', 'userinfo'])
      assert.deepEqual(mine[name], original[name], name);
    const profiles = [{ sub: 'a' }, { sub: 'a', email: 'e', name: 'n', picture: 'p', email_verified: true }];
    for (const profile of profiles)
      assert.deepEqual({ ...mine.profile(profile) }, { name: null, image: null, ...JSON.parse(JSON.stringify(original.profile(profile))) });
    assert.ok(authjs.connect({ ...options, scopes: ['a', 'offline_access'] }).authorization.params.scope === 'a offline_access');
  });
});

test('every export', () => {
  for (const [mine, original] of [
    [better, theirBetter],
    [authjs, theirAuthjs],
  ]) {
    for (const [name, value] of Object.entries(original)) assert.equal(typeof mine[name], typeof value, name);
  }
  const mocked = new better.ConnectError('m', { code: 'forbidden', status: 403, vendor: { a: 1 } });
  assert.deepEqual([mocked.message, mocked.provider.code, mocked.status, mocked.vendor], ['m', 'forbidden', 403, { a: 1 }]);
});

test('an endpoint on this machine takes the place of Vercel', async () => {
  const server = await world.connect.listen();
  try {
    const provider = better.connect({ providerId: 'acme', connector: 'oauth/acme', endpoint: server.url });
    assert.equal(provider.tokenUrl, `${server.url}/oauth/token`);
    await assert.rejects(provider.getToken({ code: 'a', redirectURI: ORIGIN }), (error) => error.provider.code === 'invalid_grant');
  } finally {
    await server.close();
  }
});

test('options are named where they are wrong', () => {
  const wrong = (options, option, api = better, base = { providerId: 'a', connector: 'b' }) =>
    assert.throws(
      () => api.connect({ ...base, ...options }),
      (error) => error.code === 'ERR_INVALID_OPTION' && error.option === option,
      option,
    );
  for (const [option, value] of Object.entries({
    connector: '',
    providerId: 7,
    scopes: 'openid',
    teamId: '',
    getVercelOidcToken: 'x',
    endpoint: 'http://evil.example',
    fetch: 1,
    conector: 'x',
  }))
    wrong({ [option]: value }, option);
  for (const [option, value] of Object.entries({ id: '', name: 7, connector: null, providerId: 'x' }))
    wrong({ [option]: value }, option, authjs, { id: 'a', name: 'A', connector: 'b' });
});

// The Connect service for development, asked by the published SDK of Vercel Connect over HTTP.
import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, describe, mock, test } from 'node:test';
import * as sdk from '@vercel/connect';
import { importPackage } from './package-under-test.mjs';

const { testing, countersign } = await importPackage('peers-connect-service');

const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const links = [{ projectId: PROJECT, environments: ['production', 'preview'] }];
const APP = { subject: { type: 'app' } };
const ADA = { subject: { type: 'user', id: 'ada', issuer: 'https://acme.example' } };

let issuer;
let connect;
let server;
let realFetch;
before(async () => {
  issuer = await testing.createTestIssuer();
  realFetch = globalThis.fetch;
});
beforeEach(async () => {
  connect = testing.createTestConnect({
    issuer,
    connectors: [
      { uid: 'slack/acme-bot', type: 'slack', links, scopes: ['chat:write', 'channels:read'], vendor: { workspace: 'acme' } },
      { uid: 'github/acme', id: 'scl_github', links, installations: [] },
      { uid: 'oauth/linear', links: [{ projectId: 'prj_other', environments: ['production'] }] },
      { uid: 'oauth/preview only', links: [{ projectId: PROJECT, environments: ['preview'] }], subjects: ['user'] },
    ],
  });
  server = await connect.listen();
  // The SDK knows the addresses of Vercel only: they are this server's here.
  mock.method(globalThis, 'fetch', (url, init) =>
    realFetch(String(url).replace(/^https:\/\/api(-\w+)?\.vercel\.com/, server.url), { ...init, redirect: 'manual' }),
  );
  process.env.VERCEL_OIDC_TOKEN = await issuer.mint();
});
afterEach(async () => {
  mock.restoreAll();
  await server.close();
  delete process.env.VERCEL_OIDC_TOKEN;
  delete process.env.VERCEL_CONNECT_INTERACTIVE_AUTH_MODE;
});

/** Its cache knows no caller and no service: each test begins without what an earlier one left there. */
const fresh = { forceRefresh: true };

/** Wants the SDK's own error, with this code and status. */
const refused = (work, code, status, Class = sdk.ConnectError) =>
  assert.rejects(work, (error) => {
    assert.ok(error instanceof Class, `${error}`);
    assert.deepEqual([error.code, error.status], [code, status], error.message);
    return true;
  });

describe('@vercel/connect', () => {
  test('gets a token for the app, and the provider knows it', async () => {
    const response = await sdk.getTokenResponse('slack/acme-bot', { ...APP, scopes: ['chat:write'] }, fresh);
    const { token, tokenId, expiresAt, connector, installationId } = response;
    assert.match(tokenId, /^stk_/);
    assert.deepEqual(connector, { id: 'scl_test1', uid: 'slack/acme-bot', type: 'slack' });
    assert.ok(expiresAt > Date.now() && expiresAt <= Date.now() + 3_600_000);
    assert.deepEqual(connect.introspect(token), {
      token,
      tokenId,
      expiresAt,
      connector: 'slack/acme-bot',
      subject: { type: 'app' },
      scopes: ['chat:write'],
      installationId,
      projectId: PROJECT,
      environment: 'production',
    });
    assert.equal(connect.billed, 1);
  });

  test('gets all scopes where it asks for none, from any region, by either name of the connector', async () => {
    await sdk.getToken('slack/acme-bot', APP, { ...fresh, region: 'fra1' });
    assert.deepEqual(connect.tokens[0].scopes, ['chat:write', 'channels:read']);
    await sdk.getToken('scl_test1', APP, fresh);
    assert.equal(connect.billed, 2);
  });

  for (const [kind, subject] of Object.entries({
    'jwt-bearer': { type: 'jwt-bearer', sub: 'svc', iss: 'me', aud: 'them', additionalClaims: { tier: 1 } },
    token: { type: 'token', token: 'of another issuer' },
  })) {
    test(`gets a token for a ${kind} subject`, async () => {
      const token = await sdk.getToken('slack/acme-bot', { subject, audience: ['a'], resources: ['r'] }, fresh);
      const { subject: recorded, audience, resources } = connect.introspect(token);
      assert.deepEqual({ recorded, audience, resources }, { recorded: subject, audience: ['a'], resources: ['r'] });
    });
  }

  test('asks a user to agree, and gets their token once they have', async () => {
    await refused(sdk.getToken('slack/acme-bot', ADA, fresh), 'user_authorization_required', 422, sdk.UserAuthorizationRequiredError);
    const started = await sdk.startAuthorization('slack/acme-bot', ADA, { callbackUrl: 'https://acme.example/done', prompt: 'consent' });
    assert.equal(started.connector.uid, 'slack/acme-bot');
    assert.equal(started.deviceCode, undefined);
    assert.ok(started.request && started.verifier && started.expiresAt > Date.now());
    const agreed = await realFetch(started.url, { redirect: 'manual' });
    assert.deepEqual([agreed.status, agreed.headers.get('location')], [303, 'https://acme.example/done']);
    assert.equal((await realFetch(started.url)).status, 404, 'nobody agrees twice');
    const { externalSubject } = await sdk.getTokenResponse('slack/acme-bot', ADA, fresh);
    assert.equal(externalSubject, 'ada');
  });

  test('starts a detached authorization with a device code, which runs out', async () => {
    process.env.VERCEL_CONNECT_INTERACTIVE_AUTH_MODE = 'detached';
    const { deviceCode, url } = await sdk.startAuthorization('slack/acme-bot', ADA, { callbackUrl: 'ftp://ignored', expiresInMs: 1 });
    assert.match(deviceCode, /\S{8}/);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal((await realFetch(url)).status, 410);
  });

  test('installs a connector', async () => {
    await refused(sdk.getToken('github/acme', APP, fresh), 'connector_installation_required', 422, sdk.ConnectorInstallationRequiredError);
    const { url, connector } = await sdk.experimental_startInstallation(
      'github/acme',
      {},
      { tenantId: 'acme-org', webhook: 'https://acme.example/hook' },
    );
    assert.equal(connector.id, 'scl_github');
    assert.equal((await realFetch(url)).status, 200);
    const details = [{ type: 'github_app_installation', repositories: ['acme/site'], permissions: ['contents:read'] }];
    const response = await sdk.getTokenResponse('github/acme', { ...APP, authorizationDetails: details }, fresh);
    assert.equal(response.tenantId, 'acme-org');
    assert.deepEqual(connect.introspect(response.token).authorizationDetails, details);
    const elsewhere = { ...APP, installationId: 'inst_elsewhere' };
    await refused(
      sdk.getToken('github/acme', elsewhere, fresh),
      'connector_installation_required',
      422,
      sdk.ConnectorInstallationRequiredError,
    );
  });

  test('revokes the tokens of one subject and no others', async () => {
    await sdk.getToken('slack/acme-bot', APP, fresh);
    const other = await sdk.getToken('slack/acme-bot', { subject: { type: 'token', token: 'x' } }, fresh);
    await sdk.revokeToken('slack/acme-bot', APP);
    assert.deepEqual(
      connect.tokens.map(({ token }) => token),
      [other],
    );
  });

  test('takes back what a user had agreed to', async () => {
    const { url } = await sdk.startAuthorization('slack/acme-bot', ADA);
    await realFetch(url);
    const token = await sdk.getToken('slack/acme-bot', ADA, fresh);
    await sdk.revokeToken('slack/acme-bot', ADA);
    assert.equal(connect.introspect(token), undefined);
    await refused(sdk.getToken('slack/acme-bot', ADA, fresh), 'user_authorization_required', 422, sdk.UserAuthorizationRequiredError);
  });

  test('reads the metadata', async () => {
    const { vendor, uid, service, createdAt, updatedAt } = await sdk.getConnectorMetadata('slack/acme-bot');
    assert.deepEqual({ vendor, uid, service }, { vendor: { workspace: 'acme' }, uid: 'slack/acme-bot', service: 'slack' });
    assert.ok(createdAt > 0 && updatedAt >= createdAt);
    assert.equal(connect.billed, 0);
  });

  describe('is refused', () => {
    const asks = (connector, params = APP, options = {}) => sdk.getToken(connector, params, { ...fresh, ...options });

    test('without an identity that this team has', async () => {
      const bad = {
        'an expired token': await issuer.mint({}, { expiresIn: -60 }),
        'a token of another team': await issuer.mint({ owner_id: 'team_other' }),
        'a token for another audience': await issuer.mint({ aud: 'https://sts.example' }),
        'another issuer, the same keys': await (await testing.createTestIssuer({ issuer: 'https://oidc.vercel.com/mallory' })).mint(),
        'a token that nobody signed': `${(await issuer.mint()).split('.').slice(0, 2).join('.')}.AAAA`,
        'no token at all': 'vca_123',
      };
      for (const [name, vercelToken] of Object.entries(bad)) {
        await assert.rejects(asks('slack/acme-bot', APP, { vercelToken }), { code: 'unauthorized', status: 401 }, name);
      }
      assert.equal((await realFetch(`${server.url}/v1/connect/connectors/x`)).status, 401);
      assert.equal(connect.billed, 0);
    });

    test('for a connector that is not there, not linked, or not for this environment', async () => {
      await refused(asks('slack/nobody'), 'not_found', 404);
      await refused(asks('oauth/linear'), 'forbidden', 403);
      await assert.rejects(asks('oauth/linear'), /connector is not linked to this project/i);
      await refused(asks('oauth/preview only'), 'forbidden', 403);
      await assert.rejects(asks('oauth/preview only'), /not enabled for this environment/);
      const vercelToken = await issuer.mint({ environment: 'preview' });
      await refused(asks('oauth/preview only', APP, { vercelToken }), 'unresolved_token', 422);
      for (const call of [
        sdk.getConnectorMetadata,
        (name) => sdk.revokeToken(name, APP),
        (name) => sdk.startAuthorization(name, ADA),
        sdk.experimental_startInstallation,
      ]) {
        await refused(call('oauth/linear'), 'forbidden', 403);
      }
      assert.equal(connect.billed, 0);
    });

    const malformed = {
      'no subject': {},
      'an unknown kind of subject': { subject: { type: 'robot' } },
      'a user without an id': { subject: { type: 'user' } },
      'an issuer that is no text': { subject: { type: 'user', id: 'a', issuer: 7 } },
      'claims that are no object': { subject: { type: 'jwt-bearer', sub: 'a', additionalClaims: [] } },
      'an empty token': { subject: { type: 'token', token: '' } },
      'scopes that are no array': { ...APP, scopes: 'chat:write' },
      'a scope that the connector lacks': { ...APP, scopes: ['admin'] },
      'an audience of numbers': { ...APP, audience: [1] },
      'details that are no array': { ...APP, authorizationDetails: {} },
      'a detail without a type': { ...APP, authorizationDetails: [{}] },
      'a repository without its owner': { ...APP, authorizationDetails: [{ type: 'github_app_installation', repositories: 'site' }] },
      'a permission without its level': { ...APP, authorizationDetails: [{ type: 'github_app_installation', permissions: ['contents'] }] },
    };
    for (const [name, params] of Object.entries(malformed)) {
      test(`with ${name}`, () => refused(asks('slack/acme-bot', params), 'bad_request', 400));
    }

    test('with addresses to which no browser may be redirected', async () => {
      const start = async (body) => {
        const response = await realFetch(`${server.url}/v1/connect/authorize/slack%2Facme-bot`, {
          method: 'POST',
          headers: { authorization: `Bearer ${process.env.VERCEL_OIDC_TOKEN}` },
          body: JSON.stringify({ ...ADA, ...body }),
        });
        return response.status;
      };
      for (const returnUrl of ['https://acme.example/x', 'http://localhost:3000', 'http://app.localhost', 'http://127.0.0.1:1']) {
        assert.equal(await start({ returnUrl }), 200, returnUrl);
      }
      for (const returnUrl of ['http://acme.example', 'http://localhost.evil.example', 'ftp://localhost', 'nonsense', 7]) {
        assert.equal(await start({ returnUrl }), 400, String(returnUrl));
      }
      for (const webhook of ['http://localhost/hook', 'nonsense']) assert.equal(await start({ webhook }), 400, webhook);
      for (const more of [{ expiresInMs: 0 }, { deviceCode: 'yes' }, { prompt: 1 }, APP]) assert.equal(await start(more), 400);
      assert.equal(await start({ webhook: 'https://acme.example/hook', deviceCode: true, expiresInMs: 5 }), 200);
    });
  });

  describe('meets faults', () => {
    test('a rate limit with its Retry-After, then an error of the server', async () => {
      connect.fail({ status: 429, retryAfter: 7 }, { status: 500 }, { status: 422, code: 'no_token' });
      const limited = await realFetch(`${server.url}/v1/connect/connectors/x`);
      assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '7']);
      await refused(sdk.getToken('slack/acme-bot', APP, fresh), 'internal_server_error', 500);
      await refused(sdk.getToken('slack/acme-bot', APP, fresh), 'no_token', 422, sdk.NoValidTokenError);
      await sdk.getToken('slack/acme-bot', APP, fresh);
      assert.equal(connect.billed, 1);
    });

    test('an answer that is cut, though the token was issued', async () => {
      connect.fail({ cut: true });
      await assert.rejects(sdk.getToken('slack/acme-bot', APP, fresh), TypeError);
      assert.equal(connect.billed, 1);
    });

    test('an answer that is late', async () => {
      connect.fail({ delayMs: 60_000 });
      await assert.rejects(connect.fetch('https://api.vercel.com/', { signal: AbortSignal.timeout(5) }), { name: 'TimeoutError' });
    });
  });
});

test('keys that were rotated are believed at once, and a verifier may take the place of the issuer', async () => {
  const own = await testing.createTestIssuer();
  const connectors = [{ uid: 'a', links }];
  const verifier = countersign.createVercelVerifier({ team: 'acme', projectId: PROJECT, environment: 'production', fetch: own.fetch });
  const services = [testing.createTestConnect({ issuer: own, connectors }), testing.createTestConnect({ verifier, connectors })];
  const status = async (service, token) =>
    (await service.fetch('https://api-sfo1.vercel.com/v1/connect/connectors/a', { headers: { authorization: `Bearer ${token}` } })).status;
  for (const service of services) assert.equal(await status(service, await own.mint()), 200);
  const old = await own.mint();
  own.rotate();
  own.rotate();
  assert.equal(await status(services[0], await own.mint()), 200);
  assert.equal(await status(services[0], old), 401);
});

test('a token expires with its lifetime', async () => {
  const service = testing.createTestConnect({ issuer, connectors: [{ uid: 'a', links }], tokenLifetime: 0.001 });
  const ask = { method: 'POST', headers: { authorization: `Bearer ${await issuer.mint()}` }, body: JSON.stringify(APP) };
  const { token } = await (await service.fetch('https://api.vercel.com/v1/connect/token/a', ask)).json();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(service.introspect(token), undefined);
  assert.equal(service.billed, 1);
});

test('options that are wrong are named', () => {
  const make = (options) => () => testing.createTestConnect({ issuer, connectors: [], ...options });
  const wrong = (options, option) =>
    assert.throws(make(options), (error) => error.code === 'ERR_INVALID_OPTION' && error.option === option, option);
  wrong({ isuer: 1 }, 'isuer');
  wrong({ issuer: undefined }, 'issuer');
  wrong({ verifier: {} }, 'issuer');
  wrong({ issuer: { issuer: 'https://accounts.example' } }, 'issuer');
  wrong({ tokenLifetime: -1 }, 'tokenLifetime');
  wrong({ connectors: {} }, 'connectors');
  wrong({ connectors: [{ uid: '', links }] }, 'connectors.uid');
  wrong({ connectors: [{ uid: 'a' }] }, 'connectors.links');
  wrong({ connectors: [{ uid: 'a', links: [{ projectId: 'prj_1' }] }] }, 'connectors.links');
  wrong({ connectors: [{ uid: 'a', links, scope: [] }] }, 'connectors.scope');
});

// The guarded routes, the proxy and the health answer, over HTTP.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { startGateway } from '../../www/scripts/gateway-api.mjs';
import { createTestConnect, createTestIssuer, createVercelVerifier, PROJECT_ID, readFromApp, startApp } from '../../www/scripts/local.mjs';

const CONFIGURED = { COUNTERSIGN_TEAM: 'acme', COUNTERSIGN_PROJECT_ID: PROJECT_ID, COUNTERSIGN_ENVIRONMENT: 'production' };

const issuer = await createTestIssuer();
const keys = await issuer.listen();
after(() => keys.close());

const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });

/** Changes one character in the middle of the signature. */
const damaged = (token) => {
  const at = token.length - 100;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
};

describe('with the issuer’s keys at hand', () => {
  let app;
  let healthSecret;
  before(async () => {
    healthSecret = await issuer.mint();
    app = await startApp({ ...CONFIGURED, COUNTERSIGN_JWKS_URL: keys.jwksUrl, VERCEL_OIDC_TOKEN: healthSecret });
  });
  after(() => app.stop());

  const refusals = {
    'an expired token': [() => issuer.mint({}, { expiresIn: -60 }), 'ERR_JWT_EXPIRED'],
    'another project’s token': [() => issuer.mint({ project_id: 'prj_another' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    'a preview token': [() => issuer.mint({ environment: 'preview' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    'another team’s token': [
      async () => (await createTestIssuer({ issuer: 'https://oidc.vercel.com/other' })).mint(),
      'ERR_JWT_CLAIM_VALIDATION_FAILED',
    ],
    'a damaged signature': [async () => damaged(await issuer.mint()), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    'an unsigned token': [async () => (await issuer.mint({}, { header: { alg: 'none' } })).replace(/[^.]*$/, ''), /^ERR_/],
    'no token at all, but text': [async () => 'not-a-token', 'ERR_JWS_INVALID'],
  };

  for (const path of ['/api/node', '/api/edge', '/protected']) {
    describe(path, () => {
      test('lets a good token in', async () => {
        const response = await fetch(app.url + path, bearer(await issuer.mint()));
        assert.equal(response.status, 200);
        if (path === '/protected') {
          const html = await response.text();
          assert.match(html, /Let in/);
          assert.match(html, /owner:acme:project:acme_website:environment:production/);
        } else {
          const { runtime, caller, expiresAt } = await response.json();
          assert.equal(runtime, path === '/api/edge' ? 'edge' : 'nodejs');
          assert.deepEqual(caller, {
            subject: 'owner:acme:project:acme_website:environment:production',
            ownerId: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3',
            projectId: PROJECT_ID,
            environment: 'production',
          });
          assert.ok(Date.parse(expiresAt) > Date.now());
        }
      });

      test('asks for a token where the request has no token', async () => {
        const response = await fetch(app.url + path);
        assert.equal(response.status, 401);
        // RFC 6750 section 3.1: no error code where no authentication was tried.
        assert.equal(response.headers.get('www-authenticate'), 'Bearer');
        assert.equal((await response.json()).error, 'unauthorized');
      });

      test('asks for a token where there is another scheme', async () => {
        const response = await fetch(app.url + path, { headers: { authorization: 'Basic YTpi' } });
        assert.equal(response.status, 401);
        assert.equal(response.headers.get('www-authenticate'), 'Bearer');
      });

      test('refuses a malformed header as a bad request', async () => {
        const response = await fetch(app.url + path, { headers: { authorization: 'Bearer one two' } });
        assert.equal(response.status, 400);
        assert.match(response.headers.get('www-authenticate'), /error="invalid_request"/);
      });

      for (const [name, [mint, code]] of Object.entries(refusals)) {
        test(`refuses ${name}`, async () => {
          const token = await mint();
          const response = await fetch(app.url + path, bearer(token));
          const text = await response.text();
          assert.equal(response.status, 401, text);
          const challenge = response.headers.get('www-authenticate');
          assert.match(challenge, /^Bearer error="invalid_token", error_description="[^"]+"$/);
          assert.equal(response.headers.get('cache-control'), 'no-store');
          const body = JSON.parse(text);
          assert.equal(body.error, 'invalid_token');
          code instanceof RegExp ? assert.match(body.code, code) : assert.equal(body.code, code);
          for (const part of token.split('.').filter((part) => part.length > 8)) {
            assert.ok(!text.includes(part) && !challenge.includes(part), 'the answer repeats a part of the token');
          }
        });
      }
    });
  }

  test('no way of writing the path gets past the proxy', async () => {
    const ways = [
      '/protected/',
      '/protected/deep/er?x=1',
      '/%70rotected',
      '/%2570rotected',
      '//protected',
      '/./protected',
      '/x/../protected',
      '/Protected',
      '/protected%2Fdeep',
      '/protected.rsc',
      '/protected?_rsc=1',
      '/_next/data/x/protected.json',
    ];
    for (const way of ways) {
      for (const headers of [
        {},
        { rsc: '1' },
        { 'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy' },
        { 'next-router-prefetch': '1', rsc: '1' },
      ]) {
        const response = await fetch(app.url + way, { headers });
        const text = await response.text();
        assert.ok(!text.includes('Let in'), `${way} ${JSON.stringify(headers)} shows the page`);
      }
    }
  });

  test('other methods are guarded as well', async () => {
    for (const method of ['HEAD', 'POST', 'OPTIONS']) {
      assert.equal((await fetch(`${app.url}/protected`, { method })).status, 401, method);
    }
  });

  test('the health answer names the source in use and shows no secret', async () => {
    const response = await fetch(`${app.url}/api/health`);
    const text = await response.text();
    assert.equal(response.status, 200, text);
    const { status, credentials } = JSON.parse(text);
    assert.equal(status, 'ok');
    assert.equal(credentials.selected, 'env');
    assert.deepEqual(
      credentials.sources.map(({ source }) => source),
      ['static-key', 'header', 'context', 'file', 'env', 'refresh'],
    );
    const env = credentials.sources.find(({ source }) => source === 'env');
    assert.equal(env.state, 'found');
    assert.ok(Date.parse(env.expiresAt) > Date.now());
    for (const part of healthSecret.split('.')) assert.ok(!text.includes(part));
  });

  test('the header of a request goes before the environment', async () => {
    const response = await fetch(`${app.url}/api/health`, { headers: { 'x-vercel-oidc-token': await issuer.mint() } });
    assert.equal((await response.json()).credentials.selected, 'header');
  });

  test('the Edge route carries compiled wasm: nothing is compiled from bytes there', () => {
    const { functions } = JSON.parse(readFromApp('.next/server/middleware-manifest.json'));
    assert.ok(functions['/api/edge/route'].wasm.length > 0);
  });
});

describe('the AI Gateway', () => {
  let gateway;
  before(async () => {
    gateway = await startGateway({
      verifier: createVercelVerifier({ team: 'acme', projectId: PROJECT_ID, environment: 'production', jwks: keys.jwksUrl }),
      apiKeys: ['good-key'],
    });
  });
  after(() => gateway.close());

  /** Runs with the app started in this environment. */
  async function withApp(env, run) {
    const app = await startApp({ ...CONFIGURED, COUNTERSIGN_JWKS_URL: keys.jwksUrl, COUNTERSIGN_GATEWAY_URL: gateway.baseURL, ...env });
    gateway.requests.splice(0);
    const post = async (body, headers = {}) => {
      const response = await fetch(`${app.url}/api/gateway`, {
        method: 'POST',
        body,
        headers: { ...bearer(await issuer.mint()).headers, ...headers },
      });
      return { status: response.status, ...(await response.json()) };
    };
    try {
      await run(post, app);
    } finally {
      await app.stop();
    }
  }

  test('is called with the identity of the app alone', async () => {
    await withApp({ VERCEL_OIDC_TOKEN: await issuer.mint() }, async (post, app) => {
      const { status, text } = await post('hello');
      assert.deepEqual([status, text], [200, 'hello']);
      // A caller that brings a header of Vercel's along does not choose as whom the app calls.
      assert.equal((await post('again', { 'x-vercel-oidc-token': 'x' })).text, 'again');
      assert.ok(
        gateway.requests.length === 2 &&
          gateway.requests.every(
            ({ url, authMethod, caller }) => url === '/v4/ai/language-model' && authMethod === 'oidc' && caller.startsWith('owner:acme:'),
          ),
      );
      assert.equal((await post('')).status, 400);
      assert.equal((await post('x'.repeat(2_001))).status, 400);
      assert.equal((await fetch(`${app.url}/api/gateway`, { method: 'POST', body: 'hello' })).status, 401);
      assert.equal(gateway.requests.length, 2);
    });
  });

  test('is asked with an API key where there is one', async () => {
    await withApp({ AI_GATEWAY_API_KEY: 'good-key', VERCEL_OIDC_TOKEN: await issuer.mint() }, async (post) => {
      assert.equal((await post('hello')).text, 'hello');
      assert.equal(gateway.requests[0].authMethod, 'api-key');
    });
  });

  test('refuses another project, and the app says so without the token', async () => {
    const token = await issuer.mint({ project_id: 'prj_another' });
    await withApp({ VERCEL_OIDC_TOKEN: token }, async (post) => {
      const answer = await post('hello');
      assert.deepEqual([answer.status, answer.error, answer.gatewayStatus], [502, 'gateway_refused', 401]);
      for (const part of token.split('.')) assert.ok(!JSON.stringify(answer).includes(part));
      assert.equal(gateway.requests[0].refused, 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    });
  });

  test('is not sent a credential over plain HTTP to another machine', async () => {
    await withApp({ COUNTERSIGN_GATEWAY_URL: 'http://gateway.example.com/v4/ai', VERCEL_OIDC_TOKEN: await issuer.mint() }, async (post) => {
      const { status, problems } = await post('hello');
      assert.deepEqual([status, problems.map(({ variable }) => variable)], [503, ['COUNTERSIGN_GATEWAY_URL']]);
    });
  });

  test('is not asked without a credential', async () => {
    await withApp({ VERCEL_ENV: 'production' }, async (post) => {
      const answer = await post('hello');
      assert.deepEqual([answer.status, answer.code], [503, 'ERR_CREDENTIALS_NOT_FOUND']);
      assert.equal(gateway.requests.length, 0);
    });
  });
});

describe('with a key server that does not answer', () => {
  let app;
  before(async () => {
    const gone = await issuer.listen();
    await gone.close();
    app = await startApp({ ...CONFIGURED, COUNTERSIGN_JWKS_URL: gone.jwksUrl });
  });
  after(() => app.stop());

  for (const path of ['/api/node', '/api/edge', '/protected']) {
    test(`${path} says that the fault is not the token’s`, async () => {
      const response = await fetch(app.url + path, bearer(await issuer.mint()));
      assert.equal(response.status, 503);
      assert.ok(response.headers.get('retry-after'));
      assert.equal(response.headers.get('www-authenticate'), null);
      assert.match((await response.json()).code, /^ERR_JWKS_/);
    });
  }
});

describe('without configuration', () => {
  let app;
  before(async () => {
    app = await startApp();
  });
  after(() => app.stop());

  for (const path of ['/api/node', '/api/edge', '/protected', '/api/health']) {
    test(`${path} names the variables to set`, async () => {
      const response = await fetch(app.url + path, bearer(await issuer.mint()));
      assert.equal(response.status, 503);
      const { problems } = await response.json();
      assert.deepEqual(
        problems.map(({ variable }) => variable),
        ['COUNTERSIGN_PROJECT_ID', 'COUNTERSIGN_ENVIRONMENT'],
      );
    });
  }
  test('the inspector works all the same', async () => {
    assert.equal((await fetch(app.url)).status, 200);
  });
});

test('keys are never taken over plain HTTP from another machine', async () => {
  const app = await startApp({ ...CONFIGURED, COUNTERSIGN_JWKS_URL: 'http://keys.example.com/jwks' });
  try {
    const response = await fetch(`${app.url}/api/node`, bearer(await issuer.mint()));
    assert.equal(response.status, 503);
    assert.deepEqual(
      (await response.json()).problems.map(({ variable }) => variable),
      ['COUNTERSIGN_JWKS_URL'],
    );
  } finally {
    await app.stop();
  }
});

test('the lock file accepts every build of the package', () => {
  const { packages } = JSON.parse(readFromApp('package-lock.json'));
  // With an integrity here, `npm ci` would refuse the next build of the tarball. `npm install` adds one: take it out again.
  assert.deepEqual(packages['node_modules/countersign'], { version: '0.1.0', resolved: 'file:../pkg/countersign-0.1.0.tgz' });
});

describe('/api/connect', () => {
  const links = [{ projectId: PROJECT_ID, environments: ['production'] }];
  const connect = createTestConnect({
    issuer,
    connectors: [
      { uid: 'slack/acme-bot', links },
      { uid: 'oauth/other', links: [] },
    ],
  });
  let server;
  let identity;
  before(async () => {
    server = await connect.listen();
    identity = await issuer.mint();
  });
  after(() => server.close());

  /** The answer of an app with this connector to a caller with this token. */
  async function answer(connector, token) {
    const env = { ...CONFIGURED, COUNTERSIGN_JWKS_URL: keys.jwksUrl, VERCEL_OIDC_TOKEN: identity, COUNTERSIGN_CONNECT_URL: server.url };
    const app = await startApp({ ...env, ...(connector && { COUNTERSIGN_CONNECTOR: connector }) });
    try {
      const calls = Array.from({ length: 5 }, async () => {
        const response = await fetch(`${app.url}/api/connect`, token === undefined ? {} : bearer(token));
        return { status: response.status, text: await response.text() };
      });
      return (await Promise.all(calls))[0];
    } finally {
      await app.stop();
    }
  }

  test('trades the identity of the deployment once for callers at the same time, and shows no token', async () => {
    const { status, text } = await answer('slack/acme-bot', await issuer.mint());
    assert.equal(status, 200, text);
    assert.equal(JSON.parse(text).connector.uid, 'slack/acme-bot');
    assert.equal(connect.billed, 1);
    for (const { token } of connect.tokens) assert.ok(!text.includes(token));
  });

  test('exchanges the identity of the caller alone, and says what the service refuses', async () => {
    const before = connect.billed;
    assert.equal((await answer('slack/acme-bot', undefined)).status, 401);
    const refused = await answer('oauth/other', await issuer.mint());
    assert.equal(refused.status, 502);
    assert.equal(JSON.parse(refused.text).error, 'forbidden');
    assert.equal((await answer(undefined, await issuer.mint())).status, 503);
    assert.equal(connect.billed, before);
  });
});

test('/api/hook takes a delivery once, and refuses a forged one and one for another environment', async () => {
  const links = [{ projectId: PROJECT_ID, environments: ['production'] }];
  const triggerDestinations = [{ projectId: PROJECT_ID, path: '/api/hook' }];
  const connect = createTestConnect({ issuer, connectors: [{ uid: 'github/acme', links, triggerDestinations }] });
  const app = await startApp({ ...CONFIGURED, COUNTERSIGN_JWKS_URL: keys.jwksUrl });
  try {
    const deliver = (more) => connect.deliver('github/acme', { to: `${app.url}/api/hook`, body: { action: 'opened' }, ...more });
    const { response, token } = await deliver();
    assert.deepEqual([response.status, await response.json()], [202, { taken: 'opened', environment: 'production' }]);
    for (const more of [{ token }, { token, body: { action: 'closed' } }, { forged: true }, { environment: 'preview' }, { token: null }])
      assert.equal((await deliver(more)).response.status, 401, JSON.stringify(more));
  } finally {
    await app.stop();
  }
});

describe('/api/bucket', () => {
  /** What AWS was asked: a role's keys, then a list that is signed with them. */
  const asked = [];
  const aws = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({
      path: request.url,
      authorization: request.headers.authorization ?? '',
      fields: Object.fromEntries(new URLSearchParams(body)),
    });
    const keys = `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/demo/countersign</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId>
      <SecretAccessKey>s3cret-key</SecretAccessKey><SessionToken>s3cret-session</SessionToken>
      <Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
    const list = '<ListBucketResult><Name>demo</Name><Contents><Key>greeting.txt</Key><Size>5</Size></Contents></ListBucketResult>';
    response.setHeader('content-type', 'application/xml');
    response.end(request.method === 'POST' ? keys : list);
  });
  let identity;
  let app;
  before(async () => {
    aws.listen(0, '127.0.0.1');
    await once(aws, 'listening');
    identity = await issuer.mint({ jti: 'bucket' });
    app = await startApp({
      ...CONFIGURED,
      COUNTERSIGN_JWKS_URL: keys.jwksUrl,
      VERCEL_OIDC_TOKEN: identity,
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/demo',
      COUNTERSIGN_BUCKET: 'demo',
      COUNTERSIGN_AWS_ENDPOINT: `http://127.0.0.1:${aws.address().port}`,
    });
  });
  after(async () => {
    await app?.stop();
    aws.closeAllConnections();
    aws.close();
  });

  test('lists a bucket with keys that the identity of the deployment was traded for, and shows none of them', async () => {
    const responses = await Promise.all(Array.from({ length: 5 }, async () => fetch(`${app.url}/api/bucket`, bearer(await issuer.mint()))));
    const [text] = await Promise.all(responses.map((response) => response.text()));
    assert.equal(responses[0].status, 200, text);
    assert.deepEqual(JSON.parse(text).objects, [{ key: 'greeting.txt', size: 5 }]);
    const exchanges = asked.filter(({ fields }) => fields.Action === 'AssumeRoleWithWebIdentity');
    assert.deepEqual(
      exchanges.map(({ fields }) => fields.WebIdentityToken),
      [identity],
      'one exchange, of the deployment’s own token',
    );
    const lists = asked.filter(({ path }) => path.startsWith('/demo'));
    assert.ok(lists.length === 5 && lists.every(({ authorization }) => authorization.includes('Credential=ASIAEXAMPLE/')));
    assert.ok(!/s3cret|ey[A-Z]/.test(text), text);
  });

  test('lists nothing for a request without a token', async () => {
    const before = asked.length;
    assert.equal((await fetch(`${app.url}/api/bucket`)).status, 401);
    assert.equal(asked.length, before);
  });
});

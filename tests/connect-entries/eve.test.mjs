// The entry for Eve, beside the original and the functions of Eve itself.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, test } from 'node:test';
import * as eveAuth from 'eve/channels/auth';
import * as eveConnections from 'eve/connections';
import { createTestIssuer, createWorld, endWorld, entry, PROJECT } from './world.mjs';

const { ours, theirs } = await entry('eve');

const ADA = { principal: { type: 'user', id: 'ada', issuer: 'https://acme.example' }, connection: { url: 'https://mcp.acme.example/mcp' } };
const APP = { principal: { type: 'app' }, connection: ADA.connection };

let world;
let gateway;
beforeEach(async () => {
  gateway = await createTestIssuer({ issuer: 'https://connect.vercel.com' });
  const connectors = [
    { uid: 'oauth/acme' },
    { uid: 'slack/acme', vendor: { appSlug: 'acme-app', appId: 'app-1', lines: [{ phone_number: '+1' }, { phone_number: '+2' }] } },
    { uid: 'slack/bare', vendor: {} },
    { uid: 'slack/one', vendor: { lines: [{ phone_number: '+1' }] } },
    { uid: 'slack/away', installations: [] },
  ];
  world = await createWorld({ connectors, also: [gateway] });
});
afterEach(endWorld);

const request = (token) =>
  new Request('https://acme.example/eve/webhook', {
    method: 'POST',
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: '{}',
  });
const owner = async () => JSON.parse(Buffer.from((await world.issuer.mint()).split('.')[1], 'base64url').toString()).owner_id;

describe('vercelOidc', () => {
  const both = async (token) => ({ mine: await ours.vercelOidc()(request(token)), eves: await eveAuth.vercelOidc()(request(token)) });

  const GOOD = {
    'of this deployment': {},
    'of a user of the application': {
      external_sub: 'U1',
      external_iss: 'https://idp.example',
      email: 'a@example.com',
      roles: ['a', 'b'],
      mixed: [1],
    },
    'of a user of a connector': { external_sub: 'U1', connector_id: 'scl_1' },
    'of a user without an issuer': { external_sub: 'U1' },
  };
  for (const [name, claims] of Object.entries(GOOD)) {
    test(`describes a caller as Eve does: a token ${name}`, async () => {
      const { mine, eves } = await both(await world.issuer.mint(claims));
      assert.ok(eves);
      assert.deepEqual(mine, { ...eves, attributes: { ...eves.attributes } });
    });
  }

  test('describes a developer as Eve does', async () => {
    process.env.VERCEL_ENV = 'development';
    const { mine, eves } = await both(await world.issuer.mint({ environment: 'development', user_id: 'usr_1' }));
    assert.deepEqual([mine.principalType, mine.subject], ['user', 'usr_1']);
    assert.deepEqual(mine, { ...eves, attributes: { ...eves.attributes } });
  });

  const other = (name) => ({ owner: name, aud: `https://vercel.com/${name}`, iss: `https://oidc.vercel.com/${name}` });
  /** Each with the verdict of Eve. */
  const BAD = {
    'preview tokens are refused on production': [{ environment: 'preview' }, true],
    'development tokens are refused on production': [{ environment: 'development' }, true],
    'a token without exp is refused': [{ exp: undefined }, true],
    'a token whose sub is another project than the claims beside it is refused': [
      { sub: 'owner:acme:project:other:environment:production' },
      true,
    ],
    'a token of another team, by its id, is refused': [{ owner_id: 'team_ffffffffffffffffffffffff' }, true],
    'a token for the audience of another team is refused': [{ aud: 'https://vercel.com/mallory' }, true],
    'a token for a third party is refused': [{ aud: 'https://sts.example' }, false],
    'a token with a second audience beside its own is refused': [{ aud: ['https://vercel.com/acme', 'https://sts.example'] }, true],
    'a token of an audience exchange is refused': [{ act: { sub: 'x' } }, true],
    'a Passport is refused': [{ typ: 'passport' }, true],
    'a token of another project is refused': [{ project_id: 'prj_ffffffffffffffffffffffffffff' }, false],
    'a token with user_id outside development is refused': [{ user_id: 'usr_1' }, false],
    'a user of another environment is refused': [{ external_sub: 'U1', environment: 'preview' }, false],
  };
  for (const [name, [claims, acceptedByEve]] of Object.entries(BAD)) {
    test(name, async () => {
      const { mine, eves } = await both(await world.issuer.mint(claims));
      assert.equal(mine, null);
      assert.equal(eves !== null, acceptedByEve, 'the verdict of Eve');
    });
  }

  test('forged, expired and missing tokens are refused, and told to a hook', async () => {
    const told = [];
    const verify = ours.vercelOidc({ onRefused: (error) => void told.push(error.code) });
    const good = await world.issuer.mint();
    assert.equal(await verify(request()), null);
    assert.deepEqual(told, []);
    for (const [token, code] of [
      [`${good.split('.').slice(0, 2).join('.')}.AAAA`, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
      [await world.issuer.mint({}, { expiresIn: -60 }), 'ERR_JWT_EXPIRED'],
      ['nonsense', 'ERR_JWS_INVALID'],
      [await world.issuer.mint({ environment: 'preview' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ]) {
      assert.equal(await verify(request(token)), null);
      assert.equal(told.pop(), code);
    }
    const throwing = ours.vercelOidc({
      onRefused: () => {
        throw new Error('log');
      },
    });
    assert.equal(await throwing(request('nonsense')), null);
  });

  test('custom environments work', async () => {
    process.env.VERCEL_TARGET_ENV = 'qa';
    process.env.VERCEL_ENV = 'preview';
    assert.ok(await ours.vercelOidc()(request(await world.issuer.mint({ environment: 'qa' }))));
    assert.equal(await ours.vercelOidc()(request(await world.issuer.mint({ environment: 'preview' }))), null);
    assert.ok(await ours.vercelOidc({ environment: 'preview' })(request(await world.issuer.mint({ environment: 'preview' }))));
  });

  test('the team is pinned by options, else by the own token of the deployment', async () => {
    const good = await world.issuer.mint();
    assert.ok(await ours.vercelOidc({ team: 'acme', ownerId: await owner() })(request(good)));
    assert.equal(await ours.vercelOidc({ team: 'mallory' })(request(good)), null);
    assert.equal(await ours.vercelOidc({ ownerId: 'team_ffffffffffffffffffffffff' })(request(good)), null);
    const renamed = await world.issuer.mint({ owner_id: 'team_ffffffffffffffffffffffff' });
    assert.equal(await ours.vercelOidc()(request(renamed)), null);
    delete process.env.VERCEL_OIDC_TOKEN;
    assert.ok(await ours.vercelOidc()(request(renamed)), 'nothing to pin it with');
    const mallory = await createTestIssuer({ issuer: 'https://oidc.vercel.com/mallory' });
    assert.ok(await ours.vercelOidc()(request(await mallory.mint({ ...other('mallory') }))), 'its claims agree with each other');
    assert.equal(
      await ours.vercelOidc()(
        request(await mallory.mint({ owner: 'acme', aud: 'https://vercel.com/acme', iss: 'https://oidc.vercel.com/mallory' })),
      ),
      null,
    );
  });

  test('an outage is not taken for a forgery: Eve answers 503 with Retry-After', async () => {
    const fetch = async () => new Response('no', { status: 500 });
    const verify = ours.vercelOidc({ fetch });
    const token = await world.issuer.mint();
    await assert.rejects(verify(request(token)), (error) => error.code === 'ERR_JWKS_FETCH_FAILED' && error.retryable);
    const response = await eveAuth.routeAuth(request(token), [verify]);
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '5']);
    assert.equal((await eveAuth.routeAuth(request(token), [verify])).status, 503, 'each has a response of its own');
    const refused = await eveAuth.routeAuth(request('nonsense'), [verify]);
    assert.deepEqual([refused.status, /^Bearer/.test(refused.headers.get('www-authenticate'))], [401, true]);
    assert.equal((await eveAuth.routeAuth(request(token), [ours.vercelOidc()])).authenticator, 'oidc');
  });

  test('a deployment that is not known is an error of the caller', async () => {
    delete process.env.VERCEL_PROJECT_ID;
    await assert.rejects(ours.vercelOidc()(request(await world.issuer.mint())), { code: 'ERR_INVALID_OPTION', option: 'projectId' });
    delete process.env.VERCEL_ENV;
    await assert.rejects(ours.vercelOidc({ projectId: PROJECT })(request(await world.issuer.mint())), { option: 'environment' });
    for (const [option, value] of Object.entries({ subjects: [], onRefused: 'x', env: 7 })) {
      const call = async () =>
        ours.vercelOidc({ [option]: value, ...(option === 'env' && { projectId: PROJECT }) })(request(await world.issuer.mint()));
      await assert.rejects(call, { code: 'ERR_INVALID_OPTION', option });
    }
  });
});

describe('connectOAuth', () => {
  const mint = async (claims, options) =>
    gateway.mint(
      {
        owner: undefined,
        owner_id: undefined,
        project: undefined,
        project_id: undefined,
        environment: undefined,
        scope: undefined,
        sub: 'session_1',
        typ: 'at',
        clientId: 'scl_1',
        clientUid: 'slack/acme',
        aud: `${await owner()}:${PROJECT}:production`,
        ...claims,
      },
      options,
    );
  const both = async (token, options) => {
    const verdict = (api) => api.connectOAuth(options)(request(token));
    return { mine: await verdict(ours), original: await verdict(theirs) };
  };

  test('describes a caller as the original does', async () => {
    for (const options of [
      undefined,
      { connectors: ['scl_1'] },
      { connectors: ['x', 'slack/acme'] },
      { subjects: ['session_*'] },
      { tenantIds: ['T1', 'T2'], installationIds: ['I1'], claims: { group: ['b'] } },
    ]) {
      const { mine, original } = await both(await mint({ tenantId: 'T1', installationId: 'I1', group: ['a', 'b'] }), options);
      assert.ok(original, inspect(options));
      assert.deepEqual(mine, { ...original, attributes: { ...original.attributes } });
    }
  });

  /** Each with the verdict of the original. */
  const BAD = {
    'the team is pinned': [async () => ({ aud: `team_ffffffffffffffffffffffff:${PROJECT}:production` }), undefined, true],
    'another project': [async () => ({ aud: `${await owner()}:prj_other:production` }), undefined, false],
    'preview tokens are refused on production': [async () => ({ aud: `${await owner()}:${PROJECT}:preview` }), undefined, false],
    'an identity token is no access token': [async () => ({ typ: 'id' }), undefined, false],
    'a token without typ': [async () => ({ typ: undefined }), undefined, false],
    'a token without exp': [async () => ({ exp: undefined }), undefined, true],
    'another connector': [async () => ({}), { connectors: ['scl_2'] }, false],
    'another subject': [async () => ({}), { subjects: ['user_*', 'session'] }, false],
    'another tenant': [async () => ({ tenantId: 'T3' }), { tenantIds: ['T1'] }, false],
    'another claim': [async () => ({ group: [] }), { claims: { group: ['a'] } }, false],
    'another issuer': [async () => ({ iss: 'https://evil.example' }), undefined, false],
  };
  for (const [name, [claims, options, acceptedByTheirs]] of Object.entries(BAD)) {
    test(`refuses: ${name}`, async () => {
      const { mine, original } = await both(await mint(await claims()), options);
      assert.equal(mine, null);
      assert.equal(original !== null, acceptedByTheirs, 'the verdict of the original');
    });
  }

  test('custom environments work', async () => {
    process.env.VERCEL_TARGET_ENV = 'qa';
    const token = await mint({ aud: `${await owner()}:${PROJECT}:qa` });
    assert.ok(await ours.connectOAuth()(request(token)));
    assert.throws(() => theirs.connectOAuth(), /invalid environment/, 'the original cannot be made');
    assert.equal(await ours.connectOAuth()(request(await mint())), null);
    assert.ok(await ours.connectOAuth({ environment: '*' })(request(await mint())));
    assert.ok(await ours.connectOAuth({ audiences: ['a:b:c'] })(request(await mint({ aud: ['x', 'a:b:c'] }))));
  });

  test('the header typ of RFC 9068 is accepted, and another is not', async () => {
    assert.ok(await ours.connectOAuth()(request(await mint({}, { header: { typ: 'at+jwt' } }))));
    assert.ok(await ours.connectOAuth()(request(await mint({}, { header: { typ: undefined } }))));
    assert.equal(await ours.connectOAuth()(request(await mint({}, { header: { typ: 'dpop+jwt' } }))), null);
  });

  test('an outage is not taken for a forgery', async () => {
    const token = await mint();
    const verify = ours.connectOAuth({ fetch: async () => new Response('', { status: 503 }) });
    await assert.rejects(verify(request(token)), { retryable: true });
    assert.equal((await eveAuth.routeAuth(request(token), [verify])).status, 503);
  });

  test('another address of the discovery document', async () => {
    const asked = [];
    const fetch = (url) => {
      asked.push(String(url));
      return gateway.fetch(String(url).replace('https://mirror.example/d', 'https://connect.vercel.com/.well-known/openid-configuration'));
    };
    assert.ok(await ours.connectOAuth({ discoveryUrl: 'https://mirror.example/d', fetch })(request(await mint())));
    assert.equal(asked[0], 'https://mirror.example/d');
  });

  test('a team that is not known is an error of the caller; so are empty lists', async () => {
    delete process.env.VERCEL_OIDC_TOKEN;
    await assert.rejects(ours.connectOAuth()(request(await mint())), { code: 'ERR_INVALID_OPTION', option: 'ownerId' });
    assert.ok(await ours.connectOAuth({ ownerId: await owner() })(request(await mint())));
    const wrong = (options, option) => {
      assert.throws(
        () => ours.connectOAuth(options),
        (error) => error.code === 'ERR_INVALID_OPTION' && error.option === option,
        option,
      );
    };
    for (const option of ['audiences', 'connectors', 'subjects', 'tenantIds', 'installationIds']) wrong({ [option]: [] }, option);
    wrong({ claims: { a: 'b' } }, 'claims.a');
    wrong({ audience: ['x'] }, 'audience');
    delete process.env.VERCEL_PROJECT_ID;
    wrong({}, 'projectId');
  });

  test('a pattern with many stars takes no time', async () => {
    const subjects = [`${'*a'.repeat(30)}*b`];
    assert.equal(await ours.connectOAuth({ subjects })(request(await mint({ sub: 'a'.repeat(5000) }))), null);
  });
});

describe('connect', () => {
  /** What a call sends to Vercel and what comes of it. */
  async function outcome(api, input, call, answers) {
    world.requests.length = 0;
    world.answers.splice(0, Infinity, ...answers.map((answer) => answer.clone()));
    const definition = api.connect(input);
    const result = await call(definition).then(
      (value) => ({ value }),
      (error) => ({
        error: { name: error.name, connectionName: error.connectionName, reason: error.reason, retryable: error.retryable === true },
      }),
    );
    const requests = world.requests.map(({ method, url, headers, body }) => ({
      method,
      url,
      authorization: headers.authorization,
      body: JSON.parse(body),
    }));
    return { requests, result };
  }
  const refusal = (code, status = 422, message = 'm') => Response.json({ error: { code, message } }, { status });
  const token = () => Response.json({ token: 't', expiresAt: 4_102_444_800_000, connector: {} });
  const started = () =>
    Response.json({
      request: 'r',
      verifier: 'v',
      url: 'https://vercel.com/x',
      deviceCode: 'ABCD',
      expiresAt: 4_102_444_800_000,
      connector: { name: 'Acme', serviceName: 'Acme Service' },
    });
  let number = 0;
  /** A user whom no cache knows. */
  const somebody = () => ({ ...ADA, principal: { ...ADA.principal, id: `user-${(number += 1)}` } });
  const unlinked = () => refusal('forbidden', 403, 'The connector is not linked to this project');

  const CASES = {
    'a token of a user': ['oauth/acme', (asked) => (made) => made.getToken(asked), [token]],
    'a token with parameters': [
      { connector: 'oauth/acme', tokenParams: { scopes: ['a'], audience: ['b'] } },
      (asked) => (made) => made.getToken(asked),
      [token],
    ],
    'a subject of its own': [
      {
        connector: 'oauth/acme',
        createSubject: ({ id }, { url }) => ({ type: 'jwt-bearer', sub: id, aud: url }),
        principalToSubject: () => ({ type: 'app' }),
      },
      (asked) => (made) => made.getToken(asked),
      [token],
    ],
    'the older subject of its own': [
      { connector: 'oauth/acme', principalToSubject: ({ id }) => ({ type: 'user', id }) },
      (asked) => (made) => made.getToken(asked),
      [token],
    ],
    'validate asks each time': [
      { connector: 'oauth/acme', validate: true },
      (asked) => async (made) => [await made.getToken(asked), await made.getToken(asked)],
      [token, token],
    ],
    'a user who has not agreed': ['oauth/acme', (asked) => (made) => made.getToken(asked), [() => refusal('user_authorization_required')]],
    'no token': ['oauth/acme', (asked) => (made) => made.getToken(asked), [() => refusal('no_token')]],
    'a connector that is not installed': [
      'oauth/acme',
      (asked) => (made) => made.getToken(asked),
      [() => refusal('connector_installation_required')],
    ],
    'a consent that was not completed': [
      'oauth/acme',
      (asked) => (made) => made.completeAuthorization({ ...asked, callbackUrl: 'x', callback: {} }),
      [() => refusal('user_authorization_required')],
    ],
    'a consent that was completed': [
      'oauth/acme',
      (asked) => (made) => made.completeAuthorization({ ...asked, callbackUrl: 'x', callback: {} }),
      [token],
    ],
    'the app without its installation': [
      { connector: 'oauth/acme', principalType: 'app', tokenParams: { scopes: ['q'] } },
      () => (made) => made.getToken(APP),
      [() => refusal('no_token')],
    ],
    'a token of the app': [
      { connector: 'oauth/acme', principalType: 'app', tokenParams: { scopes: ['r'] } },
      () => (made) => made.getToken(APP),
      [token],
    ],
    'an authorization': [
      'oauth/acme',
      (asked) => (made) => made.startAuthorization({ ...asked, callbackUrl: 'http://localhost:3000/cb' }),
      [started],
    ],
    'an authorization with a webhook': [
      { connector: 'oauth/acme', instructions: 'Do it', displayName: 'Mine', connectOptions: { region: 'fra1', vercelToken: 'opaque' } },
      (asked) => (made) => made.startAuthorization({ ...asked, webhook: 'https://acme.example/hook' }),
      [started],
    ],
    'an authorization with a webhook on this machine': [
      'oauth/acme',
      (asked) => (made) => made.startAuthorization({ ...asked, webhook: 'http://localhost:3000/hook' }),
      [started],
    ],
    'a connector that is provisioned': [
      { connector: 'mcp.acme.example/a', autoProvision: true },
      (asked) => (made) => made.getToken(asked),
      [unlinked, () => Response.json({}), token],
    ],
    'a connector that was not found': [
      { connector: 'mcp.acme.example/b', autoProvision: true },
      (asked) => (made) => made.getToken(asked),
      [() => refusal('not_found', 404), () => Response.json({}), token],
    ],
    'a connector of another kind': [
      { connector: 'mcp.acme.example/c', autoProvision: true },
      (asked) => (made) => made.getToken(asked),
      [unlinked, () => refusal('conflict', 409, 'It is not an OAuth connector'), token],
    ],
    'a connector by its id is not provisioned': [
      { connector: 'scl_1', autoProvision: true },
      (asked) => (made) => made.getToken(asked),
      [unlinked, unlinked],
    ],
    'a reserved name is not provisioned': [
      { connector: 'evil.vercel.com/x', autoProvision: true },
      (asked) => (made) => made.getToken(asked),
      [unlinked, unlinked],
    ],
    'a name of mcp.vercel.com is provisioned': [
      { connector: 'mcp.vercel.com/x', autoProvision: true },
      (asked) => (made) => made.getToken(asked),
      [unlinked, () => Response.json({}), token],
    ],
    'an error that onError replaces': [
      { connector: 'oauth/acme', onError: (_error, phase) => Object.assign(new Error('mine'), { name: phase }) },
      (asked) => (made) => made.getToken(asked),
      [() => refusal('no_token')],
    ],
    'an eviction, then a token': [
      'oauth/acme',
      (asked) => async (made) => (await made.getToken(asked), await made.evict(asked), made.getToken(asked)),
      [token, token],
    ],
    'a revocation, then a token': [
      'oauth/acme',
      (asked) => async (made) => (await made.getToken(asked), await made.evict({ ...asked, revoke: true }), made.getToken(asked)),
      [token, () => Response.json({}), token],
    ],
    'a revocation that fails': [
      'oauth/acme',
      (asked) => async (made) => (await made.getToken(asked), await made.evict({ ...asked, revoke: true }), made.getToken(asked)),
      [token, () => refusal('forbidden', 403), token],
    ],
  };
  for (const [name, [input, call, answers]] of Object.entries(CASES)) {
    test(`beside the original: ${name}`, async () => {
      const asked = somebody();
      const original = await outcome(
        theirs,
        input,
        call(asked),
        answers.map((make) => make()),
      );
      const mine = await outcome(
        ours,
        input,
        call(asked),
        answers.map((make) => make()),
      );
      assert.deepEqual(mine, original);
      assert.ok(original.requests.length > 0);
    });
  }

  test('the errors are those that Eve recognizes, and have the refusal of Connect', async () => {
    const { connect } = ours;
    world.answers.push(refusal('user_authorization_required'));
    await assert.rejects(connect('oauth/acme').getToken(somebody()), (error) => {
      assert.ok(eveConnections.isConnectionAuthorizationRequiredError(error) && error instanceof ours.ConnectionAuthorizationRequiredError);
      assert.deepEqual(
        [error.code, error.provider.code, error.cause.constructor.name],
        ['ERR_EXCHANGE_REJECTED', 'user_authorization_required', 'UserAuthorizationRequiredError'],
      );
      return true;
    });
    await assert.rejects(connect({ connector: 'slack/away', principalType: 'app' }).getToken(APP), (error) => {
      assert.ok(eveConnections.isConnectionAuthorizationFailedError(error));
      return error.reason === 'connector_installation_required' && error.retryable === false;
    });
    await assert.rejects(connect('oauth/none').getToken(somebody()), (error) => error.status === 404 && error.name === 'ConnectError');
  });

  test('evicting one principal leaves the tokens of the others, with revoke too', async () => {
    const [a, b] = [somebody(), somebody()];
    world.answers.push(token(), token(), Response.json({}));
    const made = ours.connect('oauth/acme');
    await made.getToken(a);
    await made.getToken(b);
    await made.evict({ ...a, revoke: true });
    world.requests.length = 0;
    await made.getToken(b);
    assert.deepEqual(world.requests, []);
  });

  test('a connector is provisioned once for an identity, against the stand-in', async () => {
    const made = ours.connect({ connector: 'mcp.acme.example/new', autoProvision: true, principalType: 'app' });
    assert.ok(world.connect.introspect((await made.getToken(APP)).token));
    const paths = () => world.requests.map(({ url }) => new URL(url).pathname);
    assert.deepEqual(
      paths().filter((path) => path.includes('managed')),
      ['/v1/connect/connectors/managed/oauth'],
    );
    world.answers.push(unlinked(), unlinked());
    await assert.rejects(
      ours.connect({ connector: 'mcp.acme.example/new', autoProvision: true, principalType: 'app', validate: true }).getToken(APP),
      { status: 403 },
    );
    assert.equal(paths().filter((path) => path.includes('managed')).length, 1);
  });

  test('a user without an issuer, as Eve passes developers', async () => {
    world.answers.push(token());
    await ours.connect('oauth/acme').getToken({ ...ADA, principal: { type: 'user', id: 'dev' } });
    assert.deepEqual(JSON.parse(world.requests.at(-1).body).subject, { type: 'user', id: 'dev' });
  });

  test('options are named where they are wrong', () => {
    const wrong = (options, option) =>
      assert.throws(
        () => ours.connect(options),
        (error) => error.code === 'ERR_INVALID_OPTION' && error.option === option,
        option,
      );
    wrong('', 'connector');
    wrong({ connector: 'a', principalType: 'robot' }, 'principalType');
    wrong({ connector: 'a', conector: 'a' }, 'conector');
  });
});

describe('credentials', () => {
  const plain = (credentials) => Object.fromEntries(Object.entries(credentials).filter(([name]) => name !== 'webhookVerifier'));
  const token = { token: 'xoxb', expiresAt: 4_102_444_800_000, connector: {}, metadata: { applicationId: 'app-1', projectId: 'p-1' } };
  const CASES = [
    'connectDiscordCredentials',
    'connectGitHubCredentials',
    'connectLinearCredentials',
    'connectLinqCredentials',
    'connectPhotonCredentials',
    'connectSendblueCredentials',
    'connectSlackCredentials',
    'connectTeamsCredentials',
  ];
  for (const [index, name] of CASES.entries()) {
    test(`${name} has the values of the original`, async () => {
      const values = [];
      for (const api of [ours, theirs]) {
        world.requests.length = 0;
        const params = {
          scopes: [`s${index}`],
          subject: { type: 'user', id: 'smuggled' },
          ...(name === 'connectSendblueCredentials' && { fromNumber: async () => '+2' }),
        };
        const credentials = api[name]('slack/acme', params, { vercelToken: process.env.VERCEL_OIDC_TOKEN });
        const members = typeof credentials === 'function' ? { credentials } : plain(credentials);
        const found = {};
        for (const [member, call] of Object.entries(members)) {
          for (let times = 0; times < 3; times += 1)
            world.answers.push(/slug|appId|umber/i.test(member) ? undefined : Response.json(token));
          found[member] = await call();
          world.answers.length = 0;
        }
        const requests = world.requests.map(({ method, url, body }) => ({ method, url, body: body && JSON.parse(body) }));
        values.push({
          found,
          requests: [...new Set(requests.map((sent) => JSON.stringify(sent, Object.keys(sent).sort())))].sort(),
          verifier: typeof credentials.webhookVerifier,
        });
      }
      assert.deepEqual(values[0].found, values[1].found);
      assert.deepEqual(values[0].requests, values[1].requests);
      assert.equal(values[0].verifier, values[1].verifier);
    });
  }

  test('the verifier can be pinned, and refuses preview tokens on production', async () => {
    const { webhookVerifier } = ours.connectSlackCredentials('slack/acme', {}, { webhook: { team: 'acme' } });
    assert.ok(await webhookVerifier(request(await world.issuer.mint()), '{}'));
    assert.equal(await webhookVerifier(request(await world.issuer.mint({ environment: 'preview' })), '{}'), null);
    assert.ok(
      await theirs.connectSlackCredentials('slack/acme').webhookVerifier(request(await world.issuer.mint({ environment: 'preview' }))),
    );
    assert.throws(() => ours.connectSlackCredentials('slack/acme', {}, { webhook: { teem: 'x' } }), { option: 'teem' });
  });

  test('what the service has not sent is named', async () => {
    const fails = (call, pattern) =>
      assert.rejects(call, (error) => error.code === 'ERR_EXCHANGE_INVALID' && pattern.test(error.message), String(pattern));
    await fails(ours.connectDiscordCredentials('slack/bare').applicationId(), /application id/);
    await fails(ours.connectGitHubCredentials('slack/bare').appSlug(), /slug/);
    await fails(ours.connectTeamsCredentials('slack/bare').appId(), /app id/);
    await fails(ours.connectPhotonCredentials('slack/bare')(), /project id/);
    await fails(ours.connectSendblueCredentials('slack/bare').defaultFromNumber(), /no lines/);
    await fails(ours.connectSendblueCredentials('slack/acme').defaultFromNumber(), /several lines/);
    await fails(ours.connectSendblueCredentials('slack/acme', { fromNumber: '+3' }).defaultFromNumber(), /fromNumber/);
    assert.equal(await ours.connectSendblueCredentials('slack/one').defaultFromNumber(), '+1');
    assert.deepEqual(await ours.connectSendblueCredentials('slack/acme').allowedFromNumbers(), ['+1', '+2']);
  });

  test('functions of Discord that are called together share one billed token', async () => {
    const before = world.connect.billed;
    const { applicationId, botToken } = ours.connectDiscordCredentials('slack/acme', { scopes: ['discord'] });
    await Promise.allSettled([applicationId(), botToken()]);
    assert.equal(world.connect.billed, before + 1);
  });
});

test('every export', () => {
  for (const [name, value] of Object.entries(theirs)) {
    assert.equal(typeof ours[name], typeof value, name);
    if (typeof value === 'string') assert.equal(ours[name], value);
  }
});

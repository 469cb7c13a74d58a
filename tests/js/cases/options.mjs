// What callers get wrong: each mistake is a typed error that names the option.

import { awsKeys } from './clouds.mjs';
import { fakeCreateGateway } from './gateway.mjs';

const VERCEL = { team: 'acme', projectId: 'prj_1', environment: 'production' };
const PLAIN = { issuer: 'https://issuer.example', audience: 'api' };

const MISTAKES = [
  ['createVercelVerifier', undefined, 'options'],
  ['createVercelVerifier', null, 'options'],
  ['createVercelVerifier', 'acme', 'options'],
  ['createVercelVerifier', { ...VERCEL, team: undefined }, 'team'],
  ['createVercelVerifier', { ...VERCEL, team: '../evil' }, 'team'],
  ['createVercelVerifier', { ...VERCEL, team: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3' }, 'team'],
  ['createVercelVerifier', { ...VERCEL, projectId: 'site' }, 'projectId'],
  ['createVercelVerifier', { ...VERCEL, ownerId: 'acme' }, 'ownerId'],
  ['createVercelVerifier', { ...VERCEL, projectId: undefined }, 'projectId'],
  ['createVercelVerifier', { ...VERCEL, projectId: '*' }, 'projectId'],
  ['createVercelVerifier', { ...VERCEL, environment: [] }, 'environment'],
  ['createVercelVerifier', { ...VERCEL, environment: [7] }, 'environment'],
  ['createVercelVerifier', { ...VERCEL, issuerMode: 'both' }, 'issuerMode'],
  ['createVercelVerifier', { ...VERCEL, audeince: 'x' }, 'audeince'],
  ['createVercelVerifier', { ...VERCEL, fetch: 'x' }, 'fetch'],
  ['createVercelVerifier', { ...VERCEL, jwks: 'http://keys.example/jwks' }, 'jwks'],
  ['createVerifier', { ...PLAIN, audience: undefined }, 'audience'],
  ['createVerifier', { ...PLAIN, issuer: 'issuer.example' }, 'issuer'],
  ['createVerifier', { ...PLAIN, issuer: 'http://issuer.example' }, 'issuer'],
  ['createVerifier', { ...PLAIN, issuer: 'https://issuer.example?x' }, 'issuer'],
  ['createVerifier', { ...PLAIN, algorithms: ['none'] }, 'algorithms'],
  ['createVerifier', { ...PLAIN, algorithms: ['HS256'] }, 'algorithms'],
  ['createVerifier', { ...PLAIN, clockTolerance: -1 }, 'clockTolerance'],
  ['createVerifier', { ...PLAIN, clockTolerance: NaN }, 'clockTolerance'],
  ['createVerifier', { ...PLAIN, clockTolerance: 5_000 }, 'clockTolerance'],
  ['createVerifier', { ...PLAIN, maxTokenAge: '1h' }, 'maxTokenAge'],
  ['createVerifier', { ...PLAIN, maxTokenBytes: 1e9 }, 'maxTokenBytes'],
  ['createVerifier', { ...PLAIN, claims: { a: 1.5 } }, 'claims.a'],
  ['createVerifier', { ...PLAIN, claims: { a: 2 ** 53 } }, 'claims.a'],
  ['createVerifier', { ...PLAIN, claims: { a: { oneof: ['x'] } } }, 'claims.a.oneof'],
  ['createVercelVerifier', { ...VERCEL, projects: [{ projectId: 'prj_1', environment: 'production' }] }, 'projectId'],
  ['createVerifier', { ...PLAIN, typ: 'JWT' }, 'typ'],
];

/** What stands in place of an options object, or of one option, and is never what it should be. */
const cyclic = {};
cyclic.circle = cyclic;
const NEITHER = {
  null: null,
  'a function': () => {},
  'a Map': new Map([['a', 'b']]),
  'a Set': new Set(['a']),
  'an array of arrays': [[]],
  'a symbol': Symbol('x'),
};

const AWS_ROLE = 'arn:aws:iam::123456789012:role/deploy';
const GCP_PROVIDER = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/vercel/providers/vercel';
const APP = { subject: { type: 'app' } };
const POLICY = [
  'algorithms',
  'audience',
  'cache',
  'claims',
  'clockTolerance',
  'fetch',
  'jwksStore',
  'maxTokenAge',
  'maxTokenBytes',
  'onEvent',
  'onStoreError',
  'requiredClaims',
  'storeTimeout',
  'subject',
  'typ',
];
const CHAIN = ['audience', 'captured', 'env', 'fetch', 'minValidity', 'onEvent', 'refresh', 'relay', 'request', 'staticKey'];
const SUBJECT = ['env', 'fetch', 'forceRefresh', 'onEvent', 'shared', 'token'];

const RELAY = { team: 'acme', ownerId: 'team_1', projectId: 'prj_1', environment: 'production' };
const RANDOM_KEY = '2lQcZ0yJXW8bGm4pNq7sTfVd1hKoRe5uYwAiBx9jC3M=';
/** Options that a function returns are read at first use. */
const made = (verifier, options) => (typeof options === 'function' ? verifier.verifySync('') : verifier);

/**
 * Every function that takes options: how it is called, with options that it takes, and the options whose form it checks. `near`
 * is a mistyped name with the one that is meant, where one is suggested. In `entries` there are a token and a `fetch` that must not be called.
 */
const TAKERS = {
  createVerifier: {
    call: ({ countersign }, options) => made(countersign.createVerifier(options), options),
    base: () => PLAIN,
    options: [...POLICY, 'dangerouslyAllowHttpHosts', 'discovery', 'issuer'],
    near: ['audeince', 'audience'],
  },
  createVercelVerifier: {
    call: ({ countersign }, options) => made(countersign.createVercelVerifier(options), options),
    base: () => VERCEL,
    options: [...POLICY, 'environment', 'issuerMode', 'ownerId', 'projectId', 'projects', 'team'],
    near: ['projectID', 'projectId'],
  },
  ...Object.fromEntries(
    [
      'getBearerToken',
      'getBearerTokenOptional',
      'describeCredentials',
      'getAiGatewayBearerToken',
      'getAiGatewayBearerTokenOptional',
      'getAiGatewayHeaders',
    ].map((name) => [
      name,
      {
        call: ({ countersign }, options) => countersign[name](options),
        base: ({ request }) => ({ request, env: {} }),
        options: CHAIN,
        near: ['minValidty', 'minValidity'],
      },
    ]),
  ),
  createAiGateway: {
    call: ({ countersign }, options) => countersign.createAiGateway(fakeCreateGateway(4), options).getAvailableModels(),
    base: ({ request, fetch }) => ({ request, env: {}, fetch }),
    options: [...CHAIN, 'baseURL', 'headers', 'metadataCacheRefreshMillis', 'teamIdOrSlug', 'webSocket'],
    near: ['minValidty', 'minValidity'],
  },
  aiGatewaySettings: {
    call: ({ countersign }, options) => countersign.aiGatewaySettings(options).fetch('https://ai-gateway.vercel.sh/v3/ai/config'),
    base: ({ request, fetch }) => ({ request, env: {}, fetch }),
    options: [...CHAIN, 'baseURL'],
    near: ['baseUrl', 'baseURL'],
  },
  describeKeys: {
    call: ({ countersign }, options) => countersign.describeKeys({ keys: [] }, options),
    base: () => ({}),
    options: ['algorithms'],
    near: ['algorithm', 'algorithms'],
  },
  awsCredentialsProvider: {
    call: ({ aws }, options) => aws.awsCredentialsProvider(options)(),
    base: ({ token, fetch }) => ({ roleArn: AWS_ROLE, token, fetch }),
    options: [...SUBJECT, 'audience', 'durationSeconds', 'endpoint', 'policy', 'policyArns', 'region', 'roleArn', 'roleSessionName'],
    near: ['roleARN', 'roleArn'],
  },
  'awsCredentialsProvider, with the token of the chain': {
    call: ({ aws }, options) => aws.awsCredentialsProvider(options)(),
    base: ({ request, fetch }) => ({ roleArn: AWS_ROLE, request, env: {}, fetch }),
    options: ['captured', 'env', 'minValidity', 'refresh', 'relay', 'request'],
    near: ['minValidty', 'minValidity'],
  },
  gcpAccessToken: {
    call: ({ gcp }, options) => gcp.gcpAccessToken(options),
    base: ({ token, fetch }) => ({ audience: GCP_PROVIDER, token, fetch }),
    options: [...SUBJECT, 'audience', 'lifetimeSeconds', 'scopes', 'serviceAccount', 'tokenUrl'],
    near: ['scope', 'scopes'],
  },
  gcpSubjectTokenSupplier: {
    call: ({ gcp }, options) => gcp.gcpSubjectTokenSupplier(options).getSubjectToken(),
    base: ({ token, fetch }) => ({ token, fetch }),
    options: [...SUBJECT, 'tokenAudience'],
    near: ['tokenAudeince', 'tokenAudience'],
  },
  azureAccessToken: {
    call: ({ azure }, options) => azure.azureAccessToken(options),
    base: ({ token, fetch }) => ({ tenantId: 'acme.example', clientId: 'app', scope: 'https://vault.azure.net/.default', token, fetch }),
    options: [...SUBJECT, 'audience', 'authority', 'clientId', 'scope', 'tenantId'],
    near: ['tenantID', 'tenantId'],
  },
  azureClientAssertion: {
    call: ({ azure }, options) => azure.azureClientAssertion(options)(),
    base: ({ token, fetch }) => ({ token, fetch }),
    options: [...SUBJECT, 'audience'],
    near: ['audeince', 'audience'],
  },
  exchangeAudience: {
    call: ({ exchange }, options) => exchange.exchangeAudience(options),
    base: ({ token, fetch }) => ({ audience: 'api', token, fetch }),
    options: [...SUBJECT, 'audience', 'jti'],
    near: ['forceRefesh', 'forceRefresh'],
  },
  exchangeToken: {
    call: ({ exchange }, options) => exchange.exchangeToken(options),
    base: ({ token, fetch }) => ({
      url: 'https://idp.example/token',
      actorToken: 'a.b.c',
      actorTokenType: 'urn:x:y',
      clientId: 'c',
      token,
      fetch,
    }),
    options: [
      ...SUBJECT,
      'actorToken',
      'actorTokenType',
      'audience',
      'clientId',
      'clientSecret',
      'requestedTokenType',
      'resource',
      'scope',
      'subjectTokenType',
      'url',
    ],
    near: ['clientID', 'clientId'],
  },
  'getToken of connect': {
    call: ({ connect }, options) => connect.getToken('slack/acme-bot', APP, options),
    base: ({ token, fetch }) => ({ vercelToken: token, env: {}, fetch }),
    options: ['endpoint', 'env', 'fetch', 'forceRefresh', 'region', 'vercelToken'],
    near: ['regoin', 'region'],
  },
  'getToken of connect, with the token of the chain': {
    call: ({ connect }, options) => connect.getToken('slack/acme-bot', APP, options),
    base: ({ request, fetch }) => ({ request, env: {}, fetch }),
    options: ['env', 'request'],
    near: ['requset', 'request'],
  },
  'getToken of connect, what is asked for': {
    call: ({ connect, token, fetch }, options) => connect.getToken('slack/acme-bot', options, { vercelToken: token, env: {}, fetch }),
    base: () => APP,
    whole: 'params',
    options: ['scopes', 'subject', 'validityBufferMs'],
  },
  startAuthorization: {
    call: ({ connect }, options) => connect.startAuthorization('slack/acme-bot', APP, options),
    base: ({ token, fetch }) => ({ vercelToken: token, env: {}, fetch }),
    options: ['callbackUrl', 'deviceCode', 'endpoint', 'env', 'expiresInMs', 'fetch', 'prompt', 'region', 'vercelToken', 'webhook'],
    near: ['regoin', 'region'],
  },
  createFederation: {
    call: ({ federation }, options) => federation.createFederation(options),
    base: () => ({ policies: () => null }),
    options: [
      'fetch',
      'jwksStore',
      'maxIssuers',
      'maxUnknownIssuers',
      'onEvent',
      'onStoreError',
      'policies',
      'storeTimeout',
      'timeout',
      'ttl',
      'unknownPerMinute',
      'unknownTtl',
    ],
    near: ['polices', 'policies'],
  },
  refreshAll: {
    call: ({ refresh }, options) => refresh.refreshAll(['one'], () => {}, options),
    base: ({ token }) => ({ token: () => token }),
    options: ['concurrency', 'lease', 'minValidity', 'onEvent', 'onResult', 'refreshBefore', 'runEvery', 'signal', 'timeout', 'token'],
    near: ['concurency', 'concurrency'],
  },
  createSandboxPolicyWriter: {
    call: ({ refresh }, options) => refresh.createSandboxPolicyWriter(options),
    base: () => ({ sandbox: () => undefined, policy: {} }),
    options: ['domain', 'headers', 'match', 'placeholder', 'policy', 'sandbox'],
    near: ['placehodler', 'placeholder'],
  },
  createTokenRelay: {
    call: ({ refresh }, options) => refresh.createTokenRelay(options),
    base: () => ({ ...RELAY, key: RANDOM_KEY, store: { getLatest() {}, setLatest() {} } }),
    options: [
      ...POLICY.filter((name) => name !== 'cache'),
      'environment',
      'issuerMode',
      'key',
      'minAdvance',
      'ownerId',
      'projectId',
      'store',
      'team',
    ],
    near: ['projectID', 'projectId'],
  },
};

/** What is right although it is in the list of what never is. */
const ALLOWED = {
  'a function': [
    'fetch',
    'headers',
    'match',
    'onEvent',
    'onResult',
    'onStoreError',
    'placeholder',
    'policies',
    'policy',
    'sandbox',
    'webSocket',
  ],
  // It has the functions `get` and `set`, as a store must.
  'a Map': ['jwksStore', 'request'],
  // Whatever has no header is a request without one.
  'a Set': ['request'],
  'an array of arrays': ['request'],
  'a cyclic object': ['env', 'request'],
};
const isAllowed = (taker, option, what) =>
  ALLOWED[what]?.includes(option) || (taker === 'createVerifier' && option === 'audience' && what === 'null');

/** The entries, with a token of the caller's and a `fetch` that notes that it was called. */
async function withToken(env) {
  const token = await (await env.testing.createTestIssuer()).mint();
  const sent = [];
  const fetch = async (url) => {
    sent.push(url);
    throw new TypeError('nothing may be sent');
  };
  return { ...env, token, request: { 'x-vercel-oidc-token': token }, fetch, sent };
}

/** Members that a library with a fault has put on `Object.prototype`: they are nobody's options. */
async function polluted(run) {
  const used = [];
  const note = (name) => async () => void used.push(name);
  const members = {
    jwks: { keys: [] },
    fetch: note('fetch'),
    jwksStore: { get: note('jwksStore.get'), set: note('jwksStore.set') },
    cache: { tokens: 0 },
    now: 1,
    algorithms: ['ES256'],
    staticKey: 'polluted',
    token: 'polluted',
    audience: 'polluted',
    // What the core's own results have, or leave out.
    request: { operation: 0, method: 'GET', url: 'https://polluted.example', headers: [], delayMs: 0, timeoutMs: 1000, maxBodyBytes: 1000 },
    result: 'polluted',
    inFlight: true,
    found: { value: 'polluted', source: 'env', authMethod: 'oidc' },
    credential: '{"value":"polluted"}',
    sharedName: 'polluted',
    needsSource: 'file',
  };
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(Object.prototype, name, { value, enumerable: true, configurable: true, writable: true });
  }
  try {
    await run();
  } finally {
    for (const name of Object.keys(members)) delete Object.prototype[name];
  }
  return used;
}

const seconds = () => Math.floor(Date.now() / 1000);

export const cases = [
  {
    name: 'options: mint refuses what it does not know, and says where it belongs',
    async run({ testing, assert }) {
      const issuer = await testing.createTestIssuer();
      for (const [name, place] of [
        ['audience', /first argument/],
        ['alg', /createTestIssuer/],
        ['expires', /not an option of `mint`/],
      ]) {
        const error = await assert.rejects(issuer.mint({}, { [name]: 'x' }), 'ERR_INVALID_OPTION');
        assert.option(error, name);
        assert.match(error.message, place);
      }
      assert.option(await assert.rejects(issuer.mint({}, 60), 'ERR_INVALID_OPTION'), 'options');
    },
  },
  {
    name: 'options: a request in place of the options is refused',
    async run({ countersign, assert }) {
      const request = new Request('https://app.example', { headers: { 'x-vercel-oidc-token': 'x' } });
      for (const given of [request, request.headers, { headers: {}, method: 'GET', url: '/' }]) {
        for (const name of ['getBearerToken', 'getBearerTokenOptional', 'describeCredentials']) {
          const error = await assert.rejects(async () => countersign[name](given), 'ERR_INVALID_OPTION');
          assert.option(error, 'options');
          assert.match(error.message, /pass it as `\{ request \}`/);
        }
      }
    },
  },
  ...Object.entries(TAKERS).flatMap(([taker, { call, base, options, near, whole = 'options' }]) => [
    {
      name: `options: ${taker} refuses what is no object of options`,
      async run(env) {
        const given = await withToken(env);
        for (const [what, value] of Object.entries({ ...NEITHER, 'a string': 'acme', 'a number': 7, 'an empty array': [] })) {
          env.assert.option(await env.assert.rejects(async () => call(given, value), 'ERR_INVALID_OPTION'), whole, `${what}: the option`);
        }
        env.assert.same(given.sent, []);
      },
    },
    {
      name: `options: ${taker} refuses each option that is not plain data, by its name`,
      async run(env) {
        const given = await withToken(env);
        for (const option of options) {
          for (const [what, value] of Object.entries({ ...NEITHER, 'a cyclic object': cyclic })) {
            if (isAllowed(taker, option, what)) continue;
            const refused = await env.assert.rejects(async () => call(given, { ...base(given), [option]: value }), 'ERR_INVALID_OPTION');
            // Of a nested object the member is named, too.
            const named = refused.option?.startsWith(`${option}.`) ? refused.option : option;
            env.assert.option(refused, named, `${option}, ${what}: the option`);
          }
        }
        env.assert.same(given.sent, []);
      },
    },
    // What is asked of Vercel Connect is read by the core in another way, which suggests nothing.
    ...(near === undefined
      ? []
      : [
          {
            name: `options: ${taker} says which option was most likely meant, whatever it holds`,
            async run(env) {
              const given = await withToken(env);
              const [mistyped, meant] = near;
              for (const [what, value] of Object.entries({
                ...NEITHER,
                'a cyclic object': cyclic,
                'a string': 'x',
                'a number': 7,
                'an object': { a: 1 },
              })) {
                const refused = await env.assert.rejects(
                  async () => call(given, { ...base(given), [mistyped]: value }),
                  'ERR_INVALID_OPTION',
                );
                env.assert.equal(refused.option, mistyped, `${what}: the option`);
                env.assert.equal(refused.message, `unknown option \`${mistyped}\`; did you mean \`${meant}\`?`);
              }
              const refused = await env.assert.rejects(async () => call(given, { ...base(given), qqqqqqqq: 1 }), 'ERR_INVALID_OPTION');
              env.assert.equal(refused.option, 'qqqqqqqq');
              env.assert.ok(!refused.message.includes('did you mean'), refused.message);
              env.assert.same(given.sent, []);
            },
          },
        ]),
  ]),
  {
    name: 'options: of `cache` the member is named',
    run({ countersign, assert }) {
      const refused = assert.throws(() => countersign.createVerifier({ ...PLAIN, cache: { tokns: 5 } }), 'ERR_INVALID_OPTION');
      assert.option(refused, 'cache.tokns');
      assert.match(refused.message, /did you mean `cache.tokens`\?$/);
    },
  },
  {
    name: 'options: a key set in hand is an object with `keys`, or the URL of one',
    run({ countersign, assert }) {
      const make = (jwks) => () => countersign.createVerifier({ ...PLAIN, jwks });
      for (const jwks of [null, [], 7, {}, { keys: null }, { keys: new Map() }]) assert.throws(make(jwks), 'ERR_JWKS_INVALID');
      for (const jwks of [() => {}, new Map(), new Set(), cyclic, 1n])
        assert.option(assert.throws(make(jwks), 'ERR_INVALID_OPTION'), 'jwks');
      for (const url of ['', 'keys', 'http://keys.example/jwks', 'file:///jwks'])
        assert.option(assert.throws(make(url), 'ERR_INVALID_OPTION'), 'jwks');
      for (const url of ['http://keys.example/jwks', 'file:///jwks', 'data:application/json,{}']) {
        assert.option(assert.throws(make(new URL(url)), 'ERR_INVALID_OPTION'), 'jwks', url);
      }
    },
  },
  {
    name: 'options: `jwks` may be an object of the class URL',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const text = `${issuer.issuer}/.well-known/jwks`;
      for (const jwks of [text, new URL(text)]) {
        const sent = [];
        const fetch = (url, init) => {
          sent.push(String(url));
          return issuer.fetch(url, init);
        };
        const verifier = countersign.createVerifier({ issuer: issuer.issuer, audience: null, jwks, fetch });
        assert.ok(await verifier.verify(await issuer.mint()));
        assert.same(sent, [text]);
      }
    },
  },
  {
    name: 'options: `audience: null` is not an audience that was left out',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint({ aud: 'anyone' });
      const own = { team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production', jwks: issuer.jwks };
      for (const left of [{}, { audience: undefined }]) {
        assert.option(
          assert.throws(() => countersign.createVerifier({ issuer: issuer.issuer, ...left }), 'ERR_INVALID_OPTION'),
          'audience',
        );
        const refused = assert.throws(
          () => countersign.createVercelVerifier({ ...own, ...left }).verifySync(token),
          'ERR_JWT_CLAIM_VALIDATION_FAILED',
        );
        assert.equal(refused.claim, 'aud');
        assert.option(
          assert.throws(() => countersign.createVercelVerifier({ ...own, team: '*', ...left }), 'ERR_INVALID_OPTION'),
          'audience',
        );
      }
      assert.option(
        assert.throws(() => countersign.createVercelVerifier({ ...own, audience: null }), 'ERR_INVALID_OPTION'),
        'audience',
      );
      assert.ok(countersign.createVercelVerifier({ ...own, team: '*', audience: null }).verifySync(token));
      for (const audience of [[], '', [''], [null]]) {
        assert.option(
          assert.throws(() => countersign.createVerifier({ ...PLAIN, audience }), 'ERR_INVALID_OPTION'),
          'audience',
        );
        assert.option(
          assert.throws(() => countersign.createVercelVerifier({ ...own, audience }), 'ERR_INVALID_OPTION'),
          'audience',
        );
      }
    },
  },
  {
    name: 'options: members of a polluted Object.prototype change no verifier',
    async run({ countersign, next, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint();
      const elliptic = await testing.createTestIssuer({ alg: 'ES256' });
      const ellipticToken = await elliptic.mint();
      const own = { team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' };
      const request = new Request('https://app.example', { headers: { authorization: `Bearer ${token}` } });
      const { jwks } = issuer;
      const ellipticKeys = elliptic.jwks;
      let fetches = 0;
      const fetch = async () => {
        fetches += 1;
        return new Response(JSON.stringify(jwks));
      };
      const used = await polluted(async () => {
        const verifier = countersign.createVercelVerifier({ ...own, jwks });
        assert.ok(verifier.verifySync(token, {}) === verifier.verifySync(token), 'the token is remembered, at the present time');
        assert.ok(await verifier.verify(token));
        assert.equal(await next.guard(verifier)(request), undefined);
        const fetching = countersign.createVerifier({
          issuer: issuer.issuer,
          audience: null,
          jwks: `${issuer.issuer}/.well-known/jwks`,
          fetch,
        });
        assert.throws(() => fetching.verifySync(token), 'ERR_JWKS_NOT_LOADED');
        assert.ok(await fetching.verify(token));
        assert.option(
          assert.throws(() => countersign.createVerifier({ issuer: issuer.issuer, jwks }), 'ERR_INVALID_OPTION'),
          'audience',
        );
        const refused = () =>
          countersign.createVerifier({ issuer: issuer.issuer, audience: null, jwks: ellipticKeys }).verifySync(ellipticToken);
        assert.throws(refused, 'ERR_JWKS_INVALID');
        assert.same(countersign.describeKeys(jwks)[0].algorithms.includes('RS256'), true);
        assert.equal(countersign.decode(token).claims.owner, 'acme');
      });
      assert.same([fetches, used], [1, []]);
    },
  },
  {
    name: 'options: nor do they change which credential is found, or sent to whom',
    async run(env) {
      const { countersign, aws, azure, connect, exchange, gcp, refresh, assert } = env;
      const { token, request } = await withToken(env);
      const sent = [];
      const bodies = {
        'https://sts.us-east-1.amazonaws.com': () => awsKeys('ASIAPOLLUTED'),
        'https://oidc.vercel.com/~token': () => Response.json({ token: 'exchanged', expiry: seconds() + 3600 }),
        'https://api.vercel.com': () => Response.json({ error: { code: 'forbidden', message: 'no' } }, { status: 403 }),
      };
      const fetch = async (url, { headers, body } = {}) => {
        sent.push({ url: String(url), text: JSON.stringify([[...new Headers(headers)], String(body)]) });
        const [, make] = Object.entries(bodies).find(([prefix]) => String(url).startsWith(prefix)) ?? [];
        return make ? make() : new Response('{"access_token":"issued","token_type":"Bearer","expires_in":3600,"issued_token_type":"x"}');
      };
      const presented = () =>
        sent.splice(0).map(({ url, text }) => [new URL(url).hostname, text.includes(token), text.includes('polluted')]);
      const chain = { request, env: {}, fetch };
      const used = await polluted(async () => {
        const found = await countersign.getBearerToken(chain);
        assert.equal(`${found.source} ${found.value === token}`, 'header true');
        await assert.rejects(countersign.getBearerToken({ env: {}, request: {}, refresh: false }), 'ERR_CREDENTIALS_NOT_FOUND');
        assert.equal(await countersign.getBearerTokenOptional({ env: {}, request: {}, refresh: false }), undefined);
        assert.option(await assert.rejects(countersign.getBearerToken({ ...chain, captured: {} }), 'ERR_INVALID_OPTION'), 'captured');
        const { selected } = await countersign.describeCredentials(chain);
        assert.equal(selected, 'header');
        assert.equal((await countersign.getAiGatewayHeaders(chain)).Authorization, `Bearer ${token}`);
        assert.same(presented(), []);

        await countersign.aiGatewaySettings(chain).fetch('https://ai-gateway.vercel.sh/v3/ai/x', { headers: {} });
        assert.same(presented(), [['ai-gateway.vercel.sh', true, false]]);
        assert.equal((await aws.awsCredentialsProvider({ roleArn: AWS_ROLE, ...chain })()).accessKeyId, 'ASIAPOLLUTED');
        assert.same(presented(), [['sts.us-east-1.amazonaws.com', true, false]]);
        assert.equal((await gcp.gcpAccessToken({ audience: GCP_PROVIDER, ...chain })).value, 'issued');
        assert.same(presented(), [['sts.googleapis.com', true, false]]);
        assert.equal(await gcp.gcpSubjectTokenSupplier(chain).getSubjectToken(), token);
        const application = { tenantId: 'acme.example', clientId: 'app', scope: 'https://vault.azure.net/.default' };
        assert.equal((await azure.azureAccessToken({ ...application, ...chain })).value, 'issued');
        assert.same(presented(), [['login.microsoftonline.com', true, false]]);
        assert.equal(await azure.azureClientAssertion(chain)(), token);
        assert.option(await assert.rejects(exchange.exchangeAudience(chain), 'ERR_INVALID_OPTION'), 'audience');
        assert.equal((await exchange.exchangeToken({ url: 'https://idp.example/token', ...chain })).value, 'issued');
        assert.same(presented(), [['idp.example', true, false]]);
        assert.equal((await exchange.exchangeAudience({ audience: 'api', ...chain })).value, 'exchanged');
        assert.same(presented(), [['oidc.vercel.com', true, false]]);
        await assert.rejects(connect.getToken('slack/acme-bot', APP, chain), 'ERR_EXCHANGE_REJECTED');
        assert.same(presented(), [['api.vercel.com', true, false]]);
        const handed = [];
        await refresh.refreshAll(['one'], (_, { value }) => void handed.push(value), { token: () => token });
        assert.same(handed, [token]);
      });
      assert.same(used, []);
      exchange.clearCredentials();
    },
  },
  ...MISTAKES.map(([maker, options, named]) => ({
    name: `options: ${maker}(${JSON.stringify(options, (_key, value) => (value === undefined ? 'undefined' : Number.isNaN(value) ? 'NaN' : value))}) names \`${named}\``,
    run({ countersign, assert }) {
      assert.option(
        assert.throws(() => countersign[maker](options), 'ERR_INVALID_OPTION'),
        named,
      );
    },
  })),
  {
    name: 'options: what is no plain value is refused by name, and not taken for null or an empty object',
    run({ countersign, assert }) {
      const circle = {};
      circle.circle = circle;
      for (const value of [() => {}, Symbol('x'), 1n, new Map([['a', 'b']]), new Set(['a']), circle]) {
        for (const option of ['audience', 'claims', 'subject']) {
          const error = assert.throws(() => countersign.createVerifier({ ...PLAIN, [option]: value }), 'ERR_INVALID_OPTION');
          // The cyclic object is a rule about the claim `circle`, with a member that no rule has.
          assert.option(error, option === 'claims' && value === circle ? 'claims.circle.circle' : option);
        }
      }
    },
  },
  {
    name: 'options: null leaves the audience unchecked, and nothing else does',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const verifier = (audience) => countersign.createVerifier({ issuer: issuer.issuer, audience, jwks: issuer.jwks });
      const token = await issuer.mint({ aud: 'anyone' });
      assert.ok(verifier(null).verifySync(token));
      assert.throws(() => verifier('api').verifySync(token), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    },
  },
  {
    name: 'options: `now` is a number of seconds',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const verifier = countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks });
      const token = await issuer.mint({ project_id: 'prj_1' });
      // Milliseconds lie beyond the calendar, so that mistake is found too.
      for (const now of [NaN, Infinity, '1', new Date(), Date.now(), 1e20]) {
        assert.option(
          assert.throws(() => verifier.verifySync(token, { now }), 'ERR_INVALID_OPTION'),
          'now',
        );
      }
    },
  },
  {
    name: 'options: what is no token is refused as one',
    async run({ countersign, assert }) {
      for (const token of [undefined, null, 7, {}, [], '', 'a.b', 'é.é.é', '\ud800.e30.AQ', 'e30.e30.AQ\0', 'x'.repeat(1_000_000)]) {
        assert.throws(() => countersign.decode(token), 'ERR_JWS_INVALID');
      }
    },
  },
];

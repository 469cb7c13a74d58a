// Events: which there are, what they hold and never hold, and that a listener changes nothing.

const ISSUER = 'https://idp.example:8443';

/** A listener that writes down what it gets. */
function listener() {
  const events = [];
  return { events, onEvent: (event) => void events.push(event) };
}

/** The events without their durations, which are checked here. */
const shown = (events, assert) =>
  events.map(({ durationMs, ...event }) => {
    assert.ok(typeof durationMs === 'number' && durationMs >= 0 && durationMs < 60_000, `the duration ${durationMs}`);
    return event;
  });

async function setUp({ countersign, testing }, options = {}) {
  const issuer = await testing.createTestIssuer({ issuer: ISSUER });
  const { events, onEvent } = listener();
  const verifier = countersign.createVerifier({ issuer: ISSUER, audience: 'api', fetch: issuer.fetch, onEvent, ...options });
  return { issuer, events, verifier, token: await issuer.mint({ aud: 'api' }) };
}

export const cases = [
  {
    name: 'events: fetching keys, verifying and refusing are told, with code, duration and host',
    async run(env) {
      const { assert } = env;
      const { issuer, events, verifier, token } = await setUp(env);
      assert.throws(() => verifier.verifySync(token), 'ERR_JWKS_NOT_LOADED');
      await verifier.verify(token);
      verifier.verifySync(token);
      await assert.rejects(verifier.verify(await issuer.mint({ aud: 'other' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
      await assert.rejects(verifier.verify('x'), 'ERR_JWS_INVALID');
      assert.same(shown(events, assert), [
        { type: 'refused', code: 'ERR_JWKS_NOT_LOADED', issuer: 'idp.example:8443' },
        { type: 'key-fetch', host: 'idp.example:8443' },
        { type: 'verified', issuer: 'idp.example:8443' },
        { type: 'verified', issuer: 'idp.example:8443' },
        { type: 'refused', code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', issuer: 'idp.example:8443' },
        { type: 'refused', code: 'ERR_JWS_INVALID', issuer: 'idp.example:8443' },
      ]);
      for (const event of events) assert.ok(Object.isFrozen(event), `${event.type} is frozen`);
    },
  },
  {
    name: 'events: a fetch of keys that fails has its code',
    async run(env) {
      const { assert } = env;
      const fetch = async () => new Response('', { status: 503 });
      const { events, verifier, token } = await setUp(env, { fetch, jwks: 'https://keys.example/jwks' });
      await assert.rejects(verifier.verify(token), 'ERR_JWKS_FETCH_FAILED');
      assert.same(shown(events, assert), [
        { type: 'key-fetch', host: 'keys.example', code: 'ERR_JWKS_FETCH_FAILED' },
        { type: 'refused', code: 'ERR_JWKS_FETCH_FAILED', issuer: 'idp.example:8443' },
      ]);
    },
  },
  {
    name: 'events: a listener that throws, rejects or returns a broken promise changes no outcome',
    async run(env) {
      const { assert } = env;
      let called = 0;
      const listeners = [
        () => {
          called += 1;
          throw new Error('thrown');
        },
        async () => {
          called += 1;
          throw new Error('rejected');
        },
        () => {
          called += 1;
          return {
            // biome-ignore lint/suspicious/noThenProperty: a broken promise is what is tested.
            get then() {
              throw new Error('broken');
            },
          };
        },
      ];
      for (const onEvent of listeners) {
        called = 0;
        const { issuer, verifier, token } = await setUp(env, { onEvent });
        assert.equal((await verifier.verify(token)).claims.aud, 'api');
        assert.equal(verifier.verifySync(token).claims.aud, 'api');
        await assert.rejects(verifier.verify(await issuer.mint({ aud: 'other' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
        assert.equal(called, 4, 'events');
      }
    },
  },
  {
    name: 'events: an issuer is one of the policy, never what an unverified token says',
    async run(env) {
      const { assert } = env;
      const other = await env.testing.createTestIssuer({ issuer: 'https://attacker.example' });
      const one = await setUp(env);
      await assert.rejects(one.verifier.verify(await other.mint({ aud: 'api' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
      assert.equal(one.events.at(-1).issuer, 'idp.example:8443');
      const several = await setUp(env, { issuer: [ISSUER, 'https://second.example'], jwks: one.issuer.jwks });
      await assert.rejects(several.verifier.verify(await other.mint({ aud: 'api' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
      await several.verifier.verify(several.token);
      assert.same(shown(several.events, assert), [
        { type: 'refused', code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' },
        { type: 'verified', issuer: 'idp.example:8443' },
      ]);
    },
  },
  {
    name: 'events: verifiers of Vercel tokens and of JWT-SVIDs name their issuer',
    async run({ countersign, testing, assert }) {
      const { events, onEvent } = listener();
      const vercel = await testing.createTestIssuer();
      const policy = { team: 'acme', projectId: '*', ownerId: 'team_a1b2c3d4e5f6g7h8i9j0k1l2', environment: '*' };
      const verifier = countersign.createVercelVerifier({ ...policy, jwks: vercel.jwks, onEvent });
      assert.throws(() => verifier.verifySync('x'), 'ERR_JWS_INVALID');
      const [key] = vercel.jwks.keys;
      const bundle = { keys: [{ ...key, use: 'jwt-svid' }] };
      const spiffe = countersign.createSpiffeVerifier({ trustDomain: 'acme.example', audience: 'api', bundle, onEvent });
      spiffe.verifySync(await vercel.mint({ sub: 'spiffe://acme.example/web', aud: 'api' }));
      assert.same(
        events.map(({ type, issuer }) => `${type} ${issuer}`),
        ['refused oidc.vercel.com', 'verified acme.example'],
      );
    },
  },
  {
    name: 'events: the chain tells its source, and an exchange its provider, once for those who share it',
    async run({ countersign, exchange, testing, assert }) {
      const token = await (await testing.createTestIssuer()).mint({ jti: 'events' });
      const { events, onEvent } = listener();
      const request = { 'x-vercel-oidc-token': token };
      const fetch = async () => Response.json({ token: 'fresh', expiry: Math.floor(Date.now() / 1000) + 3600 });
      const options = { request, audience: 'events', fetch, onEvent };
      await countersign.getBearerToken(options);
      await countersign.getBearerToken(options);
      await exchange.exchangeAudience(options);
      assert.same(shown(events, assert), [
        { type: 'credential', source: 'header' },
        { type: 'exchange', provider: 'vercel' },
        { type: 'credential', source: 'header' },
        { type: 'credential', source: 'header' },
      ]);
      events.length = 0;
      await assert.rejects(countersign.getBearerToken({ request: {}, env: {}, refresh: false, onEvent }), 'ERR_CREDENTIALS_NOT_FOUND');
      await countersign.getBearerTokenOptional({ request: {}, env: {}, refresh: false, onEvent });
      assert.same(shown(events, assert), [{ type: 'credential', code: 'ERR_CREDENTIALS_NOT_FOUND' }, { type: 'credential' }]);
    },
  },
  {
    name: 'events: an exchange that is refused has its code, for each provider',
    async run({ aws, azure, exchange, gcp, testing, assert }) {
      const token = await (await testing.createTestIssuer()).mint({ jti: 'events-refused' });
      const { events, onEvent } = listener();
      const fetch = async () => new Response('{}', { status: 400, headers: { 'content-type': 'application/json' } });
      const options = { token, fetch, onEvent };
      const provider = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/vercel/providers/vercel';
      const calls = [
        aws.awsCredentialsProvider({ roleArn: 'arn:aws:iam::123456789012:role/events', ...options })(),
        gcp.gcpAccessToken({ audience: provider, ...options }),
        azure.azureAccessToken({ tenantId: 'acme.example', clientId: 'events', scope: 'api/.default', ...options }),
        exchange.exchangeAudience({ audience: 'events-refused', ...options }),
        exchange.exchangeToken({ url: 'https://sts.example/token', ...options }),
      ];
      const codes = await Promise.all(calls.map((call) => call.catch(({ code }) => code)));
      assert.same(
        shown(events, assert)
          .map(({ type, provider, code }) => `${type} ${provider} ${code}`)
          .sort(),
        ['aws', 'azure', 'gcp', 'token-exchange', 'vercel'].map((name) => `exchange ${name} ERR_EXCHANGE_REJECTED`),
      );
      assert.same([...new Set(codes)], ['ERR_EXCHANGE_REJECTED']);
    },
  },
  {
    name: 'events: refreshAll tells the outcome of each target, and passes the listener to the chain',
    async run({ refresh, testing, assert }) {
      const { events, onEvent } = listener();
      const token = await (await testing.createTestIssuer()).mint({}, { expiresIn: 7200 });
      const write = (target) => {
        if (target === 'b') throw new Error('no disk');
        return target === 'c' ? 'gone' : undefined;
      };
      const context = Symbol.for('@vercel/request-context');
      const before = globalThis[context];
      globalThis[context] = { get: () => ({ headers: { 'x-vercel-oidc-token': token } }) };
      try {
        await refresh.refreshAll(['a', 'b', 'c'], write, { onEvent, concurrency: 1 });
      } finally {
        if (before === undefined) delete globalThis[context];
        else globalThis[context] = before;
      }
      assert.same(shown(events, assert), [
        { type: 'credential', source: 'context' },
        { type: 'refresh', status: 'refreshed' },
        { type: 'refresh', status: 'failed' },
        { type: 'refresh', status: 'skipped', reason: 'gone' },
      ]);
    },
  },
  {
    name: 'events: no event holds a part of a token, a claim or a secret',
    async run(env) {
      const { countersign, exchange, assert } = env;
      const { issuer, events, verifier } = await setUp(env);
      const onEvent = (event) => void events.push(event);
      const token = await issuer.mint({ aud: 'api', sub: 'SECRET-subject', jti: 'events-secret' });
      await verifier.verify(token);
      await assert.rejects(verifier.verify(await issuer.mint({ aud: 'SECRET-audience' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
      const fetch = async () => Response.json({ token: 'SECRET-fresh', expiry: Math.floor(Date.now() / 1000) + 3600 });
      await exchange.exchangeAudience({ token, audience: 'SECRET-target', fetch, onEvent });
      await countersign.getBearerToken({ staticKey: 'SECRET-key', onEvent });
      assert.equal(events.length, 5, 'events');
      const text = JSON.stringify(events);
      for (const part of ['SECRET', ...token.split('.')]) assert.ok(!text.includes(part), part);
    },
  },
];

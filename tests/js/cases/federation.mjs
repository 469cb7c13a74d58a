// A federation: which policy a token matches, and what hostile issuers, tokens and policies cannot do.

const A = 'https://a.example';
const B = 'https://b.example';
const MISMATCH = 'ERR_JWT_CLAIM_VALIDATION_FAILED';

/** Issuers A and B with keys of their own, and a policy for each. `lookUps` has the issuers that were looked up. */
async function setUp({ federation, testing }, options = {}) {
  const [a, b] = await Promise.all([A, B].map((issuer) => testing.createTestIssuer({ issuer })));
  b.rotate();
  const policies = new Map([a, b].map(({ issuer, jwks }) => [issuer, { name: `of ${issuer}`, issuer, audience: 'api', jwks }]));
  const lookUps = [];
  const look = options.policies ?? ((issuer) => policies.get(issuer));
  const made = federation.createFederation({
    ...options,
    policies: (issuer, context) => {
      lookUps.push(issuer);
      return look(issuer, context);
    },
  });
  return { a, b, policies, lookUps, federation: made };
}

/** A token that no one has signed, with these claims. */
const unsigned = (claims) => {
  const part = (value) => {
    const bytes = new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
    return btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '');
  };
  return `${part({ alg: 'RS256', typ: 'JWT', kid: 'mrk-test-1' })}.${part(claims)}.${'A'.repeat(342)}`;
};

/** Sets the monotonic clock so many milliseconds ahead while `run` runs. */
async function ahead(ms, run) {
  const own = Object.getOwnPropertyDescriptor(performance, 'now');
  const { now } = performance;
  Object.defineProperty(performance, 'now', { value: () => now.call(performance) + ms, configurable: true, writable: true });
  try {
    return await run();
  } finally {
    if (own) Object.defineProperty(performance, 'now', own);
    else delete performance.now;
  }
}

const never = () => new Promise(() => {});

export const cases = [
  {
    name: 'federation: a token is verified by the policy of its issuer, which is named',
    async run(env) {
      const { assert } = env;
      const { a, b, lookUps, federation } = await setUp(env);
      for (const issuer of [a, b, a]) {
        const { claims, policy } = await federation.verify(await issuer.mint({ aud: 'api' }));
        assert.equal(claims.iss, issuer.issuer);
        assert.equal(policy, `of ${issuer.issuer}`);
      }
      assert.same(lookUps, [A, B]);
      const { verify } = federation;
      assert.ok(Object.isFrozen(await verify(await a.mint({ aud: 'api' }))), 'a frozen token from a function taken off the object');
    },
  },
  {
    name: 'federation: a token of issuer A that issuer B has signed is refused, and so is the other way round',
    async run(env) {
      const { assert } = env;
      const { a, b, federation } = await setUp(env);
      await assert.rejects(federation.verify(await b.mint({ iss: A, aud: 'api' })), 'ERR_JWKS_NO_MATCHING_KEY');
      const kid = a.jwks.keys[0].kid;
      await assert.rejects(
        federation.verify(await b.mint({ iss: A, aud: 'api' }, { header: { kid } })),
        'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      );
      await assert.rejects(federation.verify(await a.mint({ iss: B, aud: 'api' })), 'ERR_JWKS_NO_MATCHING_KEY');
    },
  },
  {
    name: 'federation: a look-up that returns the policy of another issuer accepts nothing, and fetches nothing',
    async run(env) {
      const { assert } = env;
      const fetched = [];
      const fetch = async (url) => {
        fetched.push(url);
        throw new TypeError('nothing may be fetched');
      };
      const { a, b, federation } = await setUp(env, { policies: () => ({ issuer: B, audience: 'api', fetch }) });
      for (const issuer of [a, b]) {
        const error = await assert.rejects(federation.verify(await issuer.mint({ iss: A, aud: 'api' })), MISMATCH);
        assert.equal(error.claim, 'iss');
        assert.equal(error.policies[0].claim, 'iss');
      }
      assert.same(fetched, []);
    },
  },
  {
    name: 'federation: an `iss` that cannot be one is refused without a look-up',
    async run(env) {
      const { assert } = env;
      const { lookUps, federation } = await setUp(env);
      const wrong = ['x'.repeat(513), 'ä'.repeat(257), `${A}\0`, 'a\nb', '\u0085', '', 7, null, [A], { a: A }, true];
      for (const iss of wrong) {
        const error = await assert.rejects(federation.verify(unsigned({ iss, exp: 9e9 })), MISMATCH);
        assert.same([error.claim, error.reason], ['iss', 'invalid']);
      }
      const error = await assert.rejects(federation.verify(unsigned({ exp: 9e9 })), MISMATCH);
      assert.same([error.claim, error.reason], ['iss', 'missing']);
      await assert.rejects(federation.verify('x'), 'ERR_JWS_INVALID');
      await assert.rejects(federation.verify(undefined), 'ERR_JWS_INVALID');
      assert.same(lookUps, []);
    },
  },
  {
    name: 'federation: names of members and addresses are strings like any other, and nothing is fetched from them',
    async run(env) {
      const { assert } = env;
      const fetched = [];
      const { lookUps, federation } = await setUp(env, { fetch: async (url) => void fetched.push(url) });
      const texts = ['__proto__', 'constructor', 'toString', 'http://169.254.169.254/', 'file:///etc/passwd', 'x'.repeat(512)];
      for (const iss of texts) {
        const error = await assert.rejects(federation.verify(unsigned({ iss, exp: 9e9 })), MISMATCH);
        assert.same([error.claim, error.found, error.message], ['iss', iss, 'no policy for the issuer of the token']);
      }
      assert.same(lookUps, texts);
      assert.same(fetched, []);
    },
  },
  {
    name: 'federation: 10,000 issuers without a policy cost a bounded number of look-ups, and known issuers nothing',
    async run(env) {
      const { assert } = env;
      const { a, b, lookUps, federation } = await setUp(env, { unknownPerMinute: 50, maxUnknownIssuers: 20 });
      const token = await a.mint({ aud: 'api' });
      await federation.verify(token);
      const codes = {};
      for (let at = 0; at < 10_000; at += 1) {
        const code = await federation.verify(unsigned({ iss: `https://x${at}.example`, exp: 9e9 })).catch((error) => error.code);
        codes[code] = (codes[code] ?? 0) + 1;
      }
      // So many at once, and as many again for each minute that the loop takes.
      assert.ok(lookUps.length >= 51 && lookUps.length < 200, `${lookUps.length} look-ups`);
      assert.equal(codes[MISMATCH] + codes.ERR_POLICY_UNAVAILABLE, 10_000, 'refused');
      assert.equal(codes[MISMATCH], lookUps.length - 1, 'without a policy');
      const error = await assert.rejects(
        federation.verify(unsigned({ iss: 'https://one-more.example', exp: 9e9 })),
        'ERR_POLICY_UNAVAILABLE',
      );
      assert.equal(error.retryable, true);
      assert.equal((await federation.verify(token)).policy, `of ${A}`);
      // An issuer that the caller names itself is looked up all the same.
      await federation.load(B);
      assert.equal((await federation.verify(await b.mint({ aud: 'api' }))).policy, `of ${B}`);
    },
  },
  {
    name: 'federation: an issuer without a policy is looked up once, and one with a policy does not count',
    async run(env) {
      const { assert } = env;
      const { a, lookUps, federation } = await setUp(env, { unknownPerMinute: 1 });
      const token = await a.mint({ aud: 'api' });
      for (let turn = 0; turn < 5; turn += 1) {
        federation.forget(A);
        await federation.verify(token);
      }
      const unknown = unsigned({ iss: 'https://x.example', exp: 9e9 });
      for (let turn = 0; turn < 5; turn += 1) await assert.rejects(federation.verify(unknown), MISMATCH);
      assert.equal(lookUps.length, 6, 'look-ups');
      federation.forget();
      await assert.rejects(federation.verify(unknown), 'ERR_POLICY_UNAVAILABLE');
    },
  },
  {
    name: 'federation: of the issuers without a policy the oldest is forgotten',
    async run(env) {
      const { assert } = env;
      const { lookUps, federation } = await setUp(env, { maxUnknownIssuers: 2 });
      for (const iss of ['x', 'y', 'x', 'z', 'y', 'x']) await assert.rejects(federation.verify(unsigned({ iss, exp: 9e9 })), MISMATCH);
      assert.same(lookUps, ['x', 'y', 'z', 'x']);
    },
  },
  {
    name: 'federation: issuers of which no token was verified make room first, however often they are named',
    async run(env) {
      const { assert } = env;
      const issuers = await Promise.all([A, B].map((issuer) => env.testing.createTestIssuer({ issuer })));
      const { lookUps, federation } = await setUp(env, {
        maxIssuers: 3,
        policies: (issuer) => ({ issuer, audience: 'api', jwks: issuers[0].jwks }),
      });
      for (const issuer of issuers) await federation.verify(await issuer.mint({ aud: 'api' }));
      for (let turn = 0; turn < 3; turn += 1) {
        for (let at = 0; at < 20; at += 1) {
          const token = unsigned({ iss: `https://x${at}.example`, aud: 'api', exp: 9e9 });
          for (let time = 0; time < 2; time += 1) await assert.rejects(federation.verify(token), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
        }
      }
      const before = lookUps.length;
      for (const issuer of issuers) await federation.verify(await issuer.mint({ aud: 'api' }));
      assert.equal(lookUps.length, before, 'look-ups');
    },
  },
  {
    name: 'federation: with more issuers than it keeps, the one that was verified least recently makes room',
    async run(env) {
      const { assert } = env;
      const issuers = await Promise.all([1, 2, 3].map((at) => env.testing.createTestIssuer({ issuer: `https://i${at}.example` })));
      const { lookUps, federation } = await setUp(env, {
        maxIssuers: 2,
        policies: (issuer) => ({ issuer, audience: 'api', jwks: issuers[0].jwks }),
      });
      const verify = async (at) => federation.verify(await issuers[at].mint({ aud: 'api' }));
      for (const at of [0, 1, 0, 2, 0, 1]) await verify(at);
      assert.same(
        lookUps.map((issuer) => issuer.slice(9, 10)),
        ['1', '2', '3', '2'],
      );
    },
  },
  {
    name: 'federation: verifications go on where their policies are evicted or forgotten meanwhile',
    async run(env) {
      const { assert } = env;
      const issuer = await env.testing.createTestIssuer({ issuer: A });
      let answer;
      const gate = new Promise((resolve) => (answer = resolve));
      const fetch = async (...args) => {
        await gate;
        return issuer.fetch(...args);
      };
      const { federation } = await setUp(env, { policies: (issuer) => ({ issuer, audience: 'api', fetch }) });
      const pending = federation.verify(await issuer.mint({ aud: 'api' }));
      await new Promise((resolve) => setTimeout(resolve, 20));
      federation.forget(A);
      answer();
      assert.equal((await pending).claims.iss, A);
    },
  },
  {
    name: 'federation: callers share the look-up of an issuer',
    async run(env) {
      const { assert } = env;
      let answer;
      const gate = new Promise((resolve) => (answer = resolve));
      const { a, policies, lookUps, federation } = await setUp(env, { policies: async (issuer) => (await gate, policies.get(issuer)) });
      const token = await a.mint({ aud: 'api' });
      const pending = Array.from({ length: 100 }, () => federation.verify(token));
      setTimeout(answer, 20);
      for (const { policy } of await Promise.all(pending)) assert.equal(policy, `of ${A}`);
      assert.same(lookUps, [A]);
    },
  },
  {
    name: 'federation: a look-up that throws, rejects or returns nonsense is not the fault of the token',
    async run(env) {
      const { assert } = env;
      const secret = new Error('password=SECRET');
      const { jwks } = await env.testing.createTestIssuer({ issuer: A });
      const failures = {
        throws: () => {
          throw secret;
        },
        rejects: async () => {
          throw secret;
        },
        'too many policies': (issuer) => Array.from({ length: 17 }, () => ({ issuer, audience: 'api', jwks })),
        'a string': () => 'https://a.example',
        'a member that throws': () => ({
          get issuer() {
            throw secret;
          },
        }),
      };
      for (const [what, policies] of Object.entries(failures)) {
        const { a, federation } = await setUp(env, { policies });
        const error = await assert.rejects(federation.verify(await a.mint({ aud: 'api' })), 'ERR_POLICY_UNAVAILABLE');
        for (const text of [error.message, JSON.stringify(error), String(error)]) assert.ok(!text.includes('SECRET'), `${what}: ${text}`);
      }
    },
  },
  {
    name: 'federation: a failed look-up is repeated, though not at once',
    async run(env) {
      const { assert } = env;
      const { a, policies, lookUps, federation } = await setUp(env, {
        policies: (issuer) => {
          if (lookUps.length === 1) throw new Error('down');
          return policies.get(issuer);
        },
      });
      const token = await a.mint({ aud: 'api' });
      for (let turn = 0; turn < 3; turn += 1) await assert.rejects(federation.verify(token), 'ERR_POLICY_UNAVAILABLE');
      assert.equal(lookUps.length, 1, 'look-ups at once');
      assert.equal((await ahead(1100, () => federation.verify(token))).policy, `of ${A}`);
    },
  },
  {
    name: 'federation: a look-up that hangs is given up and aborted, and delays no other issuer',
    async run(env) {
      const { assert } = env;
      let signal;
      const { a, b, policies, federation } = await setUp(env, {
        timeout: 0.3,
        policies: (issuer, context) => {
          if (issuer === B) return policies.get(issuer);
          signal = context.signal;
          return never();
        },
      });
      let ended = false;
      const hanging = federation.verify(await a.mint({ aud: 'api' })).finally(() => (ended = true));
      hanging.catch(() => {});
      assert.equal((await federation.verify(await b.mint({ aud: 'api' }))).policy, `of ${B}`);
      assert.equal(ended, false, 'the hanging look-up had ended');
      await assert.rejects(hanging, 'ERR_POLICY_UNAVAILABLE');
      assert.equal(signal.aborted, true);
    },
  },
  {
    name: 'federation: an issuer whose keys hang delays no other issuer',
    async run(env) {
      const { assert } = env;
      const { a, b, policies, federation } = await setUp(env);
      const { jwks: _, ...withoutKeys } = policies.get(A);
      let reached;
      const fetching = new Promise((resolve) => (reached = resolve));
      let answer;
      const gate = new Promise((resolve) => (answer = resolve));
      const fetch = async (...args) => {
        reached();
        await gate;
        return a.fetch(...args);
      };
      policies.set(A, { ...withoutKeys, fetch });
      let ended = false;
      const slow = federation.verify(await a.mint({ aud: 'api' })).finally(() => (ended = true));
      await fetching;
      for (let at = 0; at < 20; at += 1) await federation.verify(await b.mint({ aud: 'api', jti: String(at) }));
      assert.equal(ended, false, 'the slow issuer had ended');
      answer();
      assert.equal((await slow).policy, `of ${A}`);
    },
  },
  {
    name: 'federation: of several policies the first that accepts counts; else each says why not',
    async run(env) {
      const { assert } = env;
      const { a, policies, federation } = await setUp(env);
      const { jwks } = a;
      policies.set(A, [
        { name: 'staging', issuer: A, audience: 'staging', jwks },
        { issuer: A, audience: 'api', claims: { environment: 'preview' }, jwks },
        { name: 'both', issuer: A, audience: ['api', 'staging'], jwks },
      ]);
      assert.equal((await federation.verify(await a.mint({ aud: 'staging' }))).policy, 'staging');
      assert.equal((await federation.verify(await a.mint({ aud: 'api', environment: 'preview' }))).policy, '1');
      assert.equal((await federation.verify(await a.mint({ aud: 'api' }))).policy, 'both');
      const error = await assert.rejects(federation.verify(await a.mint({ aud: 'other', environment: 'preview' })), MISMATCH);
      assert.same(
        error.policies.map(({ policy, code, claim }) => [policy, code, claim]),
        ['staging', '1', 'both'].map((name) => [name, MISMATCH, 'aud']),
      );
      const { issuer, policies: results } = await federation.explain(await a.mint({ aud: 'api' }));
      assert.equal(issuer, A);
      assert.same(
        results.map(({ policy, accepted, claim }) => [policy, accepted, claim ?? null]),
        [
          ['staging', false, 'aud'],
          ['1', false, 'environment'],
          ['both', true, null],
        ],
      );
      assert.equal(results[0].message, 'claim `aud` is not what this verifier expects');
    },
  },
  {
    name: 'federation: a policy with a mistake harms no other, and is named where no policy is usable',
    async run(env) {
      const { assert } = env;
      const { a, b, policies, federation } = await setUp(env);
      const good = policies.get(A);
      const bad = [{ ...good, name: 'typo', audeince: 'x' }, { ...good, audience: undefined }, 7, null, { ...good, name: 'x\n' }];
      policies.set(A, [...bad, good]);
      assert.equal((await federation.verify(await a.mint({ aud: 'api' }))).policy, `of ${A}`);
      assert.equal((await federation.verify(await b.mint({ aud: 'api' }))).policy, `of ${B}`);
      const refused = await assert.rejects(federation.verify(await a.mint({ aud: 'other' })), MISMATCH);
      assert.equal(refused.policies.length, 6, 'refusals');
      policies.set(A, bad);
      federation.forget(A);
      const error = await assert.rejects(federation.verify(await a.mint({ aud: 'api' })), 'ERR_POLICY_UNAVAILABLE');
      assert.equal(error.option, 'audeince');
      assert.match(error.message, /^policy `typo` has a mistake: .*`audience`/);
      assert.same(
        error.policies.map(({ policy, option }) => [policy, option]),
        [
          ['typo', 'audeince'],
          [`of ${A}`, 'audience'],
          ['2', 'policy'],
          ['3', 'policy'],
          ['4', 'name'],
        ],
      );
    },
  },
  {
    name: 'federation: keys that could not be had outweigh the refusal of another policy',
    async run(env) {
      const { assert } = env;
      const { a, policies, federation } = await setUp(env);
      const fetch = async () => new Response('', { status: 503 });
      policies.set(A, [
        { ...policies.get(A), audience: 'other' },
        { issuer: A, audience: 'api', fetch },
      ]);
      const error = await assert.rejects(federation.verify(await a.mint({ aud: 'api' })), 'ERR_JWKS_FETCH_FAILED');
      assert.same(
        error.policies.map(({ code }) => code),
        [MISMATCH, 'ERR_JWKS_FETCH_FAILED'],
      );
    },
  },
  {
    name: 'federation: policies are looked up again after `ttl`; keys of those that have not changed stay',
    async run(env) {
      const { assert } = env;
      const fetched = [];
      const issuer = await env.testing.createTestIssuer({ issuer: A });
      const fetch = (url) => {
        fetched.push(url);
        return issuer.fetch(url);
      };
      let audience = 'api';
      const { lookUps, federation } = await setUp(env, {
        ttl: 1,
        fetch,
        policies: () => ({ issuer: A, audience, requiredClaims: ['sub'] }),
      });
      const token = await issuer.mint({ aud: 'api' });
      await federation.verify(token);
      const once = fetched.length;
      await ahead(1100, () => federation.verify(token));
      assert.equal(lookUps.length, 2, 'look-ups');
      assert.equal(fetched.length, once, 'fetches');
      audience = 'other';
      await ahead(1100, () => federation.verify(token));
      await ahead(2200, () => assert.rejects(federation.verify(token), MISMATCH));
      // A policy that is gone accepts nothing from then on.
      audience = 'api';
      federation.forget(A);
      await federation.verify(token);
    },
  },
  {
    name: 'federation: a known issuer is looked up again although the look-ups of unknown ones are used up',
    async run(env) {
      const { assert } = env;
      const { a, lookUps, federation } = await setUp(env, { ttl: 1, unknownPerMinute: 1 });
      const token = await a.mint({ aud: 'api' });
      await federation.verify(token);
      for (const name of ['x', 'y']) await federation.verify(unsigned({ iss: name, exp: 9e9 })).catch(() => {});
      assert.equal((await ahead(1100, () => federation.verify(token))).policy, `of ${A}`);
      assert.same(lookUps, [A, 'x', A]);
    },
  },
  {
    name: 'federation: `load` fetches keys at start-up, and `dispose` ends it',
    async run(env) {
      const { assert } = env;
      const fetched = [];
      const issuer = await env.testing.createTestIssuer({ issuer: A });
      const fetch = (url) => {
        fetched.push(url);
        return issuer.fetch(url);
      };
      const known = [A];
      const look = (issuer) => (known.includes(issuer) ? { issuer: A, audience: 'api', fetch } : null);
      const { federation } = await setUp(env, { policies: look });
      await federation.load(A);
      const loaded = fetched.length;
      assert.ok(loaded > 0, 'fetches');
      const token = await issuer.mint({ aud: 'api' });
      await federation.verify(token, { now: Date.now() / 1000 });
      assert.equal(fetched.length, loaded, 'fetches');
      await assert.rejects(federation.load(B), MISMATCH);
      known.push(B);
      await assert.rejects(federation.verify(unsigned({ iss: B, exp: 9e9 })), MISMATCH);
      await federation.load(B);
      assert.option(await assert.rejects(federation.load('x'.repeat(513)), 'ERR_INVALID_OPTION'), 'issuer');
      assert.option(await assert.rejects(federation.verify(token, { audience: 'api' }), 'ERR_INVALID_OPTION'), 'audience');
      // Also where there is no policy that would notice.
      const unknown = unsigned({ iss: 'https://x.example', exp: 9e9 });
      assert.option(await assert.rejects(federation.verify(unknown, { audience: 'api' }), 'ERR_INVALID_OPTION'), 'audience');
      assert.option(await assert.rejects(federation.explain(unknown, { audience: 'api' }), 'ERR_INVALID_OPTION'), 'audience');
      assert.option(await assert.rejects(federation.verify(token, { now: 'x' }), 'ERR_INVALID_OPTION'), 'now');
      federation[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
      assert.option(await assert.rejects(federation.verify(token), 'ERR_INVALID_OPTION'), 'federation');
    },
  },
  {
    name: 'federation: a guard takes it, and answers 401 or 503',
    async run(env) {
      const { assert } = env;
      const { a, policies, federation } = await setUp(env);
      const guard = env.guard.createGuard(federation);
      const answer = async (token) => {
        const request = new Request('https://app.example', { headers: { authorization: `Bearer ${token}` } });
        const { token: verified, response } = await guard.check(request);
        return verified ? verified.policy : response.status;
      };
      assert.equal(await answer(await a.mint({ aud: 'api' })), `of ${A}`);
      assert.equal(await answer(await a.mint({ aud: 'other' })), 401);
      assert.equal(await answer(unsigned({ iss: 'https://x.example', exp: 9e9 })), 401);
      policies.set(A, { issuer: A });
      federation.forget(A);
      assert.equal(await answer(await a.mint({ aud: 'api' })), 503);
    },
  },
  {
    name: 'federation: events tell one outcome for each token, and never the issuer of an unverified one',
    async run(env) {
      const { assert } = env;
      const events = [];
      const { a, policies, federation } = await setUp(env, { onEvent: (event) => void events.push(event) });
      const { jwks: _, ...withoutKeys } = policies.get(A);
      policies.set(A, [
        { ...policies.get(A), name: 'first', audience: 'other' },
        { ...withoutKeys, fetch: a.fetch },
      ]);
      await federation.verify(await a.mint({ aud: 'api' }));
      await assert.rejects(federation.verify(await a.mint({ aud: 'x' })), MISMATCH);
      await assert.rejects(federation.verify(unsigned({ iss: 'https://x.example', exp: 9e9 })), MISMATCH);
      assert.same(
        events.map(({ durationMs, ...event }) => event),
        [
          { type: 'key-fetch', host: 'a.example' },
          { type: 'verified', issuer: 'a.example', policy: `of ${A}` },
          { type: 'refused', code: MISMATCH, issuer: 'a.example' },
          { type: 'refused', code: MISMATCH },
        ],
      );
    },
  },
];

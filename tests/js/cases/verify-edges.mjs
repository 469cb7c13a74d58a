// The edges of a verifier: instants at which a cached token changes hands with the core, the buffer, causes of failed fetches.

const VERCEL = { team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' };

/** Runs with the clock standing still; `set` moves it to a second since the epoch. */
async function withClock(run) {
  const real = Date.now;
  const start = Math.floor(real.call(Date) / 1000);
  const set = (seconds) => {
    Date.now = () => (start + seconds) * 1000;
  };
  set(0);
  try {
    return await run(set, start);
  } finally {
    Date.now = real;
  }
}

/** A verifier that fetches its keys, and the number of its fetches. */
async function fetching({ countersign, testing }, options = {}) {
  const issuer = await testing.createTestIssuer();
  const spy = { issuer, fetches: 0 };
  const fetch = (...args) => {
    spy.fetches += 1;
    return issuer.fetch(...args);
  };
  spy.verifier = countersign.createVercelVerifier({ ...VERCEL, fetch, ...options });
  return spy;
}

/** The cause of a verification whose fetch throws this. */
async function causeOf({ countersign, testing, assert }, thrown) {
  const token = await (await testing.createTestIssuer()).mint();
  const verifier = countersign.createVercelVerifier({ ...VERCEL, fetch: () => Promise.reject(thrown) });
  return (await assert.rejects(verifier.verify(token), 'ERR_JWKS_FETCH_FAILED')).cause;
}

const coded = (code, cause) => Object.assign(new Error('s3cret', cause && { cause }), code === undefined ? {} : { code });

/** An error with so many causes below it, of which the last has the code. */
const nested = (depth, code) => (depth === 0 ? coded(code) : coded(undefined, nested(depth - 1, code)));

export const cases = [
  {
    name: 'cache: a token is recalled from its first second to its last',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint({ nbf: 1_000, iat: 1_000, exp: 2_000 });
      const verifier = countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks, clockTolerance: 0 });
      const verified = verifier.verifySync(token, { now: 1_500 });
      for (const now of [1_000, 1_999]) assert.ok(verifier.verifySync(token, { now }) === verified, `the token at ${now}`);
      for (const now of [999, 2_000])
        assert.throws(() => verifier.verifySync(token, { now }), now < 1_000 ? 'ERR_JWT_CLAIM_VALIDATION_FAILED' : 'ERR_JWT_EXPIRED');
    },
  },
  {
    name: 'cache: a token is recalled in the second in which its keys were fetched, and not before',
    run: (env) =>
      withClock(async (set, start) => {
        const { assert } = env;
        const { issuer, verifier } = await fetching(env);
        const token = await issuer.mint({ nbf: start - 9_000, iat: start - 9_000 });
        const verified = await verifier.verify(token);
        assert.ok((await verifier.verify(token)) === verified, 'the same second recalls it');
        set(-1);
        assert.ok(verifier.verifySync(token) !== verified, 'a clock that was set back recalls nothing');
      }),
  },
  {
    name: 'cache: a token is recalled until its keys are ten minutes old, and then verified with newer ones',
    run: (env) =>
      withClock(async (set) => {
        const { assert } = env;
        const spy = await fetching(env);
        const token = await spy.issuer.mint();
        await spy.verifier.verify(token);
        for (const [seconds, fetches] of [
          [599, 1],
          [600, 2],
        ]) {
          set(seconds);
          await spy.verifier.verify(token);
          assert.equal(spy.fetches, fetches, `fetches after ${seconds} s`);
        }
      }),
  },
  {
    name: 'cache: a token that is verified again takes the place that it had',
    run: (env) =>
      withClock(async (set, start) => {
        const { issuer, verifier } = await fetching(env, { cache: { tokens: 2 } });
        const mint = (jti) => issuer.mint({ jti, nbf: start - 9_000, iat: start - 9_000 });
        const [one, two] = [await mint('1'), await mint('2')];
        const first = await verifier.verify(one);
        verifier.verifySync(two);
        set(-1);
        verifier.verifySync(two);
        set(0);
        env.assert.ok(verifier.verifySync(one) === first, 'the other token made no room');
      }),
  },
  {
    name: 'buffer: a token of any length up to the limit of its verifier is read, whichever verifier was used before',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const make = (maxTokenBytes) => countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks, maxTokenBytes });
      const small = make(2_000);
      // Longer than any buffer that an earlier case has needed.
      const token = await issuer.mint({ padding: 'x'.repeat(400_000) });
      assert.ok(small.verifySync(await issuer.mint()));
      const { length } = token;
      assert.ok(make(length).verifySync(token), 'a token as long as it may be');
      const error = assert.throws(() => make(length - 1).verifySync(token), 'ERR_JWS_INVALID');
      assert.equal(error.message, `the token is ${length} bytes long, and \`maxTokenBytes\` allows ${length - 1}`);
      assert.throws(() => small.verifySync(token), 'ERR_JWS_INVALID');
    },
  },
  {
    name: 'describeKeys: every algorithm must be a string',
    async run({ countersign, testing, assert }) {
      const { jwks } = await testing.createTestIssuer();
      for (const algorithms of ['RS256', ['RS256', 7], [7], null]) {
        const error = assert.throws(() => countersign.describeKeys(jwks, { algorithms }), 'ERR_INVALID_OPTION');
        assert.equal(error.message, '`algorithms` must be an array of algorithms');
      }
    },
  },
  {
    name: 'fetch: an error of the package is the cause as it is',
    async run(env) {
      const own = env.assert.throws(() => env.countersign.decode('x'), 'ERR_JWS_INVALID');
      env.assert.ok((await causeOf(env, own)) === own);
    },
  },
  {
    name: 'fetch: an error without a usable code has a cause without one, and none of its text',
    async run(env) {
      const usable = coded('E_PROXY_PASSWORD s3cret');
      for (const thrown of [coded(), 'text', coded(42), coded(['ECONNREFUSED']), usable]) {
        const { message, code } = await causeOf(env, thrown);
        env.assert.same([message, code ?? null], ['fetch threw an error without a code', null]);
      }
    },
  },
  {
    name: 'fetch: the code is that of the innermost of eight errors',
    async run(env) {
      const { assert } = env;
      assert.equal((await causeOf(env, coded('EOUTER', coded('EINNER')))).code, 'EINNER');
      assert.equal((await causeOf(env, nested(7, 'EDEEP'))).code, 'EDEEP');
      assert.equal((await causeOf(env, nested(8, 'EDEEP'))).code, undefined);
      const many = (depth) => (depth === 0 ? coded('EDEEP') : new AggregateError([many(depth - 1), coded('EOTHER')], 's3cret'));
      assert.equal((await causeOf(env, many(7))).code, 'EDEEP');
      assert.equal((await causeOf(env, many(8))).code, undefined);
    },
  },
  {
    name: 'jwksStore: a store needs both functions, and its failures name the one that failed',
    async run(env) {
      const { countersign, assert } = env;
      const works = async () => undefined;
      for (const jwksStore of [null, {}, { get: works }, { set: works }, { get: works, set: 1 }, { get: 1, set: works }]) {
        const error = assert.throws(() => countersign.createVercelVerifier({ ...VERCEL, jwksStore }), 'ERR_INVALID_OPTION');
        assert.equal(error.message, '`jwksStore` must have the functions `get` and `set`');
      }
      for (const failing of ['get', 'set']) {
        const failures = [];
        const jwksStore = { get: works, set: works, [failing]: () => Promise.reject(new Error('down')) };
        const { issuer, verifier } = await fetching(env, {
          jwksStore,
          onStoreError: (error, context) => failures.push([error.operation, context.operation]),
        });
        await verifier.verify(await issuer.mint());
        assert.same(failures, [[failing, failing]]);
      }
    },
  },
];

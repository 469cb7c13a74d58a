// What callers get wrong: each mistake is a typed error that names the option.

const VERCEL = { team: 'acme', projectId: 'prj_1', environment: 'production' };
const PLAIN = { issuer: 'https://issuer.example', audience: 'api' };

const MISTAKES = [
  ['createVercelVerifier', undefined, 'options'],
  ['createVercelVerifier', null, 'options'],
  ['createVercelVerifier', 'acme', 'options'],
  ['createVercelVerifier', { ...VERCEL, team: undefined }, 'team'],
  ['createVercelVerifier', { ...VERCEL, team: '../evil' }, 'team'],
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
  ['createVerifier', { ...PLAIN, maxTokenAge: '1h' }, 'maxTokenAge'],
  ['createVerifier', { ...PLAIN, maxTokenBytes: 1e9 }, 'maxTokenBytes'],
  ['createVerifier', { ...PLAIN, claims: { a: 1 } }, 'claims'],
  ['createVerifier', { ...PLAIN, typ: 'JWT' }, 'typ'],
];

export const cases = [
  ...MISTAKES.map(([maker, options, named]) => ({
    name: `options: ${maker}(${JSON.stringify(options, (_key, value) => (value === undefined ? 'undefined' : Number.isNaN(value) ? 'NaN' : value))}) names \`${named}\``,
    run({ countersign, assert }) {
      assert.match(assert.throws(() => countersign[maker](options), 'ERR_INVALID_OPTION').message, new RegExp(`^option \`${named}\` `));
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
          assert.match(error.message, new RegExp(`^option \`${option}\` `));
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
        assert.match(assert.throws(() => verifier.verifySync(token, { now }), 'ERR_INVALID_OPTION').message, /`now`/);
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

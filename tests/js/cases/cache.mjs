// The cache of verified tokens: the same answers as without it, and no way around a check.

import { later } from './clock.mjs';

const VERCEL = { team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' };

export const cases = [
  {
    name: 'cache: the same token has the same answer, and without a cache an equal one',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint();
      const cached = countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks });
      const uncached = countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks, cache: { tokens: 0 } });
      const first = cached.verifySync(token);
      assert.ok(first === cached.verifySync(token), 'one answer');
      assert.ok(first === (await cached.verify(token)), 'one answer for both ways of asking');
      const other = uncached.verifySync(token);
      assert.ok(other !== uncached.verifySync(token), 'two answers');
      assert.same(uncached.verifySync(token), cached.verifySync(token));
    },
  },
  {
    name: 'cache: a remembered token expires, and has not begun before its time',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint({ nbf: 1_000, iat: 900, exp: 2_000 });
      const verifier = countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks, clockTolerance: 10, maxTokenAge: 500 });
      verifier.verifySync(token, { now: 1_200 });
      for (const [now, code] of [
        [989, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
        [990, undefined],
        [1_410, undefined],
        [1_411, 'ERR_JWT_EXPIRED'],
        [2_010, 'ERR_JWT_EXPIRED'],
        [NaN, 'ERR_INVALID_OPTION'],
        ['1200', 'ERR_INVALID_OPTION'],
      ]) {
        verifier.verifySync(token, { now: 1_200 });
        if (code) assert.throws(() => verifier.verifySync(token, { now }), code);
        else assert.ok(verifier.verifySync(token, { now }));
      }
      const living = await issuer.mint();
      verifier.verifySync(living);
      await later(4_000, () => assert.throws(() => verifier.verifySync(living), 'ERR_JWT_EXPIRED'));
    },
  },
  {
    name: 'cache: a key that is gone takes its tokens along',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint({}, { expiresIn: 200_000 });
      const verifier = countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks });
      verifier.verifySync(token);
      const fetching = countersign.createVercelVerifier({ ...VERCEL, fetch: issuer.fetch });
      await fetching.verify(token);
      await fetching.verify(token);
      issuer.rotate();
      verifier.setKeys(issuer.jwks);
      assert.throws(() => verifier.verifySync(token), 'ERR_JWKS_NO_MATCHING_KEY');
      await later(86_401, async () => {
        assert.throws(() => fetching.verifySync(token), 'ERR_JWKS_NOT_LOADED');
      });
      await later(601, async () => {
        await assert.rejects(fetching.verify(token), 'ERR_JWKS_NO_MATCHING_KEY');
        assert.throws(() => fetching.verifySync(token), 'ERR_JWKS_NO_MATCHING_KEY');
      });
    },
  },
  {
    name: 'cache: a fetch that brings the same keys costs no verified token',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint();
      const stranger = await issuer.mint({}, { header: { kid: 'stranger' } });
      const verifier = countersign.createVercelVerifier({ ...VERCEL, fetch: issuer.fetch });
      const first = await verifier.verify(token);
      const fetchKeys = () => assert.rejects(verifier.verify(stranger), 'ERR_JWKS_NO_MATCHING_KEY');
      await fetchKeys();
      assert.ok((await verifier.verify(token)) === first, 'the token is remembered');
      await later(6, async () => {
        await fetchKeys();
        assert.ok((await verifier.verify(token)) === first, 'the keys were loaded later, and are the same');
      });
      issuer.rotate();
      await later(12, async () => {
        await fetchKeys();
        assert.throws(() => verifier.verifySync(token), 'ERR_JWKS_NO_MATCHING_KEY');
      });
    },
  },
  {
    name: 'cache: what was refused is not remembered, and neither is what looks alike',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint();
      const verifier = countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks });
      verifier.verifySync(token);
      assert.throws(() => verifier.verifySync(`${token}A`), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
      for (const other of [`${token}=`, ` ${token}`, token.slice(0, -1), `${token}\n`, token.replace('.', '..'), token.toUpperCase()]) {
        assert.throws(() => verifier.verifySync(other), 'ERR_JWS_INVALID');
      }
      assert.throws(() => verifier.verifySync(new String(token)), 'ERR_JWS_INVALID');
    },
  },
  {
    name: 'cache: it holds as many tokens as it may, and the oldest makes room',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const tokens = await Promise.all([1, 2, 3].map((jti) => issuer.mint({ jti: String(jti) })));
      const verifier = countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks, cache: { tokens: 2 } });
      const [first, second] = tokens.map((token) => verifier.verifySync(token));
      assert.ok(verifier.verifySync(tokens[1]) === second, 'the second is remembered');
      assert.ok(verifier.verifySync(tokens[0]) !== first, 'the first made room');
    },
  },
  {
    name: 'cache: its size is a whole number',
    async run({ countersign, assert }) {
      const refused = (cache) => assert.throws(() => countersign.createVercelVerifier({ ...VERCEL, cache }), 'ERR_INVALID_OPTION');
      for (const cache of [null, 5]) assert.option(refused(cache), 'cache');
      for (const tokens of [-1, 1.5, '1', Infinity]) assert.option(refused({ tokens }), 'cache.tokens');
      assert.option(refused({ token: 1 }), 'cache.token');
      countersign.createVercelVerifier({ ...VERCEL, cache: {} });
    },
  },
];

// Verifying, against the issuer of `countersign/testing`, whose signatures the runtime's own WebCrypto makes.

/** What a verifier of the test issuer is told; the keys in hand unless `more` says otherwise. */
const options = (issuer, more) => ({
  issuer: issuer.issuer,
  audience: 'https://vercel.com/acme',
  algorithms: ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'],
  jwks: issuer.jwks,
  ...more,
});

/** The same token with one character of its signature replaced; not the last one, which carries padding bits. */
function tampered(token) {
  const at = token.lastIndexOf('.') + 10;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

const accepts = (alg) => ({
  name: `verify: ${alg}, and not with a bit changed`,
  async run({ countersign, testing, assert }) {
    const issuer = await testing.createTestIssuer({ alg });
    const verifier = countersign.createVerifier(options(issuer));
    const token = await issuer.mint({ owner: 'acme' });
    const { header, claims } = verifier.verifySync(token);
    assert.equal(header.alg, alg);
    assert.equal(claims.owner, 'acme');
    assert.ok(Object.isFrozen(claims) && Object.isFrozen(header), 'frozen');
    assert.throws(() => verifier.verifySync(tampered(token)), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    assert.same((await verifier.verify(token)).claims, claims);
  },
});

export const cases = [
  ...['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'].map(accepts),
  {
    name: 'verify: what is not a string is refused',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const verifier = countersign.createVerifier(options(issuer));
      const token = await issuer.mint();
      for (const value of [undefined, null, 1, {}, [token], new TextEncoder().encode(token), new String(token)]) {
        assert.throws(() => verifier.verifySync(value), 'ERR_JWS_INVALID');
        await assert.rejects(verifier.verify(value), 'ERR_JWS_INVALID');
      }
    },
  },
  {
    name: 'verify: each token has its own header',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const verifier = countersign.createVerifier(options(issuer));
      for (const own of ['a', 'a', 'b', 'a']) {
        const { header } = verifier.verifySync(await issuer.mint({}, { header: { own, nested: { own } } }));
        assert.same(header.own, own);
        assert.same(header.nested, { own });
        assert.ok(Object.isFrozen(header.nested), 'frozen');
      }
    },
  },
  {
    name: 'verify: the given instant counts, to the second',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const verifier = countersign.createVerifier(options(issuer, { clockTolerance: 0 }));
      const token = await issuer.mint({ nbf: 1_000, iat: 1_000, exp: 2_000 });
      assert.throws(() => verifier.verifySync(token, { now: 999 }), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
      assert.ok(verifier.verifySync(token, { now: 1_000 }));
      assert.ok(verifier.verifySync(token, { now: 1_999 }));
      assert.throws(() => verifier.verifySync(token, { now: 2_000 }), 'ERR_JWT_EXPIRED');
      assert.throws(() => verifier.verifySync(token), 'ERR_JWT_EXPIRED');
    },
  },
  {
    name: 'verify: the second argument takes `now` alone',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const verifier = countersign.createVerifier(options(issuer));
      const token = await issuer.mint();
      for (const twice of [1, 2]) {
        for (const name of ['audience', 'issuer', 'clockTolerance', 'currentDate']) {
          for (const call of [
            () => verifier.verifySync(token, { [name]: 'x' }),
            () => verifier.verify(token, { now: 0, [name]: undefined }),
          ]) {
            const error = await assert.rejects(async () => call(), 'ERR_INVALID_OPTION');
            assert.option(error, name, `the option of call ${twice}`);
            assert.ok(error.message.includes('createVerifier'), error.message);
          }
        }
        for (const options of [null, 0, 'x', () => {}, new Map()])
          assert.option(await assert.rejects(async () => verifier.verify(token, options), 'ERR_INVALID_OPTION'), 'options');
        // The second time the token is in the cache.
        assert.ok(verifier.verifySync(token, {}));
      }
      // `map` passes a second argument, the index.
      assert.throws(() => [token].map(verifier.verifySync), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'verify: functions of a verifier work by themselves',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      for (const verifier of [
        countersign.createVerifier(options(issuer, { jwks: undefined, fetch: issuer.fetch })),
        countersign.createVerifier(() => options(issuer)),
      ]) {
        const { verify, verifySync, loadKeys, setKeys } = verifier;
        await loadKeys();
        const token = await issuer.mint();
        assert.equal((await verify(token)).claims.owner, verifySync(token).claims.owner);
        setKeys({ keys: [{ ...issuer.jwks.keys[0], kid: 'other' }] });
        assert.throws(() => verifySync(token), 'ERR_JWKS_NO_MATCHING_KEY');
      }
    },
  },
  {
    name: 'verify: options from a function are read at first use, and again after a failure',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      let calls = 0;
      let audience;
      const verifier = countersign.createVerifier(() => {
        calls += 1;
        return options(issuer, { audience });
      });
      assert.equal(calls, 0);
      const token = await issuer.mint();
      assert.option(
        assert.throws(() => verifier.verifySync(token), 'ERR_INVALID_OPTION'),
        'audience',
      );
      assert.option(await assert.rejects(verifier.verify(token), 'ERR_INVALID_OPTION'), 'audience');
      audience = 'https://vercel.com/acme';
      assert.ok(verifier.verifySync(token));
      assert.ok(await verifier.verify(token));
      // Twice in vain, and then once for all.
      assert.equal(calls, 3);
      verifier[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
      assert.throws(() => verifier.verifySync(token), 'ERR_INVALID_OPTION');
      const vercel = countersign.createVercelVerifier(() => ({ team: 'acme', projectId: undefined, environment: '*' }));
      assert.option(
        assert.throws(() => vercel.verifySync(token), 'ERR_INVALID_OPTION'),
        'projectId',
      );
    },
  },
  {
    name: 'verify: issuer and jwks may be URLs, but not an issuer without a path',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const other = 'https://other.example/';
      for (const urls of [new URL(issuer.issuer), [new URL(issuer.issuer), 'https://other.example']]) {
        const verifier = countersign.createVerifier(
          options(issuer, { issuer: urls, jwks: new URL(`${issuer.issuer}/.well-known/jwks`), fetch: issuer.fetch }),
        );
        assert.ok(await verifier.verify(await issuer.mint()));
      }
      for (const urls of [new URL(other), [issuer.issuer, new URL(other)]]) {
        const error = assert.throws(() => countersign.createVerifier(options(issuer, { issuer: urls })), 'ERR_INVALID_OPTION');
        assert.option(error, 'issuer');
        assert.match(error.message, /adds a slash/);
      }
    },
  },
  {
    name: 'verify: keys are fetched once, by discovery, and verifySync never fetches',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const fetched = [];
      const fetch = (input, init) => {
        fetched.push(new URL(input instanceof Request ? input.url : input).pathname);
        return issuer.fetch(input, init);
      };
      const verifier = countersign.createVerifier(options(issuer, { jwks: undefined, fetch }));
      const token = await issuer.mint();
      assert.throws(() => verifier.verifySync(token), 'ERR_JWKS_NOT_LOADED');
      assert.same(fetched, [], 'what verifySync fetched');
      await Promise.all([verifier.verify(token), verifier.verify(token), verifier.verify(token)]);
      assert.ok(verifier.verifySync(token));
      assert.same(fetched, ['/acme/.well-known/openid-configuration', '/acme/.well-known/jwks'], 'what was fetched');
    },
  },
  {
    name: 'verify: an issuer that cannot be reached is a retryable error',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const fetch = async () => {
        throw new TypeError('no network');
      };
      const verifier = countersign.createVerifier(options(issuer, { jwks: undefined, fetch }));
      const error = await assert.rejects(verifier.verify(await issuer.mint()), 'ERR_JWKS_FETCH_FAILED');
      assert.equal(error.retryable, true);
    },
  },
];

// The drop-in for `@vercel/oidc`. Beside the original, on one scripted machine: tests/peers/vercel-oidc.test.mjs.

const CONTEXT = Symbol.for('@vercel/request-context');

async function inContext(headers, run) {
  globalThis[CONTEXT] = { get: () => ({ headers }) };
  try {
    return await run();
  } finally {
    delete globalThis[CONTEXT];
  }
}

/** Whether this is the entry for pages, as bundlers for browsers choose it. */
const isForPages = ({ vercelOidc }) => !('exchangeVercelOidcToken' in vercelOidc);

/** What was thrown or rejected with. */
const thrownBy = async (work) => {
  try {
    await work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
};

export const cases = [
  {
    name: 'vercel-oidc: the names of the original are there',
    run(env) {
      const names = [
        'AccessTokenMissingError',
        'RefreshAccessTokenFailedError',
        'getContext',
        'getVercelOidcToken',
        'getVercelOidcTokenSync',
        'getVercelToken',
        'verifyVercelOidcToken',
      ];
      for (const name of isForPages(env) ? names : [...names, 'exchangeVercelOidcToken'])
        env.assert.equal(typeof env.vercelOidc[name], 'function', name);
      const missing = new env.vercelOidc.AccessTokenMissingError();
      env.assert.ok(missing instanceof Error && missing.name === 'AccessTokenMissingError');
      const failed = new env.vercelOidc.RefreshAccessTokenFailedError('why');
      env.assert.ok(failed instanceof Error && failed.name === 'RefreshAccessTokenFailedError' && failed.cause === 'why');
    },
  },
  {
    name: 'vercel-oidc: the token of the request context, and nowhere an expired one',
    async run(env) {
      const { vercelOidc, testing, assert } = env;
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint();
      const headers = { 'x-vercel-oidc-token': token, 'x-vercel-id': 'iad1::1' };
      await inContext(headers, async () => {
        assert.equal(vercelOidc.getContext().headers['x-vercel-id'], 'iad1::1');
        assert.equal(await vercelOidc.getVercelOidcToken(), isForPages(env) ? '' : token);
        assert.equal(vercelOidc.getVercelOidcTokenSync(), isForPages(env) ? '' : token);
      });
      assert.same(vercelOidc.getContext(), {});
      if (isForPages(env)) return;
      const expired = await issuer.mint({}, { expiresIn: -60 });
      await inContext({ 'x-vercel-oidc-token': expired }, async () => {
        for (const work of [() => vercelOidc.getVercelOidcTokenSync(), () => vercelOidc.getVercelOidcToken()]) {
          const error = await thrownBy(work);
          assert.equal(error.name, 'VercelOidcTokenError');
          assert.match(error.message, /context: the token has expired/);
          assert.equal(error.cause.code, 'ERR_CREDENTIALS_NOT_FOUND');
          assert.ok(!`${error} ${JSON.stringify(error)}`.includes(expired.slice(0, 40)), 'the silence of the error');
        }
      });
    },
  },
  {
    name: 'vercel-oidc: defect: a getter that is passed bare to google-auth does not exchange silently',
    async run(env) {
      if (isForPages(env)) return;
      const supplier = { getSubjectToken: env.vercelOidc.getVercelOidcToken };
      const error = await thrownBy(() =>
        supplier.getSubjectToken({
          audience: '//iam.googleapis.com/x',
          subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
          transporter: {},
        }),
      );
      env.assert.equal(error.name, 'VercelOidcTokenError');
      env.assert.match(error.message, /`subjectTokenType`.*\(\) => getVercelOidcToken\(\)/);
    },
  },
  {
    name: 'vercel-oidc: a token is verified against project, environment, owner and issuer',
    async run({ vercelOidc, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const real = globalThis.fetch;
      const asked = [];
      // The original fetches from here, whatever the token says.
      globalThis.fetch = async (input) => (asked.push(String(input)), Response.json(issuer.jwks));
      try {
        const projectId = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
        const options = { projectId, environment: 'production' };
        const token = await issuer.mint();
        const { payload, protectedHeader } = await vercelOidc.verifyVercelOidcToken(token, options);
        assert.equal(payload.project_id, projectId);
        assert.equal(protectedHeader.alg, 'RS256');
        for (const more of [
          { ownerId: payload.owner_id },
          { issuer: payload.iss },
          { audience: payload.aud },
          { environment: ['preview', 'production'] },
          { typ: 'JWT' },
          { currentDate: new Date() },
        ]) {
          assert.ok(await vercelOidc.verifyVercelOidcToken(token, { ...options, ...more }));
        }
        // As in the original: what says whose a token is, and what jose compares.
        const isOfAnother = async (work) => {
          const error = await work.then(
            () => 'accepted',
            (thrown) => thrown,
          );
          assert.ok(error instanceof TypeError, String(error));
          assert.equal(error.code, 'ERR_VERCEL_OIDC_TOKEN_VALIDATION');
          assert.equal(error.cause.code, 'ERR_JWT_CLAIM_VALIDATION_FAILED');
        };
        const others = { projectId: 'prj_2', environment: 'preview', ownerId: 'team_2' };
        for (const [name, value] of Object.entries(others)) {
          await isOfAnother(vercelOidc.verifyVercelOidcToken(token, { ...options, [name]: value }));
        }
        const refused = {
          issuer: 'https://oidc.vercel.com',
          audience: 'https://vercel.com/other',
          subject: 'x',
        };
        for (const [name, value] of Object.entries(refused)) {
          await assert.rejects(vercelOidc.verifyVercelOidcToken(token, { ...options, [name]: value }), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
        }
        await assert.rejects(
          vercelOidc.verifyVercelOidcToken(token, { ...options, currentDate: new Date(Date.now() + 86_400_000) }),
          'ERR_JWT_EXPIRED',
        );
        // As in jose, these stand for the present time.
        const expired = await issuer.mint({ nbf: undefined, iat: undefined }, { expiresIn: -1 });
        for (const currentDate of [null, 0, '', false, undefined]) {
          await assert.rejects(vercelOidc.verifyVercelOidcToken(expired, { ...options, currentDate }), 'ERR_JWT_EXPIRED');
          assert.ok(await vercelOidc.verifyVercelOidcToken(token, { ...options, currentDate }));
        }
        for (const currentDate of [5, 'yesterday', {}, new Date(NaN)]) {
          assert.option(
            await assert.rejects(vercelOidc.verifyVercelOidcToken(token, { ...options, currentDate }), 'ERR_INVALID_OPTION'),
            'currentDate',
          );
        }
        await assert.rejects(vercelOidc.verifyVercelOidcToken(token, { ...options, projectId: '*' }), 'ERR_INVALID_OPTION');
        await assert.rejects(vercelOidc.verifyVercelOidcToken(token, { ...options, crit: {} }), 'ERR_INVALID_OPTION');
        const forged = await issuer.mint({ iss: 'https://oidc.vercel.com/other' });
        await isOfAnother(vercelOidc.verifyVercelOidcToken(forged, options));
        assert.ok(
          asked.every((url) => url === 'https://oidc.vercel.com/.well-known/jwks'),
          `the addresses ${asked}`,
        );
      } finally {
        globalThis.fetch = real;
      }
    },
  },
  {
    name: 'vercel-oidc: defect: twenty exchanges at once make one request, and an expired answer is never used',
    async run(env) {
      if (isForPages(env)) return;
      const { vercelOidc, testing, assert } = env;
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint({ jti: 'drop-in' });
      const real = globalThis.fetch;
      const asked = [];
      let expiresIn = 3600;
      globalThis.fetch = async (url, { body }) => {
        const { aud, jti } = JSON.parse(body);
        asked.push(`${url} ${aud} ${jti}`);
        const answer = await issuer.mint({ aud, jti }, { expiresIn });
        return Response.json({ token: answer, expiry: Math.floor(Date.now() / 1000) + expiresIn });
      };
      try {
        const exchange = (more) => vercelOidc.exchangeVercelOidcToken({ token, audience: 'https://api.acme.example', jti: 'one', ...more });
        const answers = await Promise.all(Array.from({ length: 20 }, () => exchange()));
        assert.equal(new Set(answers).size, 1);
        assert.equal(env.countersign.decode(answers[0]).claims.aud, 'https://api.acme.example');
        assert.same(asked, ['https://oidc.vercel.com/~token https://api.acme.example one']);
        await exchange({ skipCache: true });
        assert.equal(asked.length, 2, 'the number of requests');
        expiresIn = -1;
        const error = await thrownBy(() => exchange({ jti: 'two' }));
        assert.equal(error.name, 'VercelOidcTokenError');
        assert.equal(error.cause.code, 'ERR_EXCHANGE_INVALID');
        globalThis.fetch = async () => Response.json({ error: 'hush' }, { status: 400 });
        const refusal = await thrownBy(() => exchange({ jti: 'three' }));
        assert.equal(refusal.cause.status, 400);
        assert.match(refusal.message, /could not be exchanged/);
      } finally {
        globalThis.fetch = real;
      }
    },
  },
];

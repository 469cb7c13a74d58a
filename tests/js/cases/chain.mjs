// Finding the credential to send. The environment is given: what the process has is nobody's business here. What needs files
// and a command line is in refresh.test.mjs and login.test.mjs.

const CONTEXT = Symbol.for('@vercel/request-context');

/** Runs as if Vercel's runtime were handling a request with this header. */
async function inContext(token, run) {
  globalThis[CONTEXT] = { get: () => ({ headers: { 'x-vercel-oidc-token': token } }) };
  try {
    return await run();
  } finally {
    delete globalThis[CONTEXT];
  }
}

/** How a token is put where a source looks, in the order of the search. */
const PLACES = {
  'static-key': (token) => ({ staticKey: token }),
  captured: (token) => ({ captured: { token, expiresAt: 0 } }),
  header: (token) => ({ request: { 'X-Vercel-OIDC-Token': token } }),
  context: (token) => ({ context: token }),
  env: (token) => ({ env: { VERCEL_OIDC_TOKEN: token } }),
};

/** Searches where these sources have these tokens, and nowhere else. */
function find({ countersign }, tokens, more = {}) {
  const places = Object.entries(tokens).map(([source, token]) => PLACES[source](token));
  const { context, ...options } = Object.assign({ env: {} }, ...places, more);
  const search = () => countersign.getBearerToken(options);
  return context === undefined ? search() : inContext(context, search);
}

export const cases = [
  {
    name: 'chain: a static key goes before an OIDC token',
    async run({ countersign, assert }) {
      const found = await countersign.getBearerToken({ staticKey: { env: 'KEY' }, env: { KEY: 'secret-key' } });
      assert.equal(found.value, 'secret-key');
      assert.equal(found.source, 'static-key');
      assert.equal(found.authMethod, 'api-key');
    },
  },
  {
    // `src/chain/tests.rs` proves the order for every pair of sources.
    name: 'chain: each source is used where those before it have nothing that is valid',
    async run(env) {
      const issuer = await env.testing.createTestIssuer();
      const [good, expired] = [await issuer.mint(), await issuer.mint({}, { expiresIn: -60 })];
      // A request takes the place of the context.
      for (const absent of ['context', 'header']) {
        const sources = Object.keys(PLACES).filter((source) => source !== absent);
        for (const [index, source] of sources.entries()) {
          const before = (name) => (name === 'static-key' || name === 'header' ? ' ' : expired);
          const tokens = sources.map((name, place) => [name, place < index ? before(name) : good]);
          const found = await find(env, Object.fromEntries(tokens), { refresh: false });
          env.assert.equal(`${found.source} ${found.authMethod}`, `${source} ${index === 0 ? 'api-key' : 'oidc'}`);
          if (index > 0) env.assert.equal(found.expiresAt.getTime() / 1000, env.countersign.decode(good).claims.exp);
        }
      }
      await env.assert.rejects(find(env, { header: 'not a token', env: good }), 'ERR_CREDENTIAL_INVALID');
    },
  },
  {
    name: 'chain: every kind of request is looked into',
    async run({ countersign, testing, assert }) {
      const token = await (await testing.createTestIssuer()).mint();
      const headers = { 'x-vercel-oidc-token': token };
      const requests = {
        Request: new Request('https://app.example/', { headers }),
        Headers: new Headers(headers),
        'a promise, as `headers()` of Next.js returns one': Promise.resolve(new Headers(headers)),
        'a plain object': headers,
        'names in capitals': { 'X-VERCEL-OIDC-TOKEN': token },
        'IncomingMessage of Node.js': { headers, method: 'GET', url: '/', get: undefined },
        'repeated headers of Node.js': { headers: { 'x-vercel-oidc-token': [token] } },
      };
      for (const [kind, request] of Object.entries(requests)) {
        const found = await countersign.getBearerToken({ request, env: {} });
        assert.equal(`${found.source} ${found.value === token}`, 'header true', kind);
      }
      const twice = { headers: { 'x-vercel-oidc-token': [token, token] } };
      await assert.rejects(countersign.getBearerToken({ request: twice, env: {} }), 'ERR_CREDENTIAL_INVALID');
      for (const request of ['text', 7, null]) await assert.rejects(countersign.getBearerToken({ request, env: {} }), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'chain: where no source has a good token the error says why of each',
    async run(env) {
      const expired = await (await env.testing.createTestIssuer()).mint({}, { expiresIn: -1 });
      const error = await env.assert.rejects(find(env, { header: expired }, { refresh: false }), 'ERR_CREDENTIALS_NOT_FOUND');
      env.assert.same(
        error.causes.map(({ source }) => source),
        ['static-key', 'header', 'context', 'file', 'env', 'refresh'],
      );
      for (const { source, reason } of error.causes)
        env.assert.ok(error.message.includes(`${source}: ${reason}`), `the reason of ${source}`);
      env.assert.ok(!error.message.includes(expired.slice(0, 30)), 'the silence of the message');
    },
  },
  {
    name: 'chain: every source is described, without a secret',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const [good, expired] = [await issuer.mint(), await issuer.mint({}, { expiresIn: -60 })];
      const report = await countersign.describeCredentials({
        staticKey: '',
        request: { 'x-vercel-oidc-token': expired },
        env: { VERCEL_OIDC_TOKEN: good },
        refresh: false,
      });
      assert.equal(report.selected, 'env');
      const { cache } = report;
      assert.same(Object.keys(cache).sort(), ['credentials', 'evicted', 'maxCredentials']);
      assert.ok(cache.maxCredentials === 256 && cache.credentials >= 0 && cache.evicted >= 0, JSON.stringify(cache));
      assert.same(
        report.sources.map(({ source, state }) => [source, state]),
        [
          ['static-key', 'not-configured'],
          ['header', 'expired'],
          ['context', 'not-configured'],
          ['file', 'not-configured'],
          ['env', 'found'],
          ['refresh', 'not-configured'],
        ],
      );
      const [, header, , file, env, refresh] = report.sources;
      assert.equal(header.expiresAt.getTime() / 1000, countersign.decode(expired).claims.exp);
      assert.equal(env.expiresAt.getTime() / 1000, countersign.decode(good).claims.exp);
      assert.match(file.reason, /VERCEL_OIDC_TOKEN_FILE/);
      assert.match(refresh.reason, /switched it off/);
      const text = JSON.stringify(report);
      for (const part of [...good.split('.'), ...expired.split('.')]) assert.ok(!text.includes(part), 'the silence of the report');
    },
  },
  {
    name: 'chain: a credential shows itself to nobody who prints it',
    async run({ countersign, assert }) {
      const found = await countersign.getBearerToken({ staticKey: 'secret-key', env: {} });
      for (const text of [String(found), JSON.stringify(found), `${Object.values(found)}`]) assert.ok(!text.includes('secret-key'), text);
    },
  },
  {
    name: 'chain: nothing set up is told apart from something broken',
    async run({ countersign, assert }) {
      const nothing = { env: {}, request: new Headers() };
      const error = await assert.rejects(countersign.getBearerToken(nothing), 'ERR_CREDENTIALS_NOT_FOUND');
      assert.ok(error.causes.length > 0, 'the reasons');
      assert.equal(await countersign.getBearerTokenOptional(nothing), undefined);
      const broken = { env: { VERCEL_OIDC_TOKEN: 'not a token' }, request: new Headers() };
      await assert.rejects(countersign.getBearerTokenOptional(broken), 'ERR_CREDENTIAL_INVALID');
    },
  },
  {
    name: 'chain: each wrong option is named',
    async run({ countersign, assert }) {
      const mistakes = {
        minValidity: [-1, NaN, Infinity, '60', null],
        staticKey: [7, null, {}, { env: 7 }],
        captured: [null, 'token', {}, { token: 7 }, { token: '' }],
        refresh: [null, 'yes', 7, { project: 7 }, { projekt: 'prj_1' }],
        fetch: [null, 'fetch', {}],
        minimumValidity: [60],
      };
      for (const [option, values] of Object.entries(mistakes)) {
        for (const value of values) {
          for (const name of ['getBearerToken', 'getBearerTokenOptional', 'describeCredentials', 'getAiGatewayHeaders']) {
            const error = await assert.rejects(countersign[name]({ env: {}, request: {}, [option]: value }), 'ERR_INVALID_OPTION');
            assert.option(error, option, `${name}, ${String(value)}: the option`);
          }
        }
      }
    },
  },
];

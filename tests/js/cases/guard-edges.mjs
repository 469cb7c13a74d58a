// The edges of a guard: which shape is which framework's, every character of a header and of a challenge, every message.

const VERIFIED = { header: { alg: 'RS256' }, claims: { iss: 'https://issuer.example', exp: 4_000_000_000 } };

/** A verifier that accepts every token with these claims. */
const accepting = (claims = {}) => ({ verify: async () => ({ ...VERIFIED, claims: { ...VERIFIED.claims, ...claims } }) });
/** A verifier that throws this. */
const throwing = (thrown) => ({ verify: () => Promise.reject(thrown) });

const request = (authorization = 'Bearer a.b.c') =>
  new Request('https://app.example', { headers: authorization === null ? {} : { authorization } });

/** The response of a guard, with its body read. */
async function refusalOf(guard, verifier, options, given = request()) {
  const { response } = await guard.createGuard(verifier, options).check(given);
  return response && { status: response.status, headers: Object.fromEntries(response.headers), body: await response.json() };
}

const run = () => {};

/** What the guards of frameworks get, by the members that tell it apart. */
const SHAPES = [
  ['hono', 'the context of Hono', { req: { header: run, raw: {} } }],
  ['hono', 'the request of Hono', { header: run, raw: {} }],
  ['fastify', 'the request of Fastify', { raw: {}, server: {}, log: {} }],
  ['express', 'the request of Express', { headers: {}, app: {}, res: {} }],
  ['express', 'the request of Node.js', { httpVersion: '1.1', headers: {} }],
  ['h3', 'the event of h3', { node: { req: {} }, context: {} }],
  ['h3', 'the event of h3', { req: { headers: {} }, context: {} }],
  ['sveltekit', 'the event of SvelteKit', { request: {}, locals: {}, route: {} }],
  ['astro', 'the context of Astro', { request: {}, locals: {} }],
  ['sveltekit', 'the input of SvelteKit', { event: {}, resolve: run }],
  ['react-router', 'the arguments of React Router', { request: {}, params: {}, context: {} }],
];

/** Copies of an object, each without one of its members, at any depth. */
function* withoutOne(object) {
  for (const [name, value] of Object.entries(object)) {
    const { [name]: _, ...others } = object;
    yield [name, others];
    if (typeof value !== 'object') continue;
    for (const [inner, rest] of withoutOne(value)) yield [`${name}.${inner}`, { ...object, [name]: rest }];
  }
}

/** Copies of an object, each with another value in place of a function. */
function* withoutFunctions(object) {
  for (const [name, value] of Object.entries(object)) {
    if (typeof value === 'function') yield { ...object, [name]: {} };
    else if (typeof value === 'object') for (const inner of withoutFunctions(value)) yield { ...object, [name]: inner };
  }
}

export const cases = [
  {
    name: 'guard: each framework is told by all of its members, and by nothing less',
    async run({ guard, assert }) {
      const { check } = guard.createGuard(accepting());
      const message = async (given) => (await assert.rejects(check(given), 'ERR_INVALID_OPTION')).message;
      const other = '`request` must be a `Request`, not another object';
      for (const [entry, name, shape] of SHAPES) {
        assert.equal(await message(shape), `\`request\` is ${name}; use the guard of \`countersign/${entry}\``);
        for (const [missing, rest] of withoutOne(shape)) {
          const isAstro = name === 'the event of SvelteKit' && missing === 'route';
          const wanted = isAstro ? '`request` is the context of Astro; use the guard of `countersign/astro`' : other;
          assert.equal(await message(rest), wanted, `${name} without ${missing}`);
        }
        for (const rest of withoutFunctions(shape)) assert.equal(await message(rest), other, `${name} without a function`);
      }
      for (const req of [null, 'text', 7]) assert.equal(await message({ req, node: req, context: {} }), other);
    },
  },
  {
    name: 'guard: the guard of a framework says what it reads',
    async run({ guard, fastify, h3, hono, assert }) {
      const message = async (call) => (await assert.rejects(call, 'ERR_INVALID_OPTION')).message;
      const next = async () => {};
      assert.equal(
        await message(async () => fastify.guard(accepting())({ raw: {}, server: {}, log: {} })),
        '`request` must be that of Fastify, with a reply, not the request of Fastify',
      );
      assert.equal(
        await message(async () => h3.guard(accepting())({ node: { req: {} }, context: {} })),
        '`request` lacks members of the event of h3; pass it on as it is',
      );
      assert.equal(
        await message(async () => hono.guard(accepting())({ httpVersion: '1.1', headers: {} }, next)),
        '`request` is the request of Node.js; use the guard of `countersign/express`',
      );
      const { check } = guard.createGuard(accepting());
      for (const [given, name] of [
        [undefined, 'undefined'],
        [null, 'null'],
        [7, 'number'],
        ['text', 'string'],
        [new Headers(), 'headers'],
        [{ get: 7 }, 'another object'],
      ]) {
        assert.equal(await message(() => check(given)), `\`request\` must be a \`Request\`, not ${name}`);
      }
    },
  },
  {
    name: 'guard: a request has headers that can be read, a URL and a method, of whichever class it is',
    async run({ guard, assert }) {
      const whole = { headers: { get: () => 'Bearer a.b.c' }, url: 'https://app.example', method: 'GET' };
      const { check } = guard.createGuard(accepting());
      assert.ok((await check(whole)).token);
      for (const [missing, rest] of withoutOne(whole)) await assert.rejects(check(rest), 'ERR_INVALID_OPTION', missing);
      for (const wrong of [{ headers: { get: {} } }, { url: new URL(whole.url) }, { method: 7 }])
        await assert.rejects(check({ ...whole, ...wrong }), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'guard: the Authorization header is read as RFC 6750 writes it',
    async run({ guard, assert }) {
      const seen = [];
      const verifier = { verify: async (token) => (seen.push(token), VERIFIED) };
      // No `Request`: some runtimes trim or refuse such headers before a guard sees them.
      const given = (authorization) => ({
        headers: { get: (name) => (name === 'authorization' ? authorization : null) },
        url: '',
        method: 'GET',
      });
      const { check } = guard.createGuard(verifier);
      for (const [authorization, token] of [
        ['Bearer a.b-c_d~e+f/9', 'a.b-c_d~e+f/9'],
        ['bEARER   a==  ', 'a=='],
      ]) {
        assert.ok((await check(given(authorization))).token, authorization);
        assert.equal(seen.pop(), token);
      }
      for (const [authorization, status] of [
        [null, 401],
        [undefined, 401],
        ['', 401],
        ['Basic a', 401],
        ['xBearer a', 401],
        [' Bearer a', 401],
        ['Bearera', 401],
        ['Bearer', 400],
        ['Bearer ', 400],
        ['Bearer\ta', 400],
        ['Bearer a b', 400],
        ['Bearer a, Bearer b', 400],
        ['Bearer a=b', 400],
        ['Bearer =', 400],
        ['Bearer a,', 400],
        ['Bearer a\t', 400],
        ['Bearer é', 400],
      ]) {
        assert.equal((await check(given(authorization))).response.status, status, String(authorization));
      }
      assert.same(seen, []);
      assert.throws(() => guard.bearerToken(undefined), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'guard: a response has the body, the headers and the challenge of its reason',
    async run({ guard, fastify, assert }) {
      const shared = { 'cache-control': 'no-store', 'content-type': 'application/json' };
      const withCode = (code, message) => Object.assign(new Error(message), { code });
      const refusal = (...given) => refusalOf(guard, ...given);
      assert.same(await refusal(accepting(), {}, request(null)), {
        status: 401,
        headers: { ...shared, 'www-authenticate': 'Bearer' },
        body: { error: 'unauthorized', error_description: 'a bearer token is required' },
      });
      assert.same(await refusal(accepting(), { realm: 'a "b" \\ é\n' }, request('Bearer')), {
        status: 400,
        headers: {
          ...shared,
          'www-authenticate':
            'Bearer realm="a ?b? ? ??", error="invalid_request", error_description="the Authorization header is malformed"',
        },
        body: { error: 'invalid_request', error_description: 'the Authorization header is malformed' },
      });
      assert.same(await refusal(throwing(withCode('ERR_JWT_EXPIRED', 'it “has” expired')), { scope: ['a', 'b'], realm: '' }), {
        status: 401,
        headers: {
          ...shared,
          'www-authenticate': 'Bearer realm="", error="invalid_token", error_description="it ?has? expired", scope="a b"',
        },
        body: { error: 'invalid_token', error_description: 'it “has” expired', code: 'ERR_JWT_EXPIRED' },
      });
      assert.same(await refusal(accepting(), { check: () => false }), {
        status: 403,
        headers: shared,
        body: { error: 'forbidden', error_description: 'the token does not allow this request' },
      });
      assert.same(await refusal(accepting(), { scope: 'a' }), {
        status: 403,
        headers: {
          ...shared,
          'www-authenticate': 'Bearer error="insufficient_scope", error_description="the token lacks a scope that is required", scope="a"',
        },
        body: { error: 'insufficient_scope', error_description: 'the token lacks a scope that is required' },
      });
      // A framework gets the headers as they are, and not through a `Response`, which trims them.
      let sent;
      const reply = { code: run, headers: (headers) => (sent = headers), send: run };
      await fastify.guard(accepting())({ headers: {}, method: 'GET' }, reply);
      assert.same(sent, { ...shared, 'www-authenticate': 'Bearer' });
      const unavailable = {
        status: 503,
        headers: { ...shared, 'retry-after': '5' },
        body: { error: 'temporarily_unavailable', error_description: 'down' },
      };
      for (const code of [
        'ERR_JWKS_NOT_LOADED',
        'ERR_JWKS_TIMEOUT',
        'ERR_JWKS_FETCH_FAILED',
        'ERR_JWKS_INVALID',
        'ERR_DISCOVERY_INVALID',
        'ERR_INTERNAL',
        'ERR_POLICY_UNAVAILABLE',
      ]) {
        const { body, ...rest } = unavailable;
        assert.same(await refusal(throwing(withCode(code, 'down'))), { ...rest, body: { ...body, code } });
      }
      for (const thrown of [new Error('the caller'), withCode(7, 'a number'), withCode('ERR_INVALID_OPTION', 'the caller')]) {
        const caught = await guard
          .createGuard(throwing(thrown))
          .check(request())
          .catch((error) => error);
        assert.ok(caught === thrown, thrown.message);
      }
    },
  },
  {
    name: 'guard: scopes are read from every text of both claims, and a guard without scopes wants none',
    async run({ guard, assert }) {
      const status = async (scope, claims) => (await refusalOf(guard, accepting(claims), { scope }))?.status ?? 200;
      for (const claims of [{}, { scope: 7 }, { scope: null }]) assert.equal(await status(undefined, claims), 200);
      for (const claims of [{ scope: 'b a' }, { scope: [7, 'a', 'b'] }, { scp: ['a'], scope: 'b' }, { scope: 'a  b' }])
        assert.equal(await status('a b', claims), 200, JSON.stringify(claims));
      for (const claims of [{ scope: 'a' }, { scope: { a: true, b: true } }, { scp: 'ab' }]) assert.equal(await status('a b', claims), 403);
      const { token } = await guard.createGuard(accepting({ scope: 'a' }), { scope: ['a'] }).check(request());
      assert.equal(token.claims.scope, 'a');
      const scopes = ['a'];
      const late = guard.createGuard(accepting({ scope: 'a' }), { scope: scopes });
      scopes.push('b');
      assert.ok((await late.check(request())).token, 'the scopes are those at the time at which the guard was made');
      const info = await guard.mcpTokenVerifier(accepting({ scope: ' a  b ', scp: ['c', '', 7] }))(request(), 'a.b.c');
      assert.same(info.scopes, ['a', 'b', 'c']);
      assert.same((await guard.mcpTokenVerifier(accepting({ scope: 7 }))(request(), 'a.b.c')).scopes, []);
    },
  },
  {
    name: 'guard: the token is found by a function of the caller, and undefined is no token',
    async run({ guard, assert }) {
      const seen = [];
      const verifier = { verify: async (token) => (seen.push(token), VERIFIED) };
      for (const token of [() => 'own', async () => 'own']) {
        assert.ok((await guard.createGuard(verifier, { token }).check(request(null))).token);
        assert.equal(seen.pop(), 'own');
      }
      assert.equal((await refusalOf(guard, verifier, { token: () => undefined })).body.error, 'unauthorized');
      assert.same(seen, []);
    },
  },
  {
    name: 'guard: every wrong option is refused in its own words',
    run({ guard, next, assert }) {
      const scope = '`scope` must be scopes, in an array or separated by single spaces';
      const metadata = '`resourceMetadata` must be an https URL';
      for (const [options, message] of [
        [{ scopes: 'a' }, '`scopes` is not an option of this guard'],
        [{ token: 'a' }, '`token` must be a function'],
        [{ check: 'a' }, '`check` must be a function'],
        [{ onRefused: 'a' }, '`onRefused` must be a function'],
        [{ realm: 7 }, '`realm` must be a string'],
        ...['', ' a', 'a\tb', 'a\u0000', 'aé', 'a\\', [], ['a', 7], {}, null].map((value) => [{ scope: value }, scope]),
        ...['', 'https://', 'xhttps://a', 'https://a b', 'https://a"', 'https://a\\', 'https:/a', 'ftp://a', 7, null].map((value) => [
          { resourceMetadata: value },
          metadata,
        ]),
        [{ preflight: true }, '`preflight` must be a function that returns a `Response`'],
      ]) {
        const error = assert.throws(() => guard.createGuard(accepting(), options), 'ERR_INVALID_OPTION');
        assert.equal(error.message, message);
      }
      const pretending = { toString: () => 'https://a' };
      const refused = assert.throws(() => guard.createGuard(accepting(), { resourceMetadata: pretending }), 'ERR_INVALID_OPTION');
      assert.equal(refused.message, metadata);
      for (const given of ['!', '#$%&', '[]^_`{|}~', 'a b']) guard.createGuard(accepting(), { scope: given });
      for (const address of ['https://a', 'http://a/b?c=d']) guard.createGuard(accepting(), { resourceMetadata: address });
      for (const verifier of [undefined, null, {}, { verify: 7 }]) {
        const error = assert.throws(() => guard.createGuard(verifier), 'ERR_INVALID_OPTION');
        assert.equal(error.message, '`verifier` must be a verifier, the first argument of a guard');
      }
      const error = assert.throws(() => next.guard(accepting(), { preflight: 1 }), 'ERR_INVALID_OPTION');
      assert.equal(error.message, '`preflight` must be true or false');
      next.guard(accepting(), Object.assign(Object.create({ preflight: 1 }), { realm: 'a' }));
    },
  },
  {
    name: 'guard: a preflight is OPTIONS with both headers of CORS, and passes only where it is let through',
    async run({ next, assert }) {
      const headers = { origin: 'https://page.example', 'access-control-request-method': 'GET' };
      const given = (method, own) => ({ method, url: 'https://app.example', headers: { get: (name) => own[name] ?? null } });
      const passes = async (options, ...init) => (await next.guard(accepting(), options)(given(...init))) === undefined;
      assert.equal(await passes({ preflight: true }, 'OPTIONS', headers), true);
      assert.equal(await passes({ preflight: false }, 'OPTIONS', headers), false);
      assert.equal(await passes({}, 'OPTIONS', headers), false);
      assert.equal(await passes({ preflight: true }, 'GET', headers), false);
      for (const name of Object.keys(headers))
        assert.equal(await passes({ preflight: true }, 'OPTIONS', { ...headers, [name]: '' }), false, name);
    },
  },
  {
    name: 'guard: the metadata of a resource is frozen, and served to every origin for an hour',
    async run({ guard, assert }) {
      const options = { resource: 'https://app.example/a', authorizationServers: ['https://issuer.example'], scopes: ['read'] };
      const { metadata, handler } = guard.protectedResource(options);
      const document = {
        resource: 'https://app.example/a',
        authorization_servers: ['https://issuer.example'],
        scopes_supported: ['read'],
        bearer_methods_supported: ['header'],
      };
      assert.same(metadata, document);
      for (const value of [metadata, ...Object.values(metadata)]) assert.ok(Object.isFrozen(value), 'frozen');
      options.scopes.push('write');
      const response = handler();
      assert.same(await response.json(), document);
      const { 'content-type': type, 'content-length': _, ...headers } = Object.fromEntries(response.headers);
      assert.match(type, /^application\/json/);
      assert.same(headers, {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, OPTIONS',
        'access-control-allow-headers': '*',
        'cache-control': 'max-age=3600',
      });
      const resource = '`resource` must be an https URL without a fragment';
      const servers = '`authorizationServers` must be an array of issuers, each an https URL';
      const scopes = '`scopes` must be an array of strings';
      for (const [wrong, message] of [
        [{ scope: 'a' }, '`scope` is not an option of `protectedResource`'],
        ...[
          7,
          '',
          'xhttps://a.example',
          'https://a.example#',
          'https://a b.example',
          'https://a.example ',
          'https://[',
          'https:/a',
          'ftp://a',
        ].map((value) => [{ resource: value }, resource]),
        ...[undefined, [], ['https://a.example', 'b'], { length: 1 }].map((value) => [{ authorizationServers: value }, servers]),
        ...[[], [''], ['a', 7], 'a', null].map((value) => [{ scopes: value }, scopes]),
      ]) {
        const error = assert.throws(() => guard.protectedResource({ ...options, ...wrong }), 'ERR_INVALID_OPTION');
        assert.equal(error.message, message);
      }
      assert.equal(guard.protectedResource({ ...options, resource: 'http://a' }).metadata.resource, 'http://a');
    },
  },
];

// The guard that every framework's is built on: what it answers, and that it answers only callers that can use a response.

import { later } from './clock.mjs';

const URL_ = 'https://app.example/api';

async function setUp({ countersign, testing, guard }) {
  const issuer = await testing.createTestIssuer();
  const verifier = countersign.createVerifier({ issuer: issuer.issuer, audience: null, jwks: issuer.jwks });
  const request = (token, init = {}) =>
    new Request(URL_, { ...init, headers: { ...init.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) } });
  /** The status of a request with these claims, and the challenge. */
  const answer = async (options, claims) => {
    const { token, response } = await guard.createGuard(verifier, options).check(request(await issuer.mint(claims)));
    return token ? 200 : { status: response.status, challenge: response.headers.get('www-authenticate'), body: await response.json() };
  };
  return { issuer, verifier, request, answer };
}

/** What frameworks pass, by its shape, with the entry that the error must name. */
const STRANGERS = {
  nothing: [undefined],
  null: [null],
  'a URL': ['https://app.example'],
  'headers alone': [new Headers({ authorization: 'Bearer a.b.c' })],
  'a request of Node.js': [{ headers: { authorization: 'Bearer a.b.c' }, method: 'GET', url: '/', httpVersion: '1.1' }, 'express'],
  'a request of Express': [{ headers: { authorization: 'Bearer a.b.c' }, method: 'GET', url: '/', app: () => {}, res: {} }, 'express'],
  'a request of Fastify': [
    { headers: { authorization: 'Bearer a.b.c' }, method: 'GET', url: '/', raw: {}, server: {}, log: {} },
    'fastify',
  ],
  'the context of Hono': [{ req: { raw: new Request(URL_), header: () => {} } }, 'hono'],
  'the request of Hono': [{ raw: new Request(URL_), header: () => {}, url: '/', method: 'GET' }, 'hono'],
  'the event of h3 1': [{ node: { req: {} }, context: {}, headers: new Headers(), method: 'GET' }, 'h3'],
  'the event of h3 2': [{ req: new Request(URL_), context: {}, url: new URL(URL_) }, 'h3'],
  'the event of SvelteKit': [{ request: new Request(URL_), locals: {}, route: {} }, 'sveltekit'],
  'the input of SvelteKit': [{ event: {}, resolve: () => {} }, 'sveltekit'],
  'the context of Astro': [{ request: new Request(URL_), locals: {}, params: {} }, 'astro'],
  'the arguments of React Router': [{ request: new Request(URL_), params: {}, context: {} }, 'react-router'],
};

export const cases = [
  {
    name: 'guard: a request with a verified token gets the token, and others a refusal of RFC 6750',
    async run(env) {
      const { assert } = env;
      const { issuer, verifier, request } = await setUp(env);
      const { check } = env.guard.createGuard(verifier, { realm: 'api' });
      const { token, response } = await check(request(await issuer.mint()));
      assert.equal(token.claims.owner, 'acme');
      assert.equal(response, undefined);
      const expired = await issuer.mint({}, { expiresIn: -3600 });
      for (const [given, status, error, challenge] of [
        [request(), 401, 'unauthorized', 'Bearer realm="api"'],
        [request(undefined, { headers: { authorization: 'Basic eA==' } }), 401, 'unauthorized', 'Bearer realm="api"'],
        [
          request(''),
          400,
          'invalid_request',
          'Bearer realm="api", error="invalid_request", error_description="the Authorization header is malformed"',
        ],
        [request(expired), 401, 'invalid_token', 'Bearer realm="api", error="invalid_token", error_description="the token has expired"'],
      ]) {
        const { token, response } = await check(given);
        assert.equal(token, undefined);
        assert.equal(response.status, status);
        assert.equal(response.headers.get('www-authenticate'), challenge);
        assert.equal(response.headers.get('cache-control'), 'no-store');
        assert.equal((await response.json()).error, error);
      }
    },
  },
  {
    name: 'guard: all scopes are needed, from scope or scp, as a string or an array',
    async run(env) {
      const { assert } = env;
      const { answer, verifier } = await setUp(env);
      for (const claims of [
        { scope: 'write read' },
        { scope: ['read', 'write'] },
        { scope: undefined, scp: 'read write' },
        { scope: 'read', scp: ['write'] },
      ]) {
        for (const scope of ['read write', ['read', 'write']]) assert.equal(await answer({ scope }, claims), 200, JSON.stringify(claims));
      }
      for (const claims of [
        { scope: 'read' },
        { scope: 'read,write' },
        { scope: 'readwrite' },
        { scope: 'READ WRITE' },
        { scope: 7 },
        { scope: undefined },
        { scope: [['read', 'write']] },
      ]) {
        const { status, challenge, body } = await answer({ scope: ['read', 'write'] }, claims);
        assert.equal(status, 403, JSON.stringify(claims));
        assert.equal(body.error, 'insufficient_scope');
        assert.equal(
          challenge,
          'Bearer error="insufficient_scope", error_description="the token lacks a scope that is required", scope="read write"',
        );
      }
      for (const scope of ['', [], 'a  b', ['a b'], ['a"b'], 7, null]) {
        assert.option(
          assert.throws(() => env.guard.createGuard(verifier, { scope }), 'ERR_INVALID_OPTION'),
          'scope',
        );
      }
    },
  },
  {
    name: 'guard: the challenge names the metadata of the resource',
    async run(env) {
      const { assert } = env;
      const { verifier, request } = await setUp(env);
      const address = 'https://app.example/.well-known/oauth-protected-resource';
      for (const resourceMetadata of [address, new URL(address)]) {
        const { response } = await env.guard.createGuard(verifier, { resourceMetadata }).check(request());
        assert.equal(response.headers.get('www-authenticate'), `Bearer resource_metadata="${address}"`);
      }
      for (const resourceMetadata of ['/relative', 'https://a"b', 7]) {
        assert.option(
          assert.throws(() => env.guard.createGuard(verifier, { resourceMetadata }), 'ERR_INVALID_OPTION'),
          'resourceMetadata',
        );
      }
    },
  },
  {
    name: 'guard: a check of the caller decides last, and only true passes',
    async run(env) {
      const { assert } = env;
      const { answer, issuer, verifier, request } = await setUp(env);
      for (const result of [true, Promise.resolve(true)]) assert.equal(await answer({ check: () => result }, {}), 200);
      for (const result of [false, undefined, 'yes', {}, Promise.resolve(false)]) {
        const { status, challenge, body } = await answer({ check: () => result }, {});
        assert.same([status, challenge, body.error], [403, null, 'forbidden']);
      }
      const seen = [];
      const { check } = env.guard.createGuard(verifier, { check: (token, given) => seen.push([token.claims.owner, given.url]) > 0 });
      await check(request(await issuer.mint()));
      await check(request());
      assert.same(seen, [['acme', URL_]]);
      const thrown = new Error('the caller');
      const failing = env.guard.createGuard(verifier, { check: () => Promise.reject(thrown) });
      assert.ok((await failing.check(request(await issuer.mint())).catch((error) => error)) === thrown, 'the error of the caller');
    },
  },
  {
    name: 'guard: onRefused hears why, without the token, and cannot change the response',
    async run(env) {
      const { assert } = env;
      const { issuer, verifier, request } = await setUp(env);
      const heard = [];
      const expired = await issuer.mint({ secret: 'never' }, { expiresIn: -3600 });
      const { check } = env.guard.createGuard(verifier, { onRefused: (refusal, { url }) => heard.push([refusal, url]) });
      await check(request(expired));
      await check(request());
      const [[refusal, url], [second]] = heard;
      assert.same([refusal.status, refusal.error, refusal.cause.code, url], [401, 'invalid_token', 'ERR_JWT_EXPIRED', URL_]);
      assert.same([second.status, second.error, second.cause], [401, 'unauthorized', undefined]);
      const shown = JSON.stringify(heard) + String(refusal.cause) + refusal.cause.stack;
      for (const part of expired.split('.')) assert.ok(!shown.includes(part), 'no part of the token');
      for (const onRefused of [
        () => {
          throw new Error('log');
        },
        () => Promise.reject(new Error('log')),
      ]) {
        assert.equal((await env.guard.createGuard(verifier, { onRefused }).check(request())).response.status, 401);
      }
    },
  },
  {
    name: 'guard: anything but a request is refused with an error that names the guard to use',
    async run(env) {
      const { assert } = env;
      const { verifier } = await setUp(env);
      const { check, requireToken } = env.guard.createGuard(verifier);
      const handlers = [
        check,
        requireToken(() => Response.json('never')),
        env.next.guard(verifier),
        env.next.withVerifiedToken(verifier, () => Response.json('never')),
      ];
      for (const [what, [given, entry]] of Object.entries(STRANGERS)) {
        for (const handler of handlers) {
          const error = await assert.rejects(handler(given), 'ERR_INVALID_OPTION');
          assert.option(error, 'request', what);
          assert.ok(entry === undefined || error.message.includes(`countersign/${entry}`), `${what}: ${error.message}`);
        }
      }
    },
  },
  {
    name: 'guard: preflights are refused unless the caller answers them',
    async run(env) {
      const { assert } = env;
      const { verifier, request } = await setUp(env);
      const headers = { origin: 'https://page.example', 'access-control-request-method': 'GET' };
      const preflight = () => new Response(null, { status: 204 });
      const status = async (options, init) =>
        (await env.guard.createGuard(verifier, options).check(request(undefined, init))).response.status;
      // Some runtimes do not let a page set such headers on a request of its own.
      const readable = request(undefined, { method: 'OPTIONS', headers }).headers.get('origin') !== null;
      assert.equal(await status({}, { method: 'OPTIONS', headers }), 401);
      if (readable) assert.equal(await status({ preflight }, { method: 'OPTIONS', headers }), 204);
      assert.equal(await status({ preflight }, { method: 'OPTIONS' }), 401);
      assert.equal(await status({ preflight }, { method: 'GET', headers }), 401);
      const passed = await env.next.guard(verifier, { preflight: true })(request(undefined, { method: 'OPTIONS', headers }));
      if (readable) assert.equal(passed, undefined);
      assert.equal((await env.next.guard(verifier)(request(undefined, { method: 'OPTIONS', headers }))).status, 401);
    },
  },
  {
    name: 'guard: headers alone have a token or a reason',
    async run(env) {
      const { assert } = env;
      const { issuer, verifier } = await setUp(env);
      const { checkHeaders } = env.guard.createGuard(verifier, { check: (_token, { headers }) => headers.get('x-a') === 'b' });
      const token = await issuer.mint();
      const headers = (more) => new Headers({ authorization: `Bearer ${token}`, ...more });
      assert.equal((await checkHeaders(Promise.resolve(headers({ 'x-a': 'b' })))).token.claims.owner, 'acme');
      assert.equal((await checkHeaders(headers({}))).refusal.status, 403);
      assert.equal((await checkHeaders(new Headers())).refusal.error, 'unauthorized');
      assert.option(await assert.rejects(checkHeaders({ authorization: `Bearer ${token}` }), 'ERR_INVALID_OPTION'), 'headers');
      assert.equal(env.guard.bearerToken(headers({})), token);
      assert.equal(env.guard.bearerToken(new Request(URL_, { headers: headers({}) })), token);
      for (const authorization of ['Basic eA==', 'Bearer', 'Bearer a b'])
        assert.equal(env.guard.bearerToken(new Headers({ authorization })), undefined, authorization);
      assert.throws(() => env.guard.bearerToken({ headers: { authorization: 'Bearer a' } }), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'guard: missing and swapped arguments fail where a guard is made',
    async run(env) {
      const { assert } = env;
      const { verifier } = await setUp(env);
      const handler = () => Response.json('never');
      const guards = {
        createGuard: env.guard.createGuard,
        ...Object.fromEntries(
          ['next', 'express', 'fastify', 'hono', 'h3', 'reactRouter', 'sveltekit', 'astro'].map((name) => [name, env[name].guard]),
        ),
        plugin: env.fastify.guardPlugin,
      };
      for (const [name, make] of Object.entries(guards)) {
        for (const given of [undefined, null, {}, handler])
          assert.option(
            assert.throws(() => make(given), 'ERR_INVALID_OPTION'),
            'verifier',
            name,
          );
        assert.option(
          assert.throws(() => make(verifier, { scopes: 'a' }), 'ERR_INVALID_OPTION'),
          'scopes',
          name,
        );
        assert.option(
          assert.throws(() => make(verifier, { check: true }), 'ERR_INVALID_OPTION'),
          'check',
          name,
        );
        assert.option(
          assert.throws(() => make(verifier, handler), 'ERR_INVALID_OPTION'),
          'options',
          name,
        );
      }
      assert.option(
        assert.throws(() => env.next.withVerifiedToken(handler, verifier), 'ERR_INVALID_OPTION'),
        'verifier',
      );
      assert.option(
        assert.throws(() => env.next.withVerifiedToken(verifier), 'ERR_INVALID_OPTION'),
        'handler',
      );
      assert.option(
        assert.throws(() => env.guard.createGuard(verifier).requireToken(), 'ERR_INVALID_OPTION'),
        'handler',
      );
      assert.option(
        assert.throws(() => env.next.guard(verifier, { preflight: 'yes' }), 'ERR_INVALID_OPTION'),
        'preflight',
      );
    },
  },
  {
    name: 'guard: a wrapped handler gets the request, the token and the rest',
    async run(env) {
      const { assert } = env;
      const { issuer, verifier, request } = await setUp(env);
      const handler = env.guard
        .createGuard(verifier)
        .requireToken((given, token, one, two) => Response.json([given.url, token.claims.owner, one, two]));
      assert.same(await (await handler(request(await issuer.mint()), 1, 2)).json(), [URL_, 'acme', 1, 2]);
      assert.equal((await handler(request(), 1, 2)).status, 401);
    },
  },
  {
    name: 'guard: the metadata of a resource is found between host and path',
    async run({ guard, assert }) {
      const options = { resource: 'https://app.example', authorizationServers: ['https://issuer.example'] };
      for (const [resource, address] of [
        ['https://app.example', 'https://app.example/.well-known/oauth-protected-resource'],
        ['https://app.example/', 'https://app.example/.well-known/oauth-protected-resource'],
        ['https://app.example/a/b?c=d', 'https://app.example/.well-known/oauth-protected-resource/a/b?c=d'],
      ]) {
        const { metadata, metadataUrl, handler } = guard.protectedResource({ ...options, resource });
        assert.equal(metadataUrl, address);
        assert.equal(metadata.resource, resource);
        const response = handler();
        assert.equal(response.headers.get('access-control-allow-origin'), '*');
        assert.same(await response.json(), {
          resource,
          authorization_servers: ['https://issuer.example'],
          bearer_methods_supported: ['header'],
        });
      }
      for (const [name, value] of [
        ['resource', undefined],
        ['resource', 'https://app.example#a'],
        ['resource', 'app'],
        ['authorizationServers', []],
        ['authorizationServers', 'https://a.example'],
        ['scopes', [7]],
        ['scope', ['a']],
      ]) {
        assert.option(
          assert.throws(() => guard.protectedResource({ ...options, [name]: value }), 'ERR_INVALID_OPTION'),
          name,
        );
      }
    },
  },
  {
    name: 'guard: a token for MCP is verified, and none is no error',
    async run(env) {
      const { assert, guard } = env;
      const { issuer, verifier, request } = await setUp(env);
      const verifyToken = guard.mcpTokenVerifier(verifier);
      assert.equal(await verifyToken(request(), undefined), undefined);
      await assert.rejects(verifyToken(request(), ''), 'ERR_JWS_INVALID');
      await assert.rejects(verifyToken(request(), await issuer.mint({}, { expiresIn: -3600 })), 'ERR_JWT_EXPIRED');
      for (const [claims, clientId] of [
        [{ client_id: 'a', azp: 'b' }, 'a'],
        [{ client_id: 7, azp: 'b' }, 'b'],
        [{ sub: 'c' }, 'c'],
        [{ sub: undefined }, ''],
      ]) {
        const token = await issuer.mint({ ...claims, scope: 'read write', scp: ['admin', 7], exp: 4_000_000_000 });
        const { extra, ...info } = await verifyToken(request(), token);
        assert.same(info, { token, clientId, scopes: ['read', 'write', 'admin'], expiresAt: 4_000_000_000 });
        assert.equal(extra.verified.claims.owner, 'acme');
      }
      for (const given of [undefined, {}, () => {}])
        assert.option(
          assert.throws(() => guard.mcpTokenVerifier(given), 'ERR_INVALID_OPTION'),
          'verifier',
        );
    },
  },
  {
    name: 'guard: keys that cannot be fetched are a 503 without a challenge',
    async run(env) {
      const { assert } = env;
      const { issuer, request } = await setUp(env);
      const fetch = () => Promise.reject(new TypeError('offline'));
      const verifier = env.countersign.createVerifier({ issuer: issuer.issuer, audience: null, fetch });
      const { response } = await env.guard.createGuard(verifier).check(request(await issuer.mint()));
      assert.same([response.status, response.headers.get('retry-after'), response.headers.get('www-authenticate')], [503, '5', null]);
    },
  },
  {
    name: 'guard: one failed fetch at a rotation is a 503, and the token passes once the keys can be fetched',
    async run(env) {
      const { assert } = env;
      const { issuer, request } = await setUp(env);
      let outage = false;
      let asked = 0;
      const fetch = (url, init) => {
        asked += 1;
        return outage ? Promise.reject(new TypeError('offline')) : issuer.fetch(url, init);
      };
      const verifier = env.countersign.createVerifier({ issuer: issuer.issuer, audience: null, fetch });
      const guard = env.guard.createGuard(verifier);
      const status = async (token) => (await guard.check(request(token))).response?.status ?? 200;
      assert.equal(await status(await issuer.mint()), 200);
      issuer.rotate();
      outage = true;
      const rotated = await issuer.mint();
      assert.equal(await status(rotated), 503);
      const before = asked;
      for (let number = 0; number < 50; number += 1) assert.equal(await status(rotated), 503);
      assert.equal(asked, before, 'requests during the back-off');
      const error = await assert.rejects(verifier.verify(rotated), 'ERR_JWKS_FETCH_FAILED');
      assert.equal(error.retryable, true);
      outage = false;
      await later(2, async () => assert.equal(await status(rotated), 200));
    },
  },
];

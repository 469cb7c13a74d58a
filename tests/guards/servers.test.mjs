// Each guard in a server of its framework, and the guards in the wrong places.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installPackage } from './package-under-test.mjs';

await installPackage();
const { createVercelVerifier } = await import('countersign');
const { createTestIssuer } = await import('countersign/testing');
const next = await import('countersign/next');

const issuer = await createTestIssuer();
const projectId = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const verifier = createVercelVerifier({ team: 'acme', projectId, environment: 'production', jwks: issuer.jwks });

/** The tokens of a table row, with the status that each must have. */
const TOKENS = {
  'a token of the project': [await issuer.mint({ note: 'me' }), 200],
  'an expired token': [await issuer.mint({}, { expiresIn: -3600 }), 401],
  'the token of another project': [await issuer.mint({ project_id: 'prj_other' }), 401],
  'no token': [undefined, 401],
  'a malformed header': ['a b', 400],
};

const PREFLIGHT = { method: 'OPTIONS', headers: { origin: 'https://page.example', 'access-control-request-method': 'GET' } };

/** Serves a listener of Node.js on a free port. */
async function listen(listener) {
  const server = createServer(listener);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** Serves a `fetch` without a network. */
const local = (handler) => ({ url: 'http://app.example', fetch: (url, init) => handler(new Request(url, init)), close: () => {} });

/** Each framework: a server whose `/me` shows the claim `note`, behind the guard with these options. */
const FRAMEWORKS = {
  async express(options) {
    const { default: express } = await import('express');
    const { guard } = await import('countersign/express');
    const app = express();
    const auth = guard(verifier, options);
    app.use(auth);
    app.options('/me', (_request, response) => response.status(204).end());
    app.get('/me', (request, response) => response.json([request.auth.claims.note, auth.token(request).claims.note]));
    return listen(app);
  },
  async 'fastify, as a plugin'(options) {
    const { fastify } = await import('fastify');
    const { guardPlugin } = await import('countersign/fastify');
    const app = fastify();
    const auth = guardPlugin(verifier, options);
    await app.register(auth);
    app.options('/me', (_request, reply) => reply.code(204).send());
    app.get('/me', async (request) => [request.user.claims.note, auth.token(request).claims.note]);
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
  },
  async 'fastify, as a hook'(options) {
    const { fastify } = await import('fastify');
    const { guard } = await import('countersign/fastify');
    const app = fastify();
    const auth = guard(verifier, options);
    app.options('/me', { preHandler: auth }, (_request, reply) => reply.code(204).send());
    app.get('/me', { onRequest: auth }, async (request) => [request.user.claims.note, auth.token(request).claims.note]);
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
  },
  async hono(options) {
    const { Hono } = await import('hono');
    const { guard } = await import('countersign/hono');
    const app = new Hono();
    app.use('/me', guard(verifier, options));
    app.options('/me', (c) => c.body(null, 204));
    app.get('/me', (c) => c.json([c.get('token').claims.note, c.var.token.claims.note]));
    return local((request) => app.fetch(request));
  },
  async 'h3 2'(options) {
    const { H3 } = await import('h3');
    const { guard } = await import('countersign/h3');
    const app = new H3();
    const auth = guard(verifier, options);
    app.use(auth);
    app.options('/me', () => new Response(null, { status: 204 }));
    app.get('/me', (event) => [event.context.token.claims.note, auth.token(event).claims.note]);
    return local((request) => app.fetch(request));
  },
  async 'h3 1, as in Nitro and Nuxt'(options) {
    const { createApp, createRouter, eventHandler, toNodeListener } = await import('h3-v1');
    const { guard } = await import('countersign/h3');
    const auth = guard(verifier, options);
    const router = createRouter();
    router.options(
      '/me',
      eventHandler(() => new Response(null, { status: 204 })),
    );
    router.get(
      '/me',
      eventHandler((event) => [event.context.token.claims.note, auth.token(event).claims.note]),
    );
    return listen(toNodeListener(createApp().use(auth).use(router)));
  },
  async 'react-router'(options) {
    const { RouterContextProvider, createStaticHandler } = await import('react-router');
    const { guard } = await import('countersign/react-router');
    const { preflight: _, ...others } = options ?? {};
    const auth = guard(verifier, others);
    const loader = ({ context }) => Response.json([context.get(auth.tokenContext).claims.note, context.get(auth.tokenContext).claims.note]);
    const { queryRoute } = createStaticHandler([{ id: 'me', path: '/me', middleware: [auth], loader }]);
    return local((request) =>
      queryRoute(request, {
        routeId: 'me',
        requestContext: new RouterContextProvider(),
        generateMiddlewareResponse: async (run) => run(request),
      }).catch((thrown) => {
        if (thrown instanceof Response) return thrown;
        throw thrown;
      }),
    );
  },
};

const withDevServer = [
  [
    'sveltekit',
    async () => {
      const { createServer } = await import('vite');
      const root = fileURLToPath(new URL('sveltekit', import.meta.url));
      process.chdir(root);
      const server = await createServer({ root, logLevel: 'error', server: { port: 0, host: '127.0.0.1' } });
      await server.listen();
      return { url: `http://127.0.0.1:${server.httpServer.address().port}`, close: () => server.close() };
    },
  ],
  [
    'astro',
    async () => {
      const { dev } = await import('astro');
      const root = fileURLToPath(new URL('astro', import.meta.url));
      const server = await dev({ root, logLevel: 'error', server: { port: 0, host: '127.0.0.1' } });
      return { url: `http://127.0.0.1:${server.address.port}`, close: () => server.stop() };
    },
  ],
];
for (const [name, start] of withDevServer) {
  FRAMEWORKS[name] = (options) => {
    globalThis.guardUnderTest = { verifier, options };
    return start();
  };
}

const send = ({ url, fetch: fetcher = fetch }, { token, ...init } = {}) =>
  fetcher(`${url}/me`, { ...init, headers: { ...init.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) } });

for (const [name, serve] of Object.entries(FRAMEWORKS)) {
  describe(name, () => {
    let server;
    before(async () => {
      server = await serve();
    });
    after(() => server.close());

    for (const [what, [token, status]] of Object.entries(TOKENS)) {
      test(`${what}: ${status}`, async () => {
        const response = await send(server, { token });
        assert.equal(response.status, status);
        const body = await response.json();
        if (status === 200) return assert.deepEqual(body, ['me', 'me']);
        assert.match(response.headers.get('www-authenticate'), /^Bearer/);
        assert.match(response.headers.get('content-type'), /^application\/json/);
        assert.equal(response.headers.get('cache-control'), 'no-store');
        assert.ok(['unauthorized', 'invalid_token', 'invalid_request'].includes(body.error), body.error);
      });
    }

    test('a scope that is missing: 403', async () => {
      const guarded = await serve({ scope: 'write' });
      const response = await send(guarded, { token: TOKENS['a token of the project'][0] });
      assert.equal(response.status, 403);
      assert.match(response.headers.get('www-authenticate'), /error="insufficient_scope".*scope="write"/);
      guarded.close();
    });

    test('hooks get the request of the framework', async () => {
      const seen = [];
      const guarded = await serve({
        check: (token, request) => seen.push([token.claims.note, request.method, new URL(request.url, 'http://app.example').pathname]) > 0,
        onRefused: ({ status }) => seen.push(status),
      });
      assert.equal((await send(guarded, { token: TOKENS['a token of the project'][0] })).status, 200);
      assert.equal((await send(guarded)).status, 401);
      assert.deepEqual(seen, [['me', 'GET', '/me'], 401]);
      guarded.close();
    });

    // Middleware of a route that only its loader can answer has no preflights.
    if (name !== 'react-router') {
      test('preflights: 401, and with the option the answer of the application', async () => {
        assert.equal((await send(server, PREFLIGHT)).status, 401);
        const open = await serve({ preflight: true });
        assert.equal((await send(open, PREFLIGHT)).status, 204);
        assert.equal((await send(open, { method: 'OPTIONS' })).status, 401);
        assert.equal((await send(open)).status, 401);
        open.close();
      });
    }
  });
}

describe('a guard in the wrong place', () => {
  const { guard } = next;

  test("Fastify does not let anyone in: addHook('onRequest', guard(verifier)) of countersign/next", async () => {
    const { fastify } = await import('fastify');
    const app = fastify();
    app.addHook('onRequest', guard(verifier));
    app.get('/me', async () => 'let in');
    for (const [token] of Object.values(TOKENS)) {
      const response = await app.inject({ url: '/me', headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
      assert.equal(response.statusCode, 500);
      assert.match(response.json().message, /countersign\/fastify/);
    }
  });

  test('Express answers: app.use(guard(verifier)) of countersign/next', async () => {
    const { default: express } = await import('express');
    const app = express();
    app.use(guard(verifier));
    const errors = [];
    app.use((error, _request, response, _next) => {
      errors.push(error);
      response.status(500).end();
    });
    const server = await listen(app);
    const response = await fetch(server.url, {
      headers: { authorization: `Bearer ${TOKENS['a token of the project'][0]}` },
      signal: AbortSignal.timeout(10_000),
    });
    assert.equal(response.status, 500);
    assert.deepEqual(
      errors.map(({ code, option }) => [code, option]),
      [['ERR_INVALID_OPTION', 'request']],
    );
    assert.match(errors[0].message, /countersign\/express/);
    server.close();
  });

  test('Hono says so: app.use(guard(verifier)) of countersign/next', async () => {
    const { Hono } = await import('hono');
    const app = new Hono();
    const errors = [];
    app.onError((error, c) => {
      errors.push(error.message);
      return c.text('', 500);
    });
    app.use(guard(verifier));
    app.get('/me', (c) => c.text('let in'));
    const response = await app.request('/me', { headers: { authorization: `Bearer ${TOKENS['a token of the project'][0]}` } });
    assert.equal(response.status, 500);
    assert.match(errors[0], /countersign\/hono/);
  });

  for (const [name, wrong] of [
    ['express', 'fastify'],
    ['fastify', 'express'],
    ['hono', 'express'],
    ['h3', 'hono'],
  ]) {
    test(`the guard of ${wrong} refuses what ${name} passes`, async () => {
      const made = (await import(`countersign/${wrong}`)).guard(verifier);
      const given = {
        express: [{ headers: {}, method: 'GET', url: '/', app: () => {}, res: {} }, { setHeader() {} }, () => assert.fail('let in')],
        fastify: [
          { headers: {}, method: 'GET', url: '/', raw: {}, server: {}, log: {} },
          { code() {}, send() {} },
          () => assert.fail('let in'),
        ],
        hono: [{ req: { raw: new Request('http://app.example'), header() {} }, set() {} }, () => assert.fail('let in')],
        h3: [{ req: new Request('http://app.example'), context: {} }, () => assert.fail('let in')],
      }[name];
      await assert.rejects(
        async () => made(...given),
        (error) => error.option === 'request' && error.message.includes(`countersign/${name}`),
      );
    });
  }
});

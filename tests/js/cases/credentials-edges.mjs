// The edges of credentials: which requests of a gateway provider carry them, redirects, errors, messages, and expiry.

import { fakeCreateGateway } from './gateway.mjs';

const GATEWAY = 'https://ai-gateway.vercel.sh';
const CONTEXT = Symbol.for('@vercel/request-context');
const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const API_CALL_ERROR = Symbol.for('vercel.ai.error.AI_APICallError');

/** Runs with another value of a global. */
async function withGlobal(name, value, run) {
  const had = Object.hasOwn(globalThis, name);
  const real = globalThis[name];
  globalThis[name] = value;
  try {
    return await run();
  } finally {
    if (had) globalThis[name] = real;
    else delete globalThis[name];
  }
}

/** The `fetch` of settings for a gateway, and what it has sent: for each call the input, and the members of `init`. */
function gatewayFetch({ countersign }, respond = () => Response.json({}), options = {}) {
  const sent = [];
  const fetch = async (input, init) => {
    sent.push({ input, ...init, headers: Object.fromEntries(init.headers) });
    return respond(input, init);
  };
  const settings = countersign.aiGatewaySettings({ staticKey: 'key', env: {}, fetch, ...options });
  return { send: settings.fetch, sent };
}

/** How often a request is sent whose first response is this redirect, to a path of the same origin. */
async function sendsAfter(env, status, init, location = '/next') {
  const { send, sent } = gatewayFetch(env, (input) =>
    String(input).endsWith('/first') ? new Response(null, { status, headers: location === null ? {} : { location } }) : Response.json({}),
  );
  await send(`${GATEWAY}/first`, init);
  return sent.length;
}

/** A promise that is rejected, and may stay so unheard. */
function rejected(thrown) {
  const promise = Promise.reject(thrown);
  promise.catch(() => {});
  return promise;
}

const LABEL = { authorization: 'Bearer key', 'ai-gateway-auth-method': 'api-key' };

export const cases = [
  {
    name: 'gateway: the credential is set on a text, a URL and a Request, beside the headers that are sent',
    async run(env) {
      const { assert } = env;
      const { send, sent } = gatewayFetch(env);
      const request = new Request(`${GATEWAY}/c`, { headers: { 'x-a': 'request' } });
      for (const [input, init, headers] of [
        [`${GATEWAY}/a`, undefined, {}],
        [new URL(`${GATEWAY}/b`), { method: 'POST', headers: { 'x-a': 'init' } }, { 'x-a': 'init' }],
        [request, undefined, { 'x-a': 'request' }],
        [request, { headers: { 'x-b': 'init' } }, { 'x-b': 'init' }],
      ]) {
        await send(input, init);
        const last = sent.at(-1);
        assert.ok(last.input === input, 'the input is passed on as it is');
        assert.equal(last.method, init?.method);
        assert.equal(last.redirect, 'manual');
        assert.same(last.headers, { ...LABEL, ...headers });
      }
    },
  },
  {
    name: 'gateway: a request to another origin, or to what is no URL, is sent without a credential, as it is',
    async run(env) {
      const { send, sent } = gatewayFetch(env);
      for (const url of ['https://other.example/', '/relative']) {
        await send(url, { method: 'PUT', body: 'x', headers: { ...LABEL, 'x-a': 'b' } });
        env.assert.same(sent.at(-1), { input: url, method: 'PUT', body: 'x', headers: { 'x-a': 'b' } });
      }
    },
  },
  {
    name: 'gateway: without a fetch of the caller the runtime’s own is used, as it is at each request',
    async run(env) {
      const settings = env.countersign.aiGatewaySettings({ staticKey: 'key', env: {} });
      const urls = [];
      const fetch = async (url) => (urls.push(url), Response.json({}));
      await withGlobal('fetch', fetch, () => settings.fetch(`${GATEWAY}/a`));
      env.assert.same(urls, [`${GATEWAY}/a`]);
    },
  },
  {
    name: 'gateway: a redirect is followed only with the same method and body',
    async run(env) {
      const { assert } = env;
      for (const status of [307, 308])
        for (const method of ['GET', 'POST']) assert.equal(await sendsAfter(env, status, { method }), 2, `${status} ${method}`);
      for (const status of [301, 302, 303]) {
        for (const method of [undefined, 'GET', 'get', 'HEAD'])
          assert.equal(await sendsAfter(env, status, method && { method }), 2, `${status} ${method}`);
        for (const method of ['POST', 'XGET', 'GETX', 'HEADER'])
          assert.equal(await sendsAfter(env, status, { method }), 1, `${status} ${method}`);
      }
      for (const status of [200, 300, 304]) assert.equal(await sendsAfter(env, status), 1, String(status));
      assert.equal(await sendsAfter(env, 307, {}, null), 1, 'without a location');
      assert.equal(await sendsAfter(env, 307, { method: 'POST', body: new ReadableStream() }), 1, 'a stream cannot be sent twice');
      assert.equal(await sendsAfter(env, 307, {}, 'https://other.example/next'), 1, 'another origin');
    },
  },
  {
    name: 'gateway: the redirect mode of the caller is kept, and a Request is sent once',
    async run(env) {
      const { assert } = env;
      const redirecting = () => new Response(null, { status: 307, headers: { location: '/next' } });
      for (const [input, init, mode] of [
        [`${GATEWAY}/a`, { redirect: 'manual' }, 'manual'],
        [`${GATEWAY}/a`, { redirect: 'error' }, 'error'],
        [{ url: `${GATEWAY}/a`, headers: {}, redirect: 'error' }, undefined, undefined],
        [{ url: `${GATEWAY}/a`, headers: {}, redirect: 'error' }, { redirect: 'follow' }, 'manual'],
        [{ url: `${GATEWAY}/a`, headers: {}, redirect: 'follow' }, undefined, 'manual'],
      ]) {
        const { send, sent } = gatewayFetch(env, redirecting);
        assert.equal((await send(input, init)).status, 307);
        assert.same([sent.length, sent[0].redirect], [1, mode]);
        assert.same(sent[0].headers, LABEL);
      }
    },
  },
  {
    name: 'gateway: twenty redirects are followed, and the body of each is dropped',
    async run(env) {
      let cancelled = 0;
      const body = () => new ReadableStream({ cancel: () => void (cancelled += 1) });
      const { send, sent } = gatewayFetch(env, () => new Response(body(), { status: 307, headers: { location: 'next' } }));
      const response = await send(`${GATEWAY}/a/b`);
      env.assert.same([response.status, sent.length, cancelled, sent[1].input], [307, 21, 20, `${GATEWAY}/a/next`]);
      await response.body.cancel();
    },
  },
  {
    name: 'gateway: an error that no retry helps is one of a call to an API, and prints the same',
    async run(env) {
      const { countersign, testing, assert } = env;
      const { send } = gatewayFetch(env, undefined, { staticKey: undefined, request: {}, refresh: false });
      const error = await assert.rejects(send(`${GATEWAY}/a`), 'ERR_CREDENTIALS_NOT_FOUND');
      assert.same(
        [error[API_CALL_ERROR], error.statusCode, error.data],
        [true, 401, { error: { type: 'invalid_request_error', message: error.message } }],
      );
      for (const name of [API_CALL_ERROR, 'statusCode', 'data']) {
        const { enumerable, configurable } = Object.getOwnPropertyDescriptor(error, name);
        assert.same([enumerable, configurable], [false, true]);
      }
      const own = new Error('the caller');
      const verifier = countersign.createVerifier({ issuer: 'https://issuer.example', audience: null, fetch: () => Promise.reject(own) });
      const token = await (await testing.createTestIssuer({ issuer: 'https://issuer.example' })).mint();
      const retryable = await verifier.verify(token).catch((thrown) => thrown);
      assert.equal(retryable.retryable, true);
      for (const thrown of [own, retryable]) {
        const failing = gatewayFetch(env, undefined, { staticKey: undefined, request: rejected(thrown) });
        assert.ok((await failing.send(`${GATEWAY}/a`).catch((caught) => caught)) === thrown);
        assert.ok(!('statusCode' in thrown), 'it stays as it is');
      }
      // A property that cannot be set twice would throw another error.
      const twice = gatewayFetch(env, undefined, { staticKey: undefined, request: rejected(error) });
      assert.ok((await twice.send(`${GATEWAY}/a`).catch((caught) => caught)) === error);
    },
  },
  {
    name: 'gateway: settings of the provider reach it, and options of the chain do not',
    async run({ countersign, assert }) {
      const settings = {
        baseURL: `${GATEWAY}/v9`,
        teamIdOrSlug: '!a~',
        metadataCacheRefreshMillis: 0,
        batchResultDownloads: { maxLineBytes: 1 },
      };
      const headers = {
        'x-authorization': 'a',
        authorizations: 'b',
        'ai-gateway-auth-methods': 'c',
        'x-ai-gateway-auth-method': 'd',
        none: undefined,
      };
      const made = [];
      countersign.createAiGateway(fakeCreateGateway(4, made), { ...settings, headers, staticKey: 'key', env: {}, minValidity: 1 });
      const { apiKey, fetch, ...others } = made[1];
      assert.equal(await apiKey(), 'key');
      assert.equal(typeof fetch, 'function');
      assert.same(others, { ...settings, headers });
      assert.same(Object.keys(others).sort(), ['baseURL', 'batchResultDownloads', 'headers', 'metadataCacheRefreshMillis', 'teamIdOrSlug']);
      const three = [];
      countersign.createAiGateway(fakeCreateGateway(3, three), { baseURL: `${GATEWAY}/v9`, headers, metadataCacheRefreshMillis: 1 });
      assert.equal(three[1].apiKey, 'set by countersign');
      const plain = countersign.aiGatewaySettings({ baseURL: `${GATEWAY}/v9` });
      assert.same([plain.baseURL, plain.apiKey, JSON.stringify(plain.teamIdOrSlug)], [`${GATEWAY}/v9`, 'set by countersign', undefined]);
      assert.ok(Object.isFrozen(plain.teamIdOrSlug), 'the member that refuses gateway 4 is frozen');
      assert.ok(!('baseURL' in countersign.aiGatewaySettings()), 'no base URL of our own');
    },
  },
  {
    name: 'gateway: every wrong option is refused in its own words',
    run({ countersign, assert }) {
      const key = '`apiKey` is resolved per request; give your own key as `staticKey`';
      const base = '`baseURL` must be an https URL; http only on 127.0.0.1, [::1] or localhost';
      const team = '`teamIdOrSlug` must be the id or the slug of a team, in visible ASCII';
      const [three, four] = [fakeCreateGateway(3), fakeCreateGateway(4)];
      const perRequest = (name) => `\`headers.${name}\` is set per request; give your own key as \`staticKey\``;
      for (const [createGateway, options, message] of [
        [four, { apiKey: 'x' }, key],
        [four, { baseURL: 'ftp://a' }, base],
        [four, { baseURL: new URL('https://a') }, base],
        [four, { baseURL: 'https:' }, base],
        [four, { baseURL: 'ftp://localhost' }, base],
        ...[' a', 'a ', 'a\u0000', 'é'].map((teamIdOrSlug) => [four, { teamIdOrSlug }, team]),
        [four, { headers: { Authorization: 'x' } }, perRequest('Authorization')],
        [four, { headers: { 'ai-gateway-auth-method': 'x' } }, perRequest('ai-gateway-auth-method')],
        [four, { headers: { a: null } }, '`headers.a` must be a string'],
        [four, { metadataCacheRefreshMillis: -0.1 }, '`metadataCacheRefreshMillis` must be a number of milliseconds, 0 or more'],
        [four, { metadataCacheRefreshMillis: 1n }, '`metadataCacheRefreshMillis` must be a number of milliseconds, 0 or more'],
        [four, { webSocket: 'x' }, '`webSocket` must be a constructor'],
        [three, { teamIdOrSlug: 'a' }, '`teamIdOrSlug` needs `@ai-sdk/gateway` 4 or later'],
        [three, { webSocket: class {} }, '`webSocket` needs `@ai-sdk/gateway` 4 or later'],
        [three, { batchResultDownloads: {} }, '`batchResultDownloads` needs `@ai-sdk/gateway` 4 or later'],
      ]) {
        const error = assert.throws(() => countersign.createAiGateway(createGateway, options), 'ERR_INVALID_OPTION');
        assert.equal(error.message, message);
      }
      const error = assert.throws(() => countersign.aiGatewaySettings({ apiKey: 'x' }), 'ERR_INVALID_OPTION');
      assert.equal(error.message, key);
      const trapped = assert.throws(() => `${countersign.aiGatewaySettings().teamIdOrSlug}`, 'ERR_INVALID_OPTION');
      assert.equal(trapped.message, '`aiGatewaySettings` is for gateway 3; use `createAiGateway` for 4 and later');
    },
  },
  {
    name: 'gateway: a provider is known by its list of models and a whole version, and what it throws is the cause',
    run({ countersign, assert }) {
      const thrown = new Error('the provider');
      const provider = (specificationVersion) => () => Object.assign(() => {}, { getAvailableModels() {}, specificationVersion });
      const failing = () => {
        throw thrown;
      };
      for (const [wrong, cause] of [
        [provider('xv4'), undefined],
        [provider('v4x'), undefined],
        [provider('v'), undefined],
        [7, undefined],
        [() => ({ specificationVersion: 'v4', getAvailableModels: [] }), undefined],
        [failing, thrown],
      ]) {
        const error = assert.throws(() => countersign.createAiGateway(wrong), 'ERR_INVALID_OPTION');
        assert.same(
          [error.message, error.option],
          ['`createGateway` must be the function of this name of `@ai-sdk/gateway`', 'createGateway'],
        );
        assert.ok(error.cause === cause, 'the cause');
      }
      for (const version of [undefined, 'v2', 'v12']) assert.ok(countersign.createAiGateway(provider(version)));
    },
  },
  {
    name: 'gateway: a socket keeps all other arguments, and a realtime model what it is',
    async run({ countersign, assert }) {
      const opened = [];
      class FakeSocket {
        constructor(...args) {
          opened.push(args);
        }
      }
      const model = { id: 'm' };
      const configured = {
        async getServerWebSocketConfig(options) {
          return { url: options.url, self: this === configured, headers: { 'x-a': 'b' } };
        },
      };
      const made = [];
      const createGateway = (settings) => {
        made.push(settings);
        const createModel = (id) => (id === 'plain' ? model : configured);
        return { specificationVersion: 'v4', getAvailableModels() {}, experimental_realtime: createModel };
      };
      const provider = countersign.createAiGateway(createGateway, { webSocket: FakeSocket, staticKey: 'key', env: {} });
      assert.ok(provider.experimental_realtime('plain') === model, 'a model without a configuration');
      assert.same(Object.keys(model), ['id']);
      assert.same(await provider.experimental_realtime('m').getServerWebSocketConfig({ url: 'wss://x' }), {
        url: 'wss://x',
        self: true,
        headers: { ...LABEL, 'x-a': 'b' },
      });
      const { webSocket } = made[1];
      new webSocket('wss://x');
      new webSocket('wss://y', ['p'], { agent: 1 }, 'more');
      assert.same(opened, [
        ['wss://x', null, { headers: {} }],
        ['wss://y', ['p'], { agent: 1, headers: {} }, 'more'],
      ]);
      const without = countersign.createAiGateway(() => ({ specificationVersion: 'v4', getAvailableModels() {} }));
      assert.ok(!('experimental_realtime' in without), 'a provider without realtime models');
    },
  },
  {
    name: 'captured: printing shows no token, and the causes say of each source what it has',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const mint = (claims, options) => issuer.mint(claims, options);
      const token = await mint();
      const captured = countersign.captureToken({ 'x-vercel-oidc-token': ` ${token}\n` });
      const { exp } = countersign.decode(token).claims;
      assert.same(captured, { token, expiresAt: exp });
      assert.same(captured[INSPECT](), { token: '[redacted]', expiresAt: exp });
      const refused = (value) => assert.throws(() => countersign.captureToken({ 'x-vercel-oidc-token': value }), 'ERR_CREDENTIAL_INVALID');
      for (const [value, reason] of [
        ['"a', 'is not a JWT'],
        ['a"', 'is not a JWT'],
        ['"a\'', 'is not a JWT'],
        ['x"a"', 'is not a JWT'],
        ['"a"x', 'is not a JWT'],
        ['"a\nb"', 'is in quotes; remove them'],
        ['`a`', 'is in quotes; remove them'],
        ['bearer', 'begins with `Bearer`; give the credential alone'],
        ['BEARER\ta', 'begins with `Bearer`; give the credential alone'],
        ['bearers', 'is not a JWT'],
        ['a bearer b', 'is not a JWT'],
        [await mint({ exp: undefined }), 'has no usable `exp` claim'],
        [await mint({ exp: '9999999999' }), 'has no usable `exp` claim'],
      ]) {
        const error = refused(value);
        assert.equal(error.message, `invalid credential in a configured source: header: ${reason}`);
        assert.same(error.causes, [{ source: 'header', reason }]);
      }
    },
  },
  {
    name: 'captured: a token is captured until the instant at which it expires, from the request, the context or the environment',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint();
      const { exp } = countersign.decode(token).claims;
      const capture = (seconds, ...args) => {
        const real = Date.now;
        Date.now = () => seconds * 1000;
        try {
          return countersign.captureToken(...args);
        } finally {
          Date.now = real;
        }
      };
      const header = { 'x-vercel-oidc-token': token };
      assert.equal(capture(exp - 0.001, header).token, token);
      const error = assert.throws(() => capture(exp, header), 'ERR_CREDENTIALS_NOT_FOUND');
      const causes = [
        { source: 'header', reason: 'the token has expired' },
        { source: 'env', reason: 'not configured' },
      ];
      assert.same(error.causes, causes);
      assert.equal(error.message, 'no credential found: header: the token has expired; env: not configured');
      const inContext = () => withGlobal(CONTEXT, { get: () => ({ headers: header }) }, async () => countersign.captureToken());
      assert.equal((await inContext()).token, token);
      const nowhere = assert.throws(() => countersign.captureToken(), 'ERR_CREDENTIALS_NOT_FOUND');
      assert.same(
        nowhere.causes.map(({ source }) => source),
        ['context', 'env'],
      );
      const process = { ...globalThis.process, env: { VERCEL_OIDC_TOKEN: token } };
      assert.equal((await withGlobal('process', process, async () => countersign.captureToken({}))).token, token);
    },
  },
  {
    name: 'chain: a request in place of the options is refused, and headers that are no object are an unknown option',
    async run({ countersign, assert }) {
      const message = async (options) => (await assert.rejects(countersign.getBearerToken(options), 'ERR_INVALID_OPTION')).message;
      const wrong = '`options` is a request or its headers; pass it as `{ request }`';
      for (const options of [new Headers(), new Request('https://app.example'), { headers: {} }, { get: () => {} }])
        assert.equal(await message(options), wrong);
      for (const options of [{ headers: 'x' }, { headers: null }])
        assert.match(await message(options), /^unknown option `headers`|^`headers`/);
      assert.match(await message({ get: 'x' }), /`get`/);
      assert.match(await message({ onEvent: 7 }), /^`onEvent` /);
      assert.match(await message(null), /^`options` /);
    },
  },
  {
    name: 'chain: every wrong option is refused in its own words',
    async run({ countersign, assert }) {
      const nothing = { env: {}, request: {}, refresh: false };
      for (const [options, message] of [
        ...['', 7, null].map((audience) => [{ audience }, '`audience` must be a string, not empty']),
        [{ fetch: 'x' }, '`fetch` must be a function'],
        ...[{}, { read() {} }, { identity() {} }, null, { read: 1, identity() {} }, { read() {}, identity: 1 }].map((relay) => [
          { relay },
          '`relay` must be made by `createTokenRelay`',
        ]),
        [{ staticKey: {} }, '`staticKey` must be a string, or an object whose `env` names an environment variable'],
        [{ captured: { token: '' } }, '`captured` must be what `captureToken` returned'],
        [{ captured: { token: 7 } }, '`captured` must be what `captureToken` returned'],
        ...['x', null, { project: 7 }, { team: 7 }, { other: 'x' }, { project: 'a', other: 'x' }].map((refresh) => [
          { refresh },
          '`refresh` must be true, false, or an object of `project` and `team`',
        ]),
      ]) {
        const error = await assert.rejects(countersign.getBearerToken({ ...nothing, ...options }), 'ERR_INVALID_OPTION');
        assert.equal(error.message, message);
      }
      assert.match((await assert.rejects(countersign.getBearerToken({ ...nothing, env: 7 }), 'ERR_INVALID_OPTION')).message, /^`env` /);
    },
  },
  {
    name: 'chain: a credential and a report have the members that are known, and no others',
    async run({ countersign, testing, assert }) {
      const nothing = { env: {}, request: {}, refresh: false };
      const key = await countersign.getBearerToken({ ...nothing, staticKey: 'key', audience: 'other' });
      assert.same(key, { source: 'static-key', authMethod: 'api-key', value: '[redacted]' });
      assert.ok(Object.isFrozen(key) && !('expiresAt' in key) && key.value === 'key', 'a static key is frozen, and is not exchanged');
      const token = await (await testing.createTestIssuer()).mint();
      const { exp } = countersign.decode(token).claims;
      const found = await countersign.getBearerToken({ ...nothing, request: { 'x-vercel-oidc-token': token } });
      assert.same(found, { source: 'header', authMethod: 'oidc', expiresAt: new Date(exp * 1000), value: '[redacted]' });
      const empty = await countersign.describeCredentials(nothing);
      assert.ok(!('selected' in empty), 'nothing is selected');
      for (const report of empty.sources) {
        assert.same(Object.keys(report).sort(), ['reason', 'source', 'state'], report.source);
        assert.equal(typeof report.reason, 'string');
      }
      const { sources, selected } = await countersign.describeCredentials({ ...nothing, request: { 'x-vercel-oidc-token': token } });
      const header = sources.find(({ source }) => source === 'header');
      assert.equal(selected, 'header');
      assert.same(header, { source: 'header', state: 'found', expiresAt: new Date(exp * 1000) });
      assert.ok(!('reason' in header), 'what is found needs no reason');
    },
  },
  {
    name: 'chain: a synchronous function says where it cannot look',
    async run({ vercelOidc, assert }) {
      const error = await withGlobal('process', { env: {} }, async () => {
        try {
          return vercelOidc.getVercelOidcTokenSync();
        } catch (thrown) {
          return thrown;
        }
      });
      // The entry for pages looks nowhere, and has an empty token.
      if (error === '') return;
      const { causes } = error.cause ?? error;
      assert.same(
        causes.filter(({ reason }) => reason === 'only asynchronous functions look there').map(({ source }) => source),
        ['file', 'refresh'],
      );
    },
  },
  {
    name: 'chain: the reasons say where nothing was looked for, and why',
    async run({ countersign, assert }) {
      const nothing = { env: {}, request: {}, refresh: false };
      const reasonsOf = ({ causes }) => Object.fromEntries(causes.map(({ source, reason }) => [source, reason]));
      const { file, refresh } = reasonsOf(await assert.rejects(countersign.getBearerToken(nothing), 'ERR_CREDENTIALS_NOT_FOUND'));
      assert.same([file, refresh], ['VERCEL_OIDC_TOKEN_FILE is not set', 'the caller has switched it off']);
      for (const blank of ['', '  ']) {
        const options = { ...nothing, env: { VERCEL_OIDC_TOKEN_FILE: blank } };
        const reasons = reasonsOf(await assert.rejects(countersign.getBearerToken(options), 'ERR_CREDENTIALS_NOT_FOUND'));
        assert.equal(reasons.file, 'VERCEL_OIDC_TOKEN_FILE is blank');
      }
      const relay = {
        identity: () => ({ ownerId: 'a', projectId: 'b', environment: 'c' }),
        read: async () => ({ reason: 'the relay is empty' }),
      };
      const shared = reasonsOf(await assert.rejects(countersign.getBearerToken({ ...nothing, relay }), 'ERR_CREDENTIALS_NOT_FOUND'));
      assert.equal(shared.shared, 'the relay is empty');
      const { sources } = await countersign.describeCredentials({ ...nothing, relay });
      assert.equal(sources.find(({ source }) => source === 'shared').reason, 'the relay is empty');
    },
  },
];

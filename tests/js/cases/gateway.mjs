// Credentials for Vercel's AI Gateway, with fakes of each specification. With the real providers: tests/peers/gateway/.

const ORIGIN = 'https://gateway.example';

/** A fetch that writes down what it is asked for. */
function recorder() {
  const requests = [];
  return { requests, fetch: async (input, init) => (requests.push(new Request(input, init)), Response.json({})) };
}

/**
 * A `createGateway` of this specification, as far as this package relies on it: 3 takes a string and sends through `fetch`; 4
 * takes a function, calls it for each request, and gives the key away beside `fetch` too. `made` holds the settings.
 */
export function fakeCreateGateway(version, made = []) {
  const createGateway = (settings = {}) => {
    made.push(settings);
    const baseURL = settings.baseURL ?? `${VERCEL}/v${version}/ai`;
    const key = async () => {
      const value = version < 4 ? settings.apiKey : await settings.apiKey();
      if (typeof value !== 'string' || value === '') throw new Error('not a key');
      return { authorization: `Bearer ${value}`, 'ai-gateway-auth-method': 'api-key' };
    };
    const provider = () => ({ specificationVersion: `v${version}` });
    provider.getAvailableModels = async () => settings.fetch(`${baseURL}/config`, { headers: await key() });
    if (version > 2) provider.specificationVersion = `v${version}`;
    if (version > 3) {
      const openSocket = async () =>
        new settings.webSocket(`${baseURL.replace('http', 'ws')}/speech-model`, ['speech', (await key()).authorization], {
          headers: { ...(await key()), other: 'kept' },
        });
      const createModel = () => ({ getServerWebSocketConfig: async () => ({ url: 'wss://x', headers: await key() }) });
      Object.assign(provider, { openSocket, experimental_realtime: Object.assign(createModel, { getToken: () => 'vcst_1' }) });
    }
    return provider;
  };
  return createGateway;
}

const VERCEL = 'https://ai-gateway.vercel.sh';

export const cases = [
  ...[2, 3, 4, 5].map((version) => ({
    name: `gateway: createAiGateway makes the provider of specification ${version}, and each request has a credential of its own`,
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const { requests, fetch } = recorder();
      const env = {};
      const made = [];
      const provider = countersign.createAiGateway(fakeCreateGateway(version, made), { env, fetch, refresh: false });
      assert.equal(made.length, 2, 'one to learn its version, and the provider');
      assert.same(Object.keys(made[0]), []);
      assert.ok(!('baseURL' in made[1]), 'the provider’s own base URL');
      assert.equal(typeof made[1].apiKey, version < 4 ? 'string' : 'function');
      await assert.rejects(provider.getAvailableModels(), 'ERR_CREDENTIALS_NOT_FOUND');
      assert.equal(requests.length, 0, 'the number of requests');
      for (const [name, value, authMethod] of [
        ['VERCEL_OIDC_TOKEN', await issuer.mint({ jti: '1' }), 'oidc'],
        ['VERCEL_OIDC_TOKEN', await issuer.mint({ jti: '2' }), 'oidc'],
        ['AI_GATEWAY_API_KEY', 'key', 'api-key'],
      ]) {
        env[name] = value;
        await provider.getAvailableModels();
        const { url, headers } = requests.at(-1);
        assert.same(
          [url, headers.get('authorization'), headers.get('ai-gateway-auth-method')],
          [`${VERCEL}/v${version}/ai/config`, `Bearer ${value}`, authMethod],
        );
      }
    },
  })),
  {
    name: 'gateway: a socket carries the credential without the provider’s label, and a server’s configuration with its own',
    async run({ countersign, testing, assert }) {
      const token = await (await testing.createTestIssuer()).mint();
      const opened = [];
      class FakeSocket {
        constructor(...args) {
          opened.push(args);
        }
      }
      const provider = countersign.createAiGateway(fakeCreateGateway(4), { env: { VERCEL_OIDC_TOKEN: token }, webSocket: FakeSocket });
      assert.ok((await provider.openSocket()) instanceof FakeSocket, 'a socket of the given constructor');
      assert.same(opened, [
        [
          'wss://ai-gateway.vercel.sh/v4/ai/speech-model',
          ['speech', `Bearer ${token}`],
          { headers: { authorization: `Bearer ${token}`, other: 'kept' } },
        ],
      ]);
      const { url, headers } = await provider.experimental_realtime('m').getServerWebSocketConfig();
      assert.same([url, headers.authorization, headers['ai-gateway-auth-method']], ['wss://x', `Bearer ${token}`, 'oidc']);
      assert.equal(provider.experimental_realtime.getToken(), 'vcst_1');
    },
  },
  {
    name: 'gateway: createAiGateway refuses by name what is not createGateway, and the options that it does not take',
    async run({ countersign, assert }) {
      const refused = (option, ...args) =>
        assert.option(
          assert.throws(() => countersign.createAiGateway(...args), 'ERR_INVALID_OPTION'),
          option,
        );
      const provider = fakeCreateGateway(4)();
      const otherProvider = Object.assign(() => {}, { specificationVersion: 'v4', languageModel() {} });
      const otherVersion = () => Object.assign(() => {}, { specificationVersion: 'next', getAvailableModels() {} });
      for (const wrong of [
        undefined,
        null,
        4,
        'createGateway',
        {},
        provider,
        () => {},
        () => ({}),
        async () => provider,
        () => otherProvider,
        otherVersion,
        class {},
      ])
        refused('createGateway', wrong);
      const [three, four] = [fakeCreateGateway(3), fakeCreateGateway(4)];
      for (const createGateway of [three, four]) {
        refused('apiKey', createGateway, { apiKey: 'key' });
        refused('apiKey', createGateway, { apiKey: null });
        refused('minValidty', createGateway, { minValidty: 60 });
        refused('baseURL', createGateway, { baseURL: 'http://gateway.example/v4/ai' });
        for (const headers of [[['a', 'b']], { 'x-a': 7 }, 'x-a: b'])
          refused(headers['x-a'] ? 'headers.x-a' : 'headers', createGateway, { headers });
        for (const metadataCacheRefreshMillis of ['1', -1, NaN])
          refused('metadataCacheRefreshMillis', createGateway, { metadataCacheRefreshMillis });
        for (const name of ['authorization', 'Authorization', 'AI-Gateway-Auth-Method'])
          refused(`headers.${name}`, createGateway, { headers: { [name]: 'x' } });
        for (const options of [null, 7, 'x']) refused('options', createGateway, options);
      }
      for (const teamIdOrSlug of ['', ' ', 'ä', 'a b', 'a\nb', 7, null]) refused('teamIdOrSlug', four, { teamIdOrSlug });
      refused('webSocket', four, { webSocket: {} });
      refused('batchResultDownloads', four, { batchResultDownloads: 7 });
      for (const [option, value] of Object.entries({ teamIdOrSlug: 'acme', webSocket: class {}, batchResultDownloads: {} }))
        refused(option, three, { [option]: value });
    },
  },
  {
    name: 'gateway: a credential in quotes, or with the scheme of its header, is named and not sent',
    async run({ countersign, testing, assert }) {
      const token = await (await testing.createTestIssuer()).mint();
      for (const [source, env] of [
        ['static-key', (value) => ({ AI_GATEWAY_API_KEY: value })],
        ['env', (value) => ({ VERCEL_OIDC_TOKEN: value })],
      ]) {
        const credential = source === 'env' ? token : 'vck_secret';
        for (const [value, reason] of [
          [`"${credential}"`, 'is in quotes; remove them'],
          [`'${credential}'`, 'is in quotes; remove them'],
          [`Bearer ${credential}`, 'begins with `Bearer`; give the credential alone'],
        ]) {
          const error = await assert.rejects(
            countersign.getAiGatewayBearerToken({ env: env(value), refresh: false, request: {} }),
            'ERR_CREDENTIAL_INVALID',
          );
          assert.same(error.causes.at(-1), { source, reason });
          assert.ok(!`${error.message}${JSON.stringify(error)}`.includes(credential), 'the silence of the error');
          const captured = assert.throws(() => countersign.captureToken({ 'x-vercel-oidc-token': value }), 'ERR_CREDENTIAL_INVALID');
          assert.same(captured.causes.at(-1), { source: 'header', reason });
        }
      }
    },
  },
  {
    name: 'gateway: a redirect is followed within the origin, and nothing is sent to another one',
    async run({ countersign, assert }) {
      const answers = {
        '/a': [308, '/b'],
        '/b': [307, `${ORIGIN}/c`],
        '/c': [200],
        '/away': [302, 'https://evil.example/x'],
        '/far': [307, '/away'],
        '/broken': [307, 'http://'],
        '/none': [307],
      };
      const sent = [];
      const fetch = async (url, init) => {
        const { pathname } = new URL(url);
        sent.push([pathname, init.method, init.body, new Headers(init.headers).get('authorization'), init.redirect]);
        const [status, location] = answers[pathname];
        return new Response(null, { status, headers: location && { location } });
      };
      const settings = countersign.aiGatewaySettings({ baseURL: `${ORIGIN}/v3/ai`, staticKey: 'key', fetch });
      const statusOf = async (path, init) => (await settings.fetch(`${ORIGIN}${path}`, init)).status;
      assert.equal(await statusOf('/a', { method: 'POST', body: 'x' }), 200);
      assert.same(
        sent,
        ['/a', '/b', '/c'].map((path) => [path, 'POST', 'x', 'Bearer key', 'manual']),
      );
      for (const [path, status] of [
        ['/away', 302],
        ['/far', 302],
        ['/broken', 307],
        ['/none', 307],
      ])
        assert.equal(await statusOf(path), status, path);
      assert.ok(
        sent.every(([path]) => path in answers),
        'only paths of the gateway',
      );
      // A POST would become a GET without its body.
      answers['/away'] = [302, '/c'];
      assert.same([await statusOf('/away'), await statusOf('/away', { method: 'POST', body: 'x' })], [200, 302]);
    },
  },
  {
    name: 'gateway: aiGatewaySettings refuses gateway 4 by a member that survives spreading, and refuses a key',
    async run({ countersign, assert }) {
      const { fetch } = recorder();
      for (const settings of [countersign.aiGatewaySettings({ fetch }), { ...countersign.aiGatewaySettings({ fetch }) }]) {
        assert.option(
          assert.throws(() => new Headers({ 'x-vercel-ai-gateway-team': settings.teamIdOrSlug }), 'ERR_INVALID_OPTION'),
          'aiGatewaySettings',
        );
        assert.ok(/[^!#$%&'*+.^`|~\w-]/.test(settings.apiKey), 'what stands for the key is not a subprotocol');
        assert.ok(!('baseURL' in settings) && !JSON.stringify(settings).includes('teamIdOrSlug'), 'its members');
      }
      assert.option(
        assert.throws(() => countersign.aiGatewaySettings({ apiKey: 'key' }), 'ERR_INVALID_OPTION'),
        'apiKey',
      );
      assert.option(
        assert.throws(() => countersign.aiGatewaySettings({ teamIdOrSlug: 'acme' }), 'ERR_INVALID_OPTION'),
        'teamIdOrSlug',
      );
    },
  },
  {
    name: 'gateway: an API key goes first, and the headers say of which kind the credential is',
    async run({ countersign, testing, assert }) {
      const token = await (await testing.createTestIssuer()).mint();
      const env = { AI_GATEWAY_API_KEY: ' key \n', VERCEL_OIDC_TOKEN: token };
      assert.same(await countersign.getAiGatewayHeaders({ env }), { Authorization: 'Bearer key', 'ai-gateway-auth-method': 'api-key' });
      for (const AI_GATEWAY_API_KEY of [undefined, '', ' ']) {
        const headers = await countersign.getAiGatewayHeaders({ env: { ...env, AI_GATEWAY_API_KEY } });
        assert.same(headers, { Authorization: `Bearer ${token}`, 'ai-gateway-auth-method': 'oidc' });
      }
      assert.equal(await countersign.getAiGatewayBearerToken({ env }), 'key');
      assert.equal(await countersign.getAiGatewayBearerTokenOptional({ env: {}, request: {} }), undefined);
    },
  },
  {
    name: 'gateway: defect: settings that are made once ask for a credential at each request',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const { requests, fetch } = recorder();
      const env = {};
      const settings = countersign.aiGatewaySettings({ baseURL: `${ORIGIN}/v3/ai`, env, fetch, refresh: false });
      assert.equal(settings.baseURL, `${ORIGIN}/v3/ai`);
      for (const number of [1, 2]) {
        env.VERCEL_OIDC_TOKEN = await issuer.mint({ jti: `${number}` });
        await settings.fetch(`${ORIGIN}/v3/ai/config`, {
          headers: { authorization: `Bearer ${settings.apiKey}`, 'ai-gateway-auth-method': 'api-key', other: 'kept' },
        });
        const { headers } = requests.at(-1);
        assert.equal(headers.get('authorization'), `Bearer ${env.VERCEL_OIDC_TOKEN}`);
        assert.equal(headers.get('ai-gateway-auth-method'), 'oidc');
        assert.equal(headers.get('other'), 'kept');
      }
      env.VERCEL_OIDC_TOKEN = await issuer.mint({}, { expiresIn: -1 });
      await assert.rejects(settings.fetch(`${ORIGIN}/v3/ai/config`), 'ERR_CREDENTIALS_NOT_FOUND');
      assert.equal(requests.length, 2, 'the number of requests');
    },
  },
  {
    name: 'gateway: the credential goes to the gateway’s own origin only',
    async run({ countersign, assert }) {
      const { requests, fetch } = recorder();
      const settings = countersign.aiGatewaySettings({ baseURL: `${ORIGIN}/v3/ai`, staticKey: 'secret-key', env: {}, fetch });
      for (const url of [
        'https://evil.example/v3/ai',
        'http://gateway.example/v3/ai',
        'https://gateway.example.evil.example/',
        'https://gateway.example:8443/v3/ai',
      ]) {
        await settings.fetch(url, { headers: { authorization: `Bearer ${settings.apiKey}`, 'ai-gateway-auth-method': 'api-key' } });
        for (const name of ['authorization', 'ai-gateway-auth-method']) assert.equal(requests.at(-1).headers.get(name), null, url);
      }
      for (const baseURL of ['http://127.0.0.1:4000/v3/ai', 'http://localhost/v3/ai', 'http://[::1]:4000'])
        assert.equal(countersign.aiGatewaySettings({ baseURL }).baseURL, baseURL);
      await settings.fetch(new Request(`${ORIGIN}/v3/ai/language-model`, { method: 'POST', body: '{"a":1}' }));
      assert.equal(requests.at(-1).headers.get('authorization'), 'Bearer secret-key');
      assert.equal(await requests.at(-1).text(), '{"a":1}');
      assert.ok(!JSON.stringify(settings).includes('secret-key'), 'the silence of the settings');
      for (const baseURL of ['', 'gateway', 7, null, 'http://gateway.example/v3/ai', 'http://localhost.example', 'file:///x'])
        assert.option(
          assert.throws(() => countersign.aiGatewaySettings({ baseURL }), 'ERR_INVALID_OPTION'),
          'baseURL',
        );
    },
  },
];

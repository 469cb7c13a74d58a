// What Vercel's AI Gateway wants. With the real client of the AI SDK: tests/peers/gateway.test.mjs.

const ORIGIN = 'https://gateway.example';

/** A fetch that writes down what it is asked for. */
function recorder() {
  const requests = [];
  return { requests, fetch: async (input, init) => (requests.push(new Request(input, init)), Response.json({})) };
}

export const cases = [
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
        await settings.fetch(`${ORIGIN}/v3/ai/config`, { headers: { authorization: `Bearer ${settings.apiKey}`, 'ai-gateway-auth-method': 'api-key', other: 'kept' } });
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
      for (const url of ['https://evil.example/v3/ai', 'http://gateway.example/v3/ai', 'https://gateway.example.evil.example/', 'https://gateway.example:8443/v3/ai']) {
        await settings.fetch(url);
        assert.equal(requests.at(-1).headers.get('authorization'), null, url);
      }
      for (const baseURL of ['http://127.0.0.1:4000/v3/ai', 'http://localhost/v3/ai', 'http://[::1]:4000']) assert.equal(countersign.aiGatewaySettings({ baseURL }).baseURL, baseURL);
      await settings.fetch(new Request(`${ORIGIN}/v3/ai/language-model`, { method: 'POST', body: '{"a":1}' }));
      assert.equal(requests.at(-1).headers.get('authorization'), 'Bearer secret-key');
      assert.equal(await requests.at(-1).text(), '{"a":1}');
      assert.ok(!JSON.stringify(settings).includes('secret-key'), 'the silence of the settings');
      for (const baseURL of ['', 'gateway', 7, null, 'http://gateway.example/v3/ai', 'http://localhost.example', 'file:///x']) assert.option(assert.throws(() => countersign.aiGatewaySettings({ baseURL }), 'ERR_INVALID_OPTION'), 'baseURL');
    },
  },
];

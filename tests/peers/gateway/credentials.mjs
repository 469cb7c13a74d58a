// Which credential is sent, how it is labelled, and what happens without one.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { test } from 'node:test';
import { MAJORS, SUBJECT, causeOf, countersign, issuer, makeProvider, rejectionOf, shown, textOf, useFakeGateway } from './setting.mjs';

const CALLS = 200;
const fake = useFakeGateway(['good-key', ...Array.from({ length: CALLS }, (_, i) => `key-${i}`)]);

for (const [major, { ai, GatewayAuthenticationError }] of Object.entries(MAJORS)) {
  const provider = (env, options) => makeProvider(fake, major, env, options);

  test(`gateway ${major}: an API key goes first, labelled as one, even a wrong one`, async () => {
    const token = await issuer.mint();
    assert.equal(await textOf(provider({ AI_GATEWAY_API_KEY: 'good-key', VERCEL_OIDC_TOKEN: token })), 'hello');
    assert.deepEqual([fake.requests[0].authMethod, fake.requests[0].caller], ['api-key', 'api-key']);
    const refused = await rejectionOf(textOf(provider({ AI_GATEWAY_API_KEY: 'wrong-key', VERCEL_OIDC_TOKEN: token })));
    assert.ok(GatewayAuthenticationError.isInstance(refused));
  });

  test(`gateway ${major}: vercel/ai #7353: a provider that is made once at module level never sends an expired token`, async () => {
    const env = { VERCEL_OIDC_TOKEN: await issuer.mint() };
    const gateway = provider(env);
    assert.equal(await textOf(gateway), 'hello');
    env.VERCEL_OIDC_TOKEN = await issuer.mint({}, { expiresIn: -60 });
    await assert.rejects(textOf(gateway));
    assert.equal(fake.requests.length, 1, 'nothing was sent');
    env.VERCEL_OIDC_TOKEN = await issuer.mint();
    assert.equal(await textOf(gateway), 'hello');
    assert.equal(fake.requests[1].credential, env.VERCEL_OIDC_TOKEN);
  });

  test(`gateway ${major}: vercel/ai #8439: an expired OIDC token with an API key beside it uses the key`, async () => {
    const env = { AI_GATEWAY_API_KEY: 'good-key', VERCEL_OIDC_TOKEN: await issuer.mint({}, { expiresIn: -60 }) };
    assert.equal(await textOf(provider(env)), 'hello');
  });

  test(`gateway ${major}: a step outside the request sends the token that was captured`, async () => {
    const captured = JSON.parse(JSON.stringify(countersign.captureToken({ 'x-vercel-oidc-token': await issuer.mint() })));
    assert.equal(await textOf(provider({}, { captured })), 'hello');
    assert.equal(fake.requests[0].caller, SUBJECT);
  });

  test(`gateway ${major}: each retry of the AI SDK resolves the credential anew`, async () => {
    const tokens = [await issuer.mint({ jti: '1' }), await issuer.mint({ jti: '2' }), await issuer.mint({ jti: '3' })];
    const env = { VERCEL_OIDC_TOKEN: tokens[0] };
    const fetch = async (...args) => {
      const response = await globalThis.fetch(...args);
      env.VERCEL_OIDC_TOKEN = tokens[fake.requests.length];
      return response;
    };
    fake.fail(503, 503);
    const { text } = await ai.generateText({ model: provider(env, { fetch })('demo/echo'), prompt: 'hello' });
    assert.equal(text, 'hello');
    assert.deepEqual(
      fake.requests.map(({ credential }) => credential),
      tokens,
    );
  });

  test(`gateway ${major}: without a credential nothing is sent, and the typed error is among the causes`, async () => {
    for (const [env, code, reason] of [
      [{}, 'ERR_CREDENTIALS_NOT_FOUND', /env: not configured/],
      [{ AI_GATEWAY_API_KEY: '"good-key"' }, 'ERR_CREDENTIAL_INVALID', /static-key: is in quotes/],
      [{ AI_GATEWAY_API_KEY: 'Bearer good-key' }, 'ERR_CREDENTIAL_INVALID', /static-key: begins with `Bearer`/],
      [{ VERCEL_OIDC_TOKEN: `'${await issuer.mint()}'` }, 'ERR_CREDENTIAL_INVALID', /env: is in quotes/],
    ]) {
      let resolutions = 0;
      const gateway = provider({
        ...env,
        get AI_GATEWAY_API_KEY() {
          return (resolutions++, env.AI_GATEWAY_API_KEY);
        },
      });
      const generate = () => ai.generateText({ model: gateway('demo/echo'), prompt: 'hello' });
      for (const call of [() => textOf(gateway), () => gateway.getAvailableModels(), ...(major === '3' ? [generate] : [])]) {
        const error = await rejectionOf(call());
        assert.deepEqual([error.statusCode, error.isRetryable], [401, false], shown(error));
        assert.equal(causeOf(error)?.code, code);
        assert.match(causeOf(error).message, reason);
        assert.ok(!/good-key|eyJ/.test(shown(error)));
      }
      // The AI SDK puts an error of its own, without a cause, in the place of gateway 4's.
      if (major === '4')
        assert.deepEqual(
          [(await rejectionOf(generate())).name, causeOf(await rejectionOf(generate()))],
          ['GatewayAuthenticationError', undefined],
        );
      assert.equal(resolutions, { 3: 3, 4: 4 }[major], 'no call was tried again');
    }
    assert.equal(fake.requests.length, 0);
  });

  test(`gateway ${major}: what the gateway refuses is shown nowhere, and nor is the provider’s own credential`, async () => {
    const tokens = [
      await issuer.mint({ project_id: 'prj_another' }),
      await issuer.mint({ aud: 'https://vercel.com/other' }),
      (await issuer.mint()).replace(/.{8}$/, 'AAAAAAAA'),
    ];
    for (const token of tokens) {
      const gateway = provider({ VERCEL_OIDC_TOKEN: token });
      const error = await rejectionOf(textOf(gateway));
      assert.ok(GatewayAuthenticationError.isInstance(error), shown(error));
      const text = shown(error) + shown(gateway) + shown(gateway('demo/echo'));
      for (const part of token.split('.')) assert.ok(!text.includes(part));
    }
    assert.ok(fake.requests.every(({ authMethod, refused }) => authMethod === 'oidc' && refused?.startsWith('ERR_')));
  });

  test(`gateway ${major}: ${CALLS} calls at once never mix a credential with the label or the request of another`, async () => {
    const store = new AsyncLocalStorage();
    const context = Symbol.for('@vercel/request-context');
    globalThis[context] = { get: () => ({ headers: { 'x-vercel-oidc-token': store.getStore()?.token } }) };
    try {
      const env = {
        get AI_GATEWAY_API_KEY() {
          return store.getStore()?.key;
        },
      };
      const gateway = provider(env);
      const callers = await Promise.all(
        Array.from({ length: CALLS }, async (_, i) => (i % 3 === 0 ? { key: `key-${i}` } : { token: await issuer.mint({ jti: `${i}` }) })),
      );
      const texts = await Promise.all(
        callers.map((caller, i) =>
          store.run(caller, () => ai.generateText({ model: gateway('demo/echo'), prompt: `call ${i}`, maxRetries: 0 })),
        ),
      );
      texts.forEach(({ text }, i) => assert.equal(text, `call ${i}`));
      assert.equal(fake.requests.length, CALLS);
      for (const { prompt, credential, authMethod } of fake.requests) {
        const { key, token } = callers[prompt.slice('call '.length)];
        assert.deepEqual([credential, authMethod], key ? [key, 'api-key'] : [token, 'oidc'], prompt);
      }
    } finally {
      delete globalThis[context];
    }
  });
}

test('the headers alone work too, for a provider that is made for one request', async () => {
  const headers = await countersign.getAiGatewayHeaders({ env: { VERCEL_OIDC_TOKEN: await issuer.mint() } });
  const gateway = MAJORS[4].createGateway({ baseURL: fake.baseURL, apiKey: 'replaced', headers });
  assert.equal(await textOf(gateway), 'hello');
  assert.equal(fake.requests[0].authMethod, 'oidc');
});

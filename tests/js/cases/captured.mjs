// A token taken along from a request into work that has none: workflow steps, queue jobs.
import { later } from './clock.mjs';

/** As a queue hands a value on. */
const sent = (value) => JSON.parse(JSON.stringify(value));

async function capturedToken({ countersign, testing }, options) {
  const token = await (await testing.createTestIssuer()).mint({}, options);
  return { token, captured: countersign.captureToken(new Headers({ 'x-vercel-oidc-token': token })) };
}

export const cases = [
  {
    name: 'captured: lesson from production: a step that runs outside the request has the token that was passed on',
    async run(env) {
      const { token, captured } = await capturedToken(env);
      env.assert.same(sent(captured), { token, expiresAt: env.countersign.decode(token).claims.exp });
      for (const carried of [captured, sent(captured), structuredClone(captured), { ...captured }]) {
        const found = await env.countersign.getBearerToken({ captured: carried, env: {} });
        env.assert.equal(found.value, token);
        env.assert.equal(found.source, 'captured');
        env.assert.equal(found.authMethod, 'oidc');
        env.assert.equal(found.expiresAt.getTime() / 1000, captured.expiresAt);
      }
      env.assert.equal(await env.countersign.getAiGatewayBearerToken({ captured: sent(captured), env: {} }), token);
    },
  },
  {
    name: 'captured: a plain object, which any serialiser takes',
    async run(env) {
      const { captured } = await capturedToken(env);
      env.assert.equal(Object.getPrototypeOf(captured), Object.prototype);
      env.assert.same(Object.keys(captured), ['token', 'expiresAt']);
      env.assert.equal(
        Object.getOwnPropertySymbols(captured).filter((symbol) => Object.prototype.propertyIsEnumerable.call(captured, symbol)).length,
        0,
      );
      env.assert.ok(Object.isFrozen(captured));
    },
  },
  {
    name: 'captured: after its expiry the error says which step to take',
    async run(env) {
      const { captured } = await capturedToken(env);
      await later(3700, async () => {
        const options = { captured: sent(captured), env: {}, refresh: false };
        for (const name of ['getBearerToken', 'getBearerTokenOptional', 'getAiGatewayHeaders']) {
          const error = await env.assert.rejects(env.countersign[name](options), 'ERR_CREDENTIAL_EXPIRED');
          env.assert.match(error.message, /capture a new one in a request handler/);
          env.assert.match(error.causes.find(({ source }) => source === 'captured').reason, /expired/);
          env.assert.equal(error.retryable, false);
        }
      });
      const short = await capturedToken(env, { expiresIn: 30 });
      await env.assert.rejects(
        env.countersign.getBearerToken({ captured: short.captured, env: {}, refresh: false, minValidity: 60 }),
        'ERR_CREDENTIAL_EXPIRED',
      );
    },
  },
  {
    name: 'captured: an expired one gives way to a living token of a later source',
    async run(env) {
      const { captured } = await capturedToken(env, { expiresIn: 30 });
      const living = await (await env.testing.createTestIssuer()).mint();
      const found = await env.countersign.getBearerToken({ captured, minValidity: 60, env: { VERCEL_OIDC_TOKEN: living } });
      env.assert.equal(found.source, 'env');
    },
  },
  {
    name: 'captured: without a living token there is nothing to capture',
    async run({ countersign, testing, assert }) {
      assert.throws(() => countersign.captureToken(new Headers()), 'ERR_CREDENTIALS_NOT_FOUND');
      const expired = await (await testing.createTestIssuer()).mint({}, { expiresIn: -1 });
      assert.throws(() => countersign.captureToken({ 'x-vercel-oidc-token': expired }), 'ERR_CREDENTIALS_NOT_FOUND');
      assert.throws(() => countersign.captureToken({ 'x-vercel-oidc-token': 'x' }), 'ERR_CREDENTIAL_INVALID');
      for (const exp of ['1e400', '"4000000000"', 'null']) {
        const token = `${btoa('{"alg":"RS256"}')}.${btoa(`{"exp":${exp}}`)}.AAAA`.replaceAll('=', '');
        const { causes } = assert.throws(() => countersign.captureToken({ 'x-vercel-oidc-token': token }), 'ERR_CREDENTIAL_INVALID');
        assert.equal(causes[0].reason, 'has no usable `exp` claim', exp);
      }
      assert.match(assert.throws(() => countersign.captureToken(Promise.resolve(new Headers())), 'ERR_INVALID_OPTION').message, /awaited/);
      for (const request of [null, 'x', 7]) assert.throws(() => countersign.captureToken(request), 'ERR_INVALID_OPTION');
    },
  },
];

// The AI SDK's own gateway provider, with credentials of this package, against a gateway that checks them for real.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { inspect } from 'node:util';
import { GatewayAuthenticationError, createGateway } from '@ai-sdk/gateway';
import { startGateway } from '../../www/scripts/gateway-api.mjs';
import { importPackage } from './package-under-test.mjs';

const { countersign, testing } = await importPackage('peers-gateway');

const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const SUBJECT = 'owner:acme:project:acme_website:environment:production';
const issuer = await testing.createTestIssuer();
const verifier = countersign.createVercelVerifier({ team: 'acme', projectId: PROJECT, environment: 'production', fetch: issuer.fetch });
const prompt = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }];

let fakeGateway;
before(async () => {
  fakeGateway = await startGateway({ verifier, apiKeys: ['good-key'] });
});
after(() => fakeGateway.close());
beforeEach(() => fakeGateway.requests.splice(0));

/** The real provider, with a credential from this environment. */
const gatewayWith = (env, options = {}) => createGateway(countersign.aiGatewaySettings({ baseURL: fakeGateway.baseURL, env, refresh: false, ...options }));
const textOf = async (gateway) => (await gateway('demo/echo').doGenerate({ prompt })).content[0].text;

test('a deployment without any configured secret calls the gateway with its own identity', async () => {
  const gateway = gatewayWith({ VERCEL_OIDC_TOKEN: await issuer.mint() });
  assert.equal(await textOf(gateway), 'hello');
  assert.deepEqual(fakeGateway.requests, [{ url: '/v3/ai/language-model', method: 'POST', authMethod: 'oidc', caller: SUBJECT }]);
});

test('an API key goes first, even a wrong one', async () => {
  const token = await issuer.mint();
  assert.equal(await textOf(gatewayWith({ AI_GATEWAY_API_KEY: 'good-key', VERCEL_OIDC_TOKEN: token })), 'hello');
  assert.equal(fakeGateway.requests[0].authMethod, 'api-key');
  await assert.rejects(textOf(gatewayWith({ AI_GATEWAY_API_KEY: 'wrong-key', VERCEL_OIDC_TOKEN: token })), GatewayAuthenticationError);
});

test('every kind of request of the provider carries the credential', async () => {
  const gateway = gatewayWith({ VERCEL_OIDC_TOKEN: await issuer.mint() });
  const { models } = await gateway.getAvailableModels();
  assert.deepEqual(models.map(({ id }) => id), ['demo/echo']);
  assert.deepEqual(await gateway.getCredits(), { balance: '10.00', totalUsed: '1.50' });
  const { stream } = await gateway('demo/echo').doStream({ prompt });
  const deltas = [];
  for await (const part of stream) if (part.type === 'text-delta') deltas.push(part.delta);
  assert.deepEqual(deltas, ['hello']);
  assert.ok(fakeGateway.requests.length === 3 && fakeGateway.requests.every(({ caller }) => caller === SUBJECT));
});

test('vercel/ai #7353: a provider that is made once at module level never sends an expired token', async () => {
  const env = { VERCEL_OIDC_TOKEN: await issuer.mint() };
  const gateway = gatewayWith(env);
  assert.equal(await textOf(gateway), 'hello');
  env.VERCEL_OIDC_TOKEN = await issuer.mint({}, { expiresIn: -60 });
  await assert.rejects(textOf(gateway));
  assert.equal(fakeGateway.requests.length, 1, 'nothing was sent');
  env.VERCEL_OIDC_TOKEN = await issuer.mint();
  assert.equal(await textOf(gateway), 'hello');
});

test('vercel/ai #8439: an expired OIDC token with an API key beside it uses the key', async () => {
  const env = { AI_GATEWAY_API_KEY: 'good-key', VERCEL_OIDC_TOKEN: await issuer.mint({}, { expiresIn: -60 }) };
  assert.equal(await textOf(gatewayWith(env)), 'hello');
});

test('a step outside the request calls the gateway with the token that was captured', async () => {
  const captured = JSON.parse(JSON.stringify(countersign.captureToken({ 'x-vercel-oidc-token': await issuer.mint() })));
  assert.equal(await textOf(gatewayWith({}, { captured })), 'hello');
  assert.equal(fakeGateway.requests[0].caller, SUBJECT);
});

test('the gateway refuses what is no token of the project, and nothing that is shown holds it', async () => {
  const tokens = [
    await issuer.mint({ project_id: 'prj_another' }),
    await issuer.mint({ aud: 'https://vercel.com/other' }),
    (await issuer.mint()).replace(/.{8}$/, 'AAAAAAAA'),
  ];
  for (const token of tokens) {
    const error = await textOf(gatewayWith({ VERCEL_OIDC_TOKEN: token })).catch((thrown) => thrown);
    assert.ok(error instanceof GatewayAuthenticationError, inspect(error));
    for (const part of token.split('.')) assert.ok(!inspect(error, { depth: null }).includes(part));
  }
  assert.ok(fakeGateway.requests.every(({ refused }) => refused?.startsWith('ERR_')));
});

test('without a credential nothing is sent, and the error lists the sources', async () => {
  const error = await textOf(gatewayWith({})).catch((thrown) => thrown);
  assert.match(inspect(error, { depth: null }), /ERR_CREDENTIALS_NOT_FOUND/);
  assert.equal(fakeGateway.requests.length, 0);
});

test('the headers alone work too, for a provider that is made for one request', async () => {
  const headers = await countersign.getAiGatewayHeaders({ env: { VERCEL_OIDC_TOKEN: await issuer.mint() } });
  const gateway = createGateway({ baseURL: fakeGateway.baseURL, apiKey: 'replaced', headers });
  assert.equal(await textOf(gateway), 'hello');
  assert.equal(fakeGateway.requests[0].authMethod, 'oidc');
});

// Gateway 4 away from `fetch`: sockets of streaming transcription and speech, and realtime.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { MAJORS, SUBJECT, causeOf, issuer, makeProvider, rejectionOf, useFakeGateway } from './setting.mjs';

const fake = useFakeGateway();
const { ai } = MAJORS[4];

/** The constructors that a program may use: the global one sends no headers, that of `ws` does. */
const SOCKETS = { 'the global WebSocket': undefined, 'the WebSocket of ws': WebSocket };

const streamOf = (...chunks) =>
  new ReadableStream({ start: (controller) => (chunks.forEach((chunk) => controller.enqueue(chunk)), controller.close()) });

const transcribe = async (gateway, model = 'demo/listen') =>
  ai.experimental_streamTranscribe({
    model: gateway.transcription(model),
    audio: streamOf(new Uint8Array(70_000)),
    inputAudioFormat: { type: 'audio/pcm', rate: 16_000 },
  }).text;

/** Speaks through the provider itself, whose stream says how it ended. */
async function speak(gateway) {
  const { stream } = await gateway.experimental_speech('demo/speak').doStream({ text: streamOf({ text: 'hello' }) });
  let spoken = '';
  for await (const part of stream) if (part.type === 'audio') spoken += Buffer.from(part.audio, 'base64');
  return spoken;
}

for (const [name, webSocket] of Object.entries(SOCKETS)) {
  for (const [kind, variable, credential, caller] of [
    ['a token', 'VERCEL_OIDC_TOKEN', await issuer.mint(), SUBJECT],
    ['a key', 'AI_GATEWAY_API_KEY', 'good-key', 'api-key'],
  ]) {
    test(`${name} carries ${kind}, and the team, in its subprotocols`, async () => {
      const gateway = makeProvider(fake, 4, { [variable]: credential }, { teamIdOrSlug: 'acme', ...(webSocket && { webSocket }) });
      assert.equal(await transcribe(gateway), '70000 bytes');
      assert.equal(await speak(gateway), 'hello');
      assert.deepEqual(fake.requests, [
        { url: '/v4/ai/transcription-model', method: 'SOCKET', model: 'demo/listen', caller, team: 'acme' },
        { url: '/v4/ai/speech-model', method: 'SOCKET', model: 'demo/speak', caller, team: 'acme' },
      ]);
      for (const request of fake.requests) assert.equal(request.credential, credential);
    });
  }

  test(`${name} is not opened without a credential, nor with an expired one`, async () => {
    for (const env of [{}, { VERCEL_OIDC_TOKEN: await issuer.mint({}, { expiresIn: -1 }) }]) {
      const gateway = makeProvider(fake, 4, env, webSocket && { webSocket });
      assert.equal(causeOf(await rejectionOf(speak(gateway)))?.code, 'ERR_CREDENTIALS_NOT_FOUND');
    }
    assert.equal(fake.requests.length, 0);
  });

  test(`${name} is refused with a wrong credential`, async () => {
    const token = await issuer.mint({ project_id: 'prj_another' });
    const error = await rejectionOf(speak(makeProvider(fake, 4, { VERCEL_OIDC_TOKEN: token }, webSocket && { webSocket })));
    assert.match(error.message, /speech stream/);
    assert.ok(fake.requests.length > 0 && fake.requests.every(({ refused }) => refused === 'ERR_JWT_CLAIM_VALIDATION_FAILED'));
  });
}

test('a socket that is opened later carries the credential of then', async () => {
  const env = { VERCEL_OIDC_TOKEN: await issuer.mint({ jti: '1' }) };
  const gateway = makeProvider(fake, 4, env);
  const model = gateway.transcription('demo/listen');
  await transcribe(gateway);
  env.VERCEL_OIDC_TOKEN = await issuer.mint({ jti: '2' });
  const { stream } = await model.doStream({ audio: streamOf(new Uint8Array(1)), inputAudioFormat: { type: 'audio/pcm', rate: 16_000 } });
  for await (const _ of stream);
  assert.equal(fake.requests[1].credential, env.VERCEL_OIDC_TOKEN);
});

test('client secrets are minted with the credential and its label, and open the socket that they are for', async () => {
  const gateway = makeProvider(fake, 4, { VERCEL_OIDC_TOKEN: await issuer.mint() });
  for (const [factory, model] of [
    ['experimental_realtime', 'demo/talk'],
    ['experimental_transcription', 'demo/listen'],
    ['experimental_speech', 'demo/speak'],
  ]) {
    const { token, url, expiresAt } = await gateway[factory].getToken({ model, expiresAfterSeconds: 90 });
    assert.match(token, /^vcst_/);
    assert.ok(url.startsWith('ws://127.0.0.1:') && expiresAt > Date.now() / 1000);
    const minted = fake.requests.at(-1);
    assert.deepEqual([minted.url, minted.authMethod, minted.caller], ['/v1/realtime/client-secrets', 'oidc', SUBJECT]);
  }
  const { token, url } = await gateway.experimental_realtime.getToken({ model: 'demo/talk' });
  const { protocols } = gateway.experimental_realtime('demo/talk').getWebSocketConfig({ token, url });
  assert.equal(await echo(new WebSocket(url, protocols)), 'hello');
  assert.equal(fake.requests.at(-1).caller, 'client-secret');
});

test('the configuration of a server’s realtime socket holds the credential with its own label', async () => {
  for (const [env, authMethod, caller] of [
    [{ VERCEL_OIDC_TOKEN: await issuer.mint() }, 'oidc', SUBJECT],
    [{ AI_GATEWAY_API_KEY: 'good-key' }, 'api-key', 'api-key'],
  ]) {
    const model = makeProvider(fake, 4, env, { teamIdOrSlug: 'acme' }).experimental_realtime('demo/talk');
    const { url, headers } = await model.getServerWebSocketConfig();
    assert.equal(headers['x-vercel-ai-gateway-team'], 'acme');
    assert.equal(await echo(new WebSocket(url, { headers })), 'hello');
    assert.deepEqual(fake.requests.at(-1), { url: '/v4/ai/realtime-model', method: 'SOCKET', model: 'demo/talk', authMethod, caller });
  }
  const without = makeProvider(fake, 4, {}).experimental_realtime('demo/talk');
  assert.equal(causeOf(await rejectionOf(without.getServerWebSocketConfig()))?.code, 'ERR_CREDENTIALS_NOT_FOUND');
});

/** Sends a text over a socket, and resolves to what comes back. */
const echo = (socket) =>
  new Promise((resolve, reject) => {
    socket.on('open', () => socket.send('hello'));
    socket.on('error', reject);
    socket.on('message', (data) => (socket.close(), resolve(String(data))));
  });

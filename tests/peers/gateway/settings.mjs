// `aiGatewaySettings` is for gateway 3, and gateway 4 refuses it before anything that stands for the key can leave.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { MAJORS, SUBJECT, causeOf, countersign, issuer, rejectionOf, shown, textOf, useFakeGateway } from './setting.mjs';

const fake = useFakeGateway();
const settings = (major, env) => countersign.aiGatewaySettings({ baseURL: `${fake.origin}/v${major}/ai`, env, refresh: false });

/** The ways in which programs hand them over. */
const SPELLINGS = {
  'as they are': (given) => given,
  spread: (given) => ({ ...given, headers: { 'x-trace': 'a' } }),
  assigned: (given) => Object.assign({}, given),
};

for (const [spelling, spell] of Object.entries(SPELLINGS)) {
  test(`gateway 3 takes the settings: ${spelling}`, async () => {
    const gateway = MAJORS[3].createGateway(spell(settings(3, { VERCEL_OIDC_TOKEN: await issuer.mint() })));
    assert.equal(await textOf(gateway), 'hello');
    await gateway.getCredits();
    assert.deepEqual(
      fake.requests.map(({ authMethod, caller }) => [authMethod, caller]),
      [
        ['oidc', SUBJECT],
        ['oidc', SUBJECT],
      ],
    );
  });

  test(`gateway 4 refuses the settings by name, and sends nothing: ${spelling}`, async () => {
    for (const webSocket of [undefined, WebSocket]) {
      const gateway = MAJORS[4].createGateway({ ...spell(settings(4, { AI_GATEWAY_API_KEY: 'good-key' })), webSocket });
      const audio = () => new ReadableStream({ start: (controller) => controller.close() });
      const calls = {
        text: () => textOf(gateway),
        models: () => gateway.getAvailableModels(),
        credits: () => gateway.getCredits(),
        secret: () => gateway.experimental_realtime.getToken({ model: 'demo/talk' }),
        'transcription secret': () => gateway.experimental_transcription.getToken({ model: 'demo/listen' }),
        'server configuration': async () => gateway.experimental_realtime('demo/talk').getServerWebSocketConfig(),
        'browser configuration': async () =>
          gateway.experimental_realtime('demo/talk').getWebSocketConfig({ token: 'vcst_1', url: 'wss://x' }),
        transcription: () =>
          gateway.transcription('demo/listen').doStream({ audio: audio(), inputAudioFormat: { type: 'audio/pcm', rate: 16_000 } }),
        speech: () => gateway.experimental_speech('demo/speak').doStream({ text: audio() }),
      };
      for (const [name, call] of Object.entries(calls)) {
        const error = await rejectionOf(call());
        const cause = causeOf(error);
        assert.deepEqual([cause?.code, cause?.option], ['ERR_INVALID_OPTION', 'aiGatewaySettings'], `${name}: ${shown(error)}`);
        assert.match(cause.message, /`createAiGateway`/);
      }
    }
    assert.deepEqual(fake.requests, []);
  });
}

test('what stands for the key is not a subprotocol, so that no socket can send it even where a team is set after the settings', async () => {
  for (const webSocket of [undefined, WebSocket]) {
    const gateway = MAJORS[4].createGateway({ ...settings(4, {}), teamIdOrSlug: 'acme', webSocket });
    const { stream } = await gateway
      .experimental_speech('demo/speak')
      .doStream({ text: new ReadableStream({ start: (controller) => controller.close() }) });
    await assert.rejects(stream.getReader().read());
  }
  assert.deepEqual(fake.requests, []);
});

test('the settings have a base URL only if one was given, and show no secret', () => {
  const given = countersign.aiGatewaySettings({ staticKey: 'secret-key' });
  assert.ok(!('baseURL' in given));
  assert.ok(!shown(given).includes('secret-key'));
});

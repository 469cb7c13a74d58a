// Every kind of HTTP request of the real providers carries the credential and its label.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAJORS, SUBJECT, countersign, issuer, makeProvider, useFakeGateway } from './setting.mjs';

const fake = useFakeGateway();

for (const [major, { ai, createGateway }] of Object.entries(MAJORS)) {
  const request = (path, method = 'POST') => ({
    url: path.startsWith('/') ? path : `/v${major}/ai/${path}`,
    method,
    authMethod: 'oidc',
    caller: SUBJECT,
  });

  test(`gateway ${major}: generateText and streamText send the deployment’s own identity`, async () => {
    const gateway = makeProvider(fake, major, { VERCEL_OIDC_TOKEN: await issuer.mint() });
    assert.equal((await ai.generateText({ model: gateway('demo/echo'), prompt: 'hello' })).text, 'hello');
    let streamed = '';
    for await (const delta of ai.streamText({ model: gateway('demo/echo'), prompt: 'hello again' }).textStream) streamed += delta;
    assert.equal(streamed, 'hello again');
    assert.deepEqual(fake.requests, [request('language-model'), request('language-model')]);
  });

  test(`gateway ${major}: embeddings and images send it`, async () => {
    const gateway = makeProvider(fake, major, { VERCEL_OIDC_TOKEN: await issuer.mint() });
    const { embedding } = await ai.embed({ model: gateway.embeddingModel('demo/embed'), value: 'four' });
    assert.deepEqual(embedding, [4, 1]);
    const generateImage = ai.generateImage ?? ai.experimental_generateImage;
    const { image } = await generateImage({ model: gateway.imageModel('demo/image'), prompt: 'a picture' });
    assert.equal(Buffer.from(image.uint8Array).toString(), 'a picture');
    assert.deepEqual(fake.requests, [request('embedding-model'), request('image-model')]);
  });

  test(`gateway ${major}: speech, transcription and reranking send it`, async () => {
    const gateway = makeProvider(fake, major, { VERCEL_OIDC_TOKEN: await issuer.mint() });
    const { audio } = await gateway.speechModel('demo/speak').doGenerate({ text: 'hello' });
    assert.equal(Buffer.from(audio, 'base64').toString(), 'hello');
    assert.equal(
      (await gateway.transcriptionModel('demo/listen').doGenerate({ audio: new Uint8Array(3), mediaType: 'audio/wav' })).text,
      '3 bytes',
    );
    const { ranking } = await gateway.rerankingModel('demo/rank').doRerank({ documents: { type: 'text', values: ['a'] }, query: 'q' });
    assert.deepEqual(
      ranking.map(({ index }) => index),
      [0],
    );
    assert.deepEqual(fake.requests, [request('speech-model'), request('transcription-model'), request('reranking-model')]);
  });

  test(`gateway ${major}: the list of models and the credits, outside the base URL, send it`, async () => {
    const gateway = makeProvider(fake, major, { VERCEL_OIDC_TOKEN: await issuer.mint() });
    const { models } = await gateway.getAvailableModels();
    assert.deepEqual(
      models.map(({ id }) => id),
      ['demo/echo'],
    );
    assert.deepEqual(await gateway.getCredits(), { balance: '10.00', totalUsed: '1.50' });
    assert.deepEqual(fake.requests, [request('config', 'GET'), request('/v1/credits', 'GET')]);
  });

  test(`gateway ${major}: without a base URL it is the provider’s own, and gets the credential`, async () => {
    const sent = [];
    const fetch = async (url, { headers }) => {
      sent.push([url, new Headers(headers).get('authorization')]);
      return Response.json({ models: [] });
    };
    await countersign.createAiGateway(createGateway, { staticKey: 'good-key', fetch }).getAvailableModels();
    assert.deepEqual(sent, [[`https://ai-gateway.vercel.sh/v${major}/ai/config`, 'Bearer good-key']]);
  });

  test(`gateway ${major}: other settings reach the provider`, async () => {
    let sent;
    const fetch = (url, init) => ((sent = new Headers(init.headers)), globalThis.fetch(url, init));
    const gateway = makeProvider(
      fake,
      major,
      {},
      { staticKey: 'good-key', fetch, headers: { 'x-trace': 'a' }, metadataCacheRefreshMillis: 0 },
    );
    await gateway.getAvailableModels();
    assert.deepEqual([sent.get('x-trace'), sent.get('authorization')], ['a', 'Bearer good-key']);
  });
}

test('gateway 4: the team goes along, and gateway 3, which would ignore it, refuses it', async () => {
  const gateway = makeProvider(fake, 4, { AI_GATEWAY_API_KEY: 'good-key' }, { teamIdOrSlug: 'acme' });
  await gateway.getCredits();
  await MAJORS[4].ai.generateText({ model: gateway('demo/echo'), prompt: 'hello' });
  assert.deepEqual(
    fake.requests.map(({ url, team }) => [url, team]),
    [
      ['/v1/credits?slug=acme', 'acme'],
      ['/v4/ai/language-model', 'acme'],
    ],
  );
  for (const option of ['teamIdOrSlug', 'webSocket', 'batchResultDownloads']) {
    const value = { teamIdOrSlug: 'acme', webSocket: class {}, batchResultDownloads: {} }[option];
    assert.throws(() => makeProvider(fake, 3, {}, { [option]: value }), {
      code: 'ERR_INVALID_OPTION',
      option,
      message: /needs `@ai-sdk\/gateway` 4/,
    });
  }
});

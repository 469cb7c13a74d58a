// The credential goes to the provider's own origin only, also after a redirect.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { MAJORS, countersign, prompt, rejectionOf, textOf } from './setting.mjs';

const TEXT = {
  content: [{ type: 'text', text: 'hello' }],
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: { inputTokens: {}, outputTokens: {} },
  warnings: [],
};

/** A server that records what it is sent. `respond` gives the status and the `location` for a path, or nothing. */
async function startServer() {
  const server = { received: [], respond: () => undefined };
  const listener = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    server.received.push({ path: request.url, method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString() });
    const [status, location] = server.respond(request.url) ?? [200];
    response.writeHead(status, { 'content-type': 'application/json', ...(location && { location }) });
    response.end(JSON.stringify(status === 200 ? TEXT : {}));
  });
  listener.keepAliveTimeout = 0;
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const close = () => (listener.closeAllConnections(), listener.close());
  return Object.assign(server, { origin: `http://127.0.0.1:${listener.address().port}`, close });
}

let own;
let other;
before(async () => {
  [own, other] = [await startServer(), await startServer()];
});
after(() => [own, other].forEach((server) => server.close()));
beforeEach(() => [own, other].forEach((server) => Object.assign(server, { received: [], respond: () => undefined })));

test('the reason for the rule: fetch strips the credential at another origin, and leaves label, team and prompt', async () => {
  own.respond = () => [307, `${other.origin}/taken`];
  const headers = { authorization: 'Bearer secret-key', 'ai-gateway-auth-method': 'api-key', 'x-vercel-ai-gateway-team': 'acme' };
  await fetch(`${own.origin}/v4/ai/language-model`, { method: 'POST', headers, body: 'a prompt' });
  const [{ headers: left, body }] = other.received;
  assert.deepEqual(
    [left.authorization, left['ai-gateway-auth-method'], left['x-vercel-ai-gateway-team'], body],
    [undefined, 'api-key', 'acme', 'a prompt'],
  );
});

for (const [major, { createGateway }] of Object.entries(MAJORS)) {
  const makeProvider = () => countersign.createAiGateway(createGateway, { baseURL: `${own.origin}/v${major}/ai`, staticKey: 'secret-key' });

  for (const status of [301, 302, 303, 307, 308]) {
    test(`gateway ${major}: a redirect (${status}) to another origin is not followed`, async () => {
      own.respond = () => [status, `${other.origin}/taken`];
      const error = await rejectionOf(textOf(makeProvider()));
      assert.deepEqual([error.statusCode, error.isRetryable], [status, false]);
      await rejectionOf(makeProvider().getAvailableModels());
      assert.deepEqual(other.received, []);
      assert.equal(own.received.length, 2);
    });
  }

  test(`gateway ${major}: a redirect within the origin is followed with method, body, credential and label`, async () => {
    own.respond = (path) => (path.endsWith('/') ? undefined : [308, `${path}/`]);
    assert.equal(await textOf(makeProvider()), 'hello');
    const [first, second] = own.received;
    assert.deepEqual([second.path, second.method, second.body], [`/v${major}/ai/language-model/`, 'POST', first.body]);
    for (const { headers } of own.received)
      assert.deepEqual([headers.authorization, headers['ai-gateway-auth-method']], ['Bearer secret-key', 'api-key']);
  });

  test(`gateway ${major}: neither is one that leaves the origin at its second step, nor a circle`, async () => {
    own.respond = (path) => (path.endsWith('/') ? [307, `${other.origin}/taken`] : [307, `${path}/`]);
    await rejectionOf(textOf(makeProvider()));
    assert.deepEqual([own.received.length, other.received.length], [2, 0]);
    own.received = [];
    own.respond = (path) => [307, path];
    assert.equal((await rejectionOf(textOf(makeProvider()))).statusCode, 307);
    assert.equal(own.received.length, 21);
  });

  test(`gateway ${major}: a request of the provider to another origin carries neither credential nor label`, async () => {
    let send;
    const capture = (settings) => ((send = settings.fetch ?? send), createGateway(settings));
    countersign.createAiGateway(capture, { baseURL: `${own.origin}/v${major}/ai`, staticKey: 'secret-key' });
    await send(`${other.origin}/file`, {
      headers: { Authorization: 'Bearer secret-key', 'ai-gateway-auth-method': 'api-key', accept: 'text/plain' },
    });
    const [{ headers }] = other.received;
    assert.deepEqual([headers.authorization, headers['ai-gateway-auth-method'], headers.accept], [undefined, undefined, 'text/plain']);
  });
}

test('a header of the caller takes the place of neither', async () => {
  const gateway = countersign.createAiGateway(MAJORS[4].createGateway, { baseURL: `${own.origin}/v4/ai`, staticKey: 'secret-key' });
  await gateway('demo/echo').doGenerate({ prompt, headers: { authorization: 'Bearer other', 'ai-gateway-auth-method': 'oidc' } });
  const [{ headers }] = own.received;
  assert.deepEqual([headers.authorization, headers['ai-gateway-auth-method']], ['Bearer secret-key', 'api-key']);
});

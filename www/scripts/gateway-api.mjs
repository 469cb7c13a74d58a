// A fake of Vercel's AI Gateway on this machine: it lets in who the gateway would, API keys by its list and OIDC tokens by
// this package's verifier, and answers what the AI SDK's provider asks for. The model says back what it was told.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** Starts it. `verifier` checks OIDC tokens, `apiKeys` are the keys that it knows. */
export async function startGateway({ verifier, apiKeys = [] }) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const { url, method, headers } = request;
    const chunks = await collect(request);
    const seen = { url, method, authMethod: headers['ai-gateway-auth-method'] };
    requests.push(seen);
    const answer = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    try {
      seen.caller = await whoIsCalling(headers, verifier, apiKeys);
    } catch (error) {
      seen.refused = error.code ?? error.message;
      return answer(401, { error: { message: `refused: ${seen.refused}`, type: 'authentication_error', param: null, code: null }, generationId: null });
    }
    if (url === '/v1/credits') return answer(200, { balance: '10.00', total_used: '1.50' });
    if (url === '/v3/ai/config') return answer(200, { models: [MODEL] });
    if (url !== '/v3/ai/language-model') return answer(404, { error: { message: 'no such path', type: 'invalid_request_error', param: null, code: null } });
    const text = said(JSON.parse(Buffer.concat(chunks).toString()));
    if (headers['ai-language-model-streaming'] === 'true') return stream(response, text);
    answer(200, { content: [{ type: 'text', text }], ...END, warnings: [] });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    baseURL: `${origin}/v3/ai`,
    /** What was asked, by whom, and why it was refused. */
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The method that the caller names decides how the credential is judged, as in the gateway. */
async function whoIsCalling(headers, verifier, apiKeys) {
  const [, credential] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
  if (credential === undefined) throw new Error('no bearer token');
  if (headers['ai-gateway-auth-method'] === 'oidc') return (await verifier.verify(credential)).claims.sub;
  if (headers['ai-gateway-auth-method'] === 'api-key' && apiKeys.includes(credential)) return 'api-key';
  throw new Error('an unknown API key');
}

const MODEL = { id: 'demo/echo', name: 'Echo', specification: { specificationVersion: 'v3', provider: 'demo', modelId: 'demo/echo' }, modelType: 'language' };
const END = {
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: { inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 }, outputTokens: { total: 1, text: 1, reasoning: 0 } },
};

function stream(response, text) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const parts = [{ type: 'text-start', id: '0' }, { type: 'text-delta', id: '0', delta: text }, { type: 'text-end', id: '0' }, { type: 'finish', ...END }];
  for (const part of parts) response.write(`data: ${JSON.stringify(part)}\n\n`);
  response.end('data: [DONE]\n\n');
}

const said = ({ prompt }) => prompt.flatMap(({ content }) => (typeof content === 'string' ? [content] : content.map(({ text }) => text))).join(' ');

async function collect(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks;
}

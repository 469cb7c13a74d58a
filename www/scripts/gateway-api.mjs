// A fake of Vercel's AI Gateway on this machine. It accepts the callers that the gateway accepts: API keys by its list, and
// OIDC tokens by this package's verifier. It answers what gateway 3 and 4 of the AI SDK request, and repeats what it is told.

import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * Starts the fake. `verifier` verifies OIDC tokens, and `apiKeys` are the keys that it knows. `WebSocketServer` of the package
 * `ws` makes it accept sockets too.
 */
export async function startGateway({ verifier, apiKeys = [], WebSocketServer }) {
  const state = { verifier, apiKeys, requests: [], statuses: [], secrets: new Map() };
  const server = createServer((request, response) => answer(state, request, response));
  // A machine under load may be slower than the time-out, and a connection must not end as the next request is sent on it.
  server.keepAliveTimeout = 0;
  const sockets = WebSocketServer && acceptSockets(state, server, WebSocketServer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    /** The base URL of gateway 4. Gateway 3 has `/v3/ai`. */
    baseURL: `${origin}/v4/ai`,
    /**
     * The requests and the sockets: what was called, by whom, and why it was refused. The `credential` that was presented and
     * the `prompt` are not enumerable.
     */
    requests: state.requests,
    /** Answers the next authenticated requests with these statuses. */
    fail: (...statuses) => state.statuses.push(...statuses),
    async close() {
      for (const socket of sockets?.clients ?? []) socket.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(state, request, response) {
  const { url, method, headers } = request;
  const chunks = await collect(request);
  const send = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1' });
    response.end(JSON.stringify(body));
  };
  const fail = (status, message, type) => send(status, { error: { message, type, param: null, code: null }, generationId: null });

  const team = headers['x-vercel-ai-gateway-team'];
  const seen = { url, method, authMethod: headers['ai-gateway-auth-method'], ...(team && { team }) };
  state.requests.push(seen);
  try {
    seen.caller = await authenticate(state, headers, seen);
  } catch (error) {
    seen.refused = error.code ?? error.message;
    return fail(401, `refused: ${seen.refused}`, 'authentication_error');
  }
  const status = state.statuses.shift();
  if (status !== undefined) return fail(status, 'as the test wants it', 'internal_server_error');

  const { pathname } = new URL(url, 'http://gateway');
  const [, version, call] = /^\/v([34])\/ai\/([\w-]+)$/.exec(pathname) ?? [];
  const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
  if (pathname === '/v1/credits') return send(200, { balance: '10.00', total_used: '1.50' });
  if (pathname === '/v1/realtime/client-secrets') return send(200, mintSecret(state, body));
  if (call === 'language-model') note(seen, { prompt: promptOf(body) });
  const streaming = call === 'language-model' && headers['ai-language-model-streaming'] === 'true';
  if (streaming) return stream(response, promptOf(body));
  const result = RESULTS[call]?.(body, version);
  return result ? send(200, result) : fail(404, 'no such path', 'invalid_request_error');
}

/** Adds members that a comparison of the whole leaves out. */
const note = (seen, members) => Object.entries(members).forEach(([name, value]) => Object.defineProperty(seen, name, { value }));

/** Returns the caller. The kind that the caller names decides how the credential is judged, as in the gateway. */
async function authenticate(state, headers, seen) {
  const [, credential] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
  if (credential === undefined) throw new Error('no bearer token');
  note(seen, { credential });
  if (headers['ai-gateway-auth-method'] === 'oidc') return (await state.verifier.verify(credential)).claims.sub;
  if (headers['ai-gateway-auth-method'] === 'api-key' && state.apiKeys.includes(credential)) return 'api-key';
  throw new Error('an unknown API key');
}

const END = {
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: { inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 }, outputTokens: { total: 1, text: 1, reasoning: 0 } },
};

/** The responses by the last part of the path, the same in gateway 3 and 4 but for the version of the model. */
const RESULTS = {
  config: (_, version) => ({
    models: [
      {
        id: 'demo/echo',
        name: 'Echo',
        specification: { specificationVersion: `v${version}`, provider: 'demo', modelId: 'demo/echo' },
        modelType: 'language',
      },
    ],
  }),
  'language-model': (body) => ({ content: [{ type: 'text', text: promptOf(body) }], ...END, warnings: [] }),
  'embedding-model': ({ values }) => ({ embeddings: values.map((value) => [value.length, 1]), usage: { tokens: values.length } }),
  'reranking-model': ({ documents }) => ({ ranking: documents.values.map((_, index) => ({ index, relevanceScore: 1 })) }),
  'speech-model': ({ text }) => ({ audio: Buffer.from(text).toString('base64') }),
  'transcription-model': ({ audio }) => ({ text: `${Buffer.from(audio, 'base64').length} bytes` }),
  'image-model': ({ prompt }) => ({ images: [Buffer.from(prompt).toString('base64')], warnings: [] }),
};

function stream(response, text) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const parts = [
    { type: 'stream-start', warnings: [] },
    { type: 'text-start', id: '0' },
    { type: 'text-delta', id: '0', delta: text },
    { type: 'text-end', id: '0' },
    { type: 'finish', ...END },
  ];
  for (const part of parts) response.write(`data: ${JSON.stringify(part)}\n\n`);
  response.end('data: [DONE]\n\n');
}

const promptOf = ({ prompt }) =>
  prompt.flatMap(({ content }) => (typeof content === 'string' ? [content] : content.map(({ text }) => text))).join(' ');

/** Mints a client secret for one socket of one model. */
function mintSecret({ secrets }, { model, expiresIn = 60, routeKind = 'realtime' }) {
  const token = `vcst_${secrets.size}`;
  secrets.set(token, { model, routeKind });
  return { token, expiresAt: Math.floor(Date.now() / 1000) + expiresIn };
}

/** Accepts sockets for transcription, speech and realtime, with the credential in a subprotocol or in the headers. */
function acceptSockets(state, server, WebSocketServer) {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (protocols) => [...protocols][0] });
  server.on('upgrade', async (request, socket, head) => {
    const { pathname, searchParams } = new URL(request.url, 'http://gateway');
    const [, kind] = /^\/v4\/ai\/(transcription|speech|realtime)-model$/.exec(pathname) ?? [];
    const seen = { url: pathname, method: 'SOCKET', model: searchParams.get('ai-model-id') };
    state.requests.push(seen);
    try {
      const authMethod = request.headers['ai-gateway-auth-method'];
      if (authMethod) seen.authMethod = authMethod;
      Object.assign(seen, await authenticateSocket(state, kind, seen, request.headers));
    } catch (error) {
      seen.refused = error.code ?? error.message;
      return socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
    }
    sockets.handleUpgrade(request, socket, head, (connection) => CONVERSATIONS[kind](connection));
  });
  return sockets;
}

/** Returns the caller and the team of a socket. No header labels its credential, so that its form decides. */
async function authenticateSocket(state, kind, seen, headers) {
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  const withoutPrefix = (prefix) => protocols.find((protocol) => protocol.startsWith(prefix))?.slice(prefix.length);
  const encodedTeam = withoutPrefix('ai-gateway-team.');
  const team = encodedTeam && { team: Buffer.from(encodedTeam, 'base64url').toString() };
  const credential = withoutPrefix('ai-gateway-auth.');
  if (credential === undefined) return { caller: await authenticate(state, headers, seen), ...team };
  if (!protocols.includes(`ai-gateway-${kind}.v1`)) throw new Error('another subprotocol');
  note(seen, { credential });
  const secret = state.secrets.get(credential);
  if (secret) {
    if (secret.routeKind !== kind || secret.model !== seen.model) throw new Error('a client secret of another socket');
    return { caller: 'client-secret', ...team };
  }
  if (state.apiKeys.includes(credential)) return { caller: 'api-key', ...team };
  return { caller: (await state.verifier.verify(credential)).claims.sub, ...team };
}

/** What each kind of socket says, in the envelopes of `@ai-sdk/provider-utils` 5. */
const CONVERSATIONS = {
  transcription(socket) {
    let bytes = 0;
    socket.on('message', (data, isBinary) => {
      if (isBinary) bytes += data.length;
      else if (JSON.parse(data).type === 'transcription-stream.audio-done') {
        for (const part of [
          { type: 'stream-start', warnings: [] },
          { type: 'finish', text: `${bytes} bytes`, segments: [] },
        ])
          socket.send(JSON.stringify(part));
      }
    });
  },
  speech(socket) {
    socket.send(JSON.stringify({ type: 'stream-start', warnings: [] }));
    socket.on('message', (data) => {
      const { type, delta } = JSON.parse(data);
      const audio = type === 'speech-stream.text-delta' && Buffer.from(delta).toString('base64');
      if (audio) socket.send(JSON.stringify({ type: 'audio', audio, audioFormat: { type: 'audio/mpeg' } }));
      if (type === 'speech-stream.text-done') socket.send(JSON.stringify({ type: 'finish' }));
    });
  },
  realtime(socket) {
    socket.on('message', (data) => socket.send(data));
  },
};

async function collect(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks;
}

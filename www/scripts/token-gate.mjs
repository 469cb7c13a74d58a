// What stands for the AI Gateway where only its door matters: 200 for a token that the verifier accepts, 401 for anything else.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** Starts it: `{ url, requests, stop() }`. `requests` has the path, the token, the method that the caller named, and the status of each. */
export async function startTokenGate(verifier) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    const isGood = await verifier.verify(token ?? '').then(
      () => true,
      () => false,
    );
    const status = isGood && request.headers['ai-gateway-auth-method'] === 'oidc' ? 200 : 401;
    requests.push({ path: request.url, token, authMethod: request.headers['ai-gateway-auth-method'], status });
    request.resume();
    response.writeHead(status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    stop() {
      server.closeAllConnections();
      server.close();
      return once(server, 'close');
    },
  };
}

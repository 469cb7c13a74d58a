// The test issuer over HTTP. No import of a Node.js module: bundles for the edge and for browsers would stumble over it.

import type { AddressInfo } from 'node:net';

import { CountersignError } from '../errors.js';

/** A server on 127.0.0.1. */
export interface Listener {
  /** Where the issuer's documents are: `http://127.0.0.1:<port>` and the path of the issuer. */
  readonly url: string;
  /** The key set's URL, for the `jwks` option of a verifier. */
  readonly jwksUrl: string;
  /** Stops the server and drops its connections. */
  close(): Promise<void>;
}

/** Serves what `answer` has for a path as JSON. */
export async function listen(answer: (path: string) => unknown, issuerPath: string, port = 0): Promise<Listener> {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: 'node:http') => typeof import('node:http') } };
  const http = process?.getBuiltinModule?.('node:http');
  if (!http) {
    throw new CountersignError({
      code: 'ERR_INVALID_OPTION',
      message: '`listen()` needs Node.js 20.16 or newer, Deno or Bun; use the test issuer\'s `fetch` elsewhere',
    });
  }
  const server = http.createServer((request, response) => {
    const body = answer(request.url ?? '');
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { error: 'not found' }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${issuerPath.replace(/\/+$/, '')}`;
  return {
    url,
    jwksUrl: `${url}/.well-known/jwks`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

// The test issuer over HTTP.

import { type LocalServer, serve } from './serve.js';

/** The test issuer as a server on 127.0.0.1. */
export interface Listener extends LocalServer {
  /** The base URL of the issuer's documents: `http://127.0.0.1:<port>` and the path of the issuer. */
  readonly url: string;
  /** The key set's URL, for the `jwks` option of a verifier. */
  readonly jwksUrl: string;
}

/** Serves what `answer` has for a path as JSON. */
export async function listen(answer: (path: string) => unknown, issuerPath: string, port?: number): Promise<Listener> {
  const server = await serve(async (request) => {
    const body = answer(new URL(request.url).pathname);
    return Response.json(body ?? { error: 'not found' }, { status: body === undefined ? 404 : 200 });
  }, port);
  const url = server.url + issuerPath.replace(/\/+$/, '');
  return { url, jwksUrl: `${url}/.well-known/jwks`, close: server.close };
}

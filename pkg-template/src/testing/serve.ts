// Answers over HTTP on this machine. No import of a Node.js module: bundles for the edge and for browsers would stumble over it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { CountersignError } from '../core/errors.js';

/** A server on 127.0.0.1. */
export interface LocalServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Stops the server and drops its connections. */
  close(): Promise<void>;
}

/** How much of a request's body is read. */
const MAX_BODY_BYTES = 1_048_576;

/** Serves what `answer` makes of a request, on a free port unless one is given. */
export async function serve(answer: (request: Request) => Promise<Response>, port = 0): Promise<LocalServer> {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: 'node:http') => typeof import('node:http') } };
  const http = process?.getBuiltinModule?.('node:http');
  if (!http) {
    throw new CountersignError({
      code: 'ERR_INVALID_OPTION',
      message: '`listen()` needs Node.js 20.16 or newer, Deno or Bun; use `fetch` of the same object elsewhere',
    });
  }
  let url = '';
  const server = http.createServer((incoming, outgoing) => {
    // Whatever goes wrong here is a broken connection to the client, as it is with any server.
    exchange(url, incoming, outgoing, answer).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function exchange(
  origin: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (request: Request) => Promise<Response>,
): Promise<void> {
  const body = await read(incoming);
  const { method = 'GET' } = incoming;
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]);
  const response = await answer(new Request(origin + incoming.url, { method, headers, ...(body && { body }) }));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) outgoing.write(part.value);
  outgoing.end();
}

/** The body; undefined for none, as a GET wants it. */
async function read(incoming: IncomingMessage): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) throw new Error('the body is too large');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode() || undefined;
}

// Sends one request of the core, within its time and size limits. The core validates the response.

import type { PendingRequest } from '../verify_bg.js';
import { ownOptions } from './options.js';

/** A request of the core. */
export type Sendable = Omit<PendingRequest, 'operation'>;

/** Reason for a missing response, by its name in the core. */
export class Failure {
  readonly name: 'timeout' | 'too-large' | 'network';
  /** The value that `fetch` has thrown. It may hold secrets of the request, so it is never shown as it is. */
  readonly cause: unknown;

  constructor(name: Failure['name'], cause?: unknown) {
    this.name = name;
    this.cause = cause;
  }
}

/** A complete response. */
export interface HttpResponse {
  status: number;
  /** Names, in lower case, and values in turn. */
  headers: string[];
  body: Uint8Array;
}

/**
 * Waits as long as the request says, then sends it. Never throws, and never takes longer than the request allows, whatever the
 * fetch that it is given does.
 */
export async function send(given: Sendable, fetcher: typeof fetch): Promise<HttpResponse | Failure> {
  const request = ownOptions(given);
  // Not at all where there is no delay: even an awaited nothing lets others run before the request is on its way.
  if (request.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, request.delayMs));
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Failure>((resolve) => {
    timer = setTimeout(() => resolve(new Failure('timeout')), request.timeoutMs);
  });
  const exchange = async () => {
    // Without a prototype: the runtime reads members of `Object.prototype`, too.
    const response = await fetcher(request.url, {
      __proto__: null,
      method: request.method,
      headers: headersOf(request.headers),
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: 'manual',
      signal: abort.signal,
    } as RequestInit);
    const headers = [...(response.headers ?? [])].flat();
    return { status: response.status, headers, body: await readBody(response, request.maxBodyBytes) };
  };
  try {
    return await Promise.race([exchange(), late]);
  } catch (thrown) {
    return thrown instanceof Failure ? thrown : new Failure('network', thrown);
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

/** An object of headers, in the spelling that other SDKs use: mocks of `fetch` read `init.headers.Authorization`. */
function headersOf(pairs: Sendable['headers']): Record<string, string> {
  return Object.fromEntries(pairs.map(([name, value]) => [name.replace(/(?<![a-z0-9])[a-z]/g, (letter) => letter.toUpperCase()), value]));
}

/** The body as far as it may go: a larger one is refused on the way, before it has filled the memory. */
export async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    length += part.value.byteLength;
    if (length > maxBytes) throw new Failure('too-large');
    chunks.push(part.value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

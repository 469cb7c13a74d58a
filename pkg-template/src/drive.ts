// Carries out the requests that the core asks for. Every answer is judged there; here are the limits.

import { callIn, clock } from './core.js';

/** A request, as the core words it. */
export interface HttpRequest {
  flight: number;
  method: string;
  url: string;
  headers: [string, string][];
  body?: string;
  /** How long to wait before it is sent. */
  delayMs: number;
  timeoutMs: number;
  maxBodyBytes: number;
}

/** Why there is no whole answer; the core knows these names. */
class Failure {
  readonly name: 'timeout' | 'too-large' | 'network';

  constructor(name: Failure['name']) {
    this.name = name;
  }
}

/**
 * Carries out a request of the given instance and those that follow from its answer. Resolves to what the core makes of the
 * last one, and throws what it refuses.
 */
export async function drive<T>(first: HttpRequest, instance: number, fetcher: typeof fetch): Promise<T> {
  let next: HttpRequest | T = first;
  while (isRequest(next)) {
    const { flight, delayMs }: HttpRequest = next;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    const outcome = await send(next, fetcher);
    next = callIn(instance, (wasm): HttpRequest | T =>
      outcome instanceof Failure
        ? wasm.flight_failed(flight, outcome.name, clock())
        : wasm.flight_answered(flight, outcome.status, outcome.headers, outcome.body, clock()),
    );
  }
  return next;
}

/** Nothing else that comes out of the core has a flight's number. */
export function isRequest(value: unknown): value is HttpRequest {
  return typeof value === 'object' && value !== null && 'flight' in value;
}

interface Answer {
  status: number;
  /** Names, in lower case, and values in turn. */
  headers: string[];
  body: Uint8Array;
}

/** Never throws, and never takes longer than the request allows, whatever the fetch that it is given does. */
async function send(request: HttpRequest, fetcher: typeof fetch): Promise<Answer | Failure> {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Failure>((resolve) => {
    timer = setTimeout(() => resolve(new Failure('timeout')), request.timeoutMs);
  });
  const exchange = async () => {
    const response = await fetcher(request.url, {
      method: request.method,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: 'manual',
      signal: abort.signal,
    });
    const headers = [...(response.headers ?? [])].flat();
    return { status: response.status, headers, body: await read(response, request.maxBodyBytes) };
  };
  try {
    return await Promise.race([exchange(), late]);
  } catch (thrown) {
    return thrown instanceof Failure ? thrown : new Failure('network');
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

/** The body as far as it may go: a larger one is refused on the way, before it has filled the memory. */
async function read(response: Response, maxBytes: number): Promise<Uint8Array> {
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

// The `fetch` through which a gateway provider sends its requests.

import { CountersignError, invalidOption } from '../core/errors.js';

/** The headers by which Vercel's AI Gateway knows the caller. */
export interface AiGatewayHeaders extends Record<string, string> {
  Authorization: string;
  'ai-gateway-auth-method': 'api-key' | 'oidc';
}

/** The header that says which kind of credential a request carries. */
export const AUTH_METHOD = 'ai-gateway-auth-method';

/**
 * Stands for the key where a provider needs a string, and is replaced in each request. It cannot be a WebSocket subprotocol
 * (RFC 6455, section 4.1), since it is not a token of HTTP: a provider that tries that fails before it sends anything.
 */
export const PLACEHOLDER = 'set by countersign';

/** The default origin of every major of `@ai-sdk/gateway`. */
const DEFAULT_ORIGIN = 'https://ai-gateway.vercel.sh';

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** As many redirects as the Fetch standard follows. */
const MAX_REDIRECTS = 20;

/** Returns the origin of the gateway, which is sent a credential. Throws `ERR_INVALID_OPTION` for an unsafe `baseURL`. */
export function gatewayOrigin(baseURL: unknown): string {
  if (baseURL === undefined) return DEFAULT_ORIGIN;
  const { origin, protocol, hostname = '' } = (typeof baseURL === 'string' && parseUrl(baseURL)) || ({} as Partial<URL>);
  if (origin === undefined || (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.has(hostname)))) {
    throw invalidOption('baseURL', 'must be an https URL; http only on 127.0.0.1, [::1] or localhost');
  }
  return origin;
}

/**
 * Makes a `fetch` that sets the credential and its kind on requests to `origin`, from one resolution for each request.
 *
 * Requests to other origins are sent without both. A redirect to another origin is not followed: `fetch` itself strips only
 * `Authorization` then, and would send the kind, the prompt and the names of team and project to the other origin.
 */
export function authorizedFetch(
  origin: string,
  getHeaders: () => Promise<AiGatewayHeaders>,
  fetcher: typeof fetch | undefined,
): typeof fetch {
  return async (input, init) => {
    const send = fetcher ?? globalThis.fetch;
    const request = typeof input === 'object' && 'url' in input ? input : undefined;
    const url = request?.url ?? String(input);
    const headers = new Headers(init?.headers ?? request?.headers);
    if (parseUrl(url)?.origin !== origin) {
      for (const name of ['Authorization', AUTH_METHOD]) headers.delete(name);
      return send(input, { ...init, headers });
    }
    setHeaders(headers, await getHeaders());
    const redirect = init?.redirect ?? request?.redirect ?? 'follow';
    if (redirect !== 'follow') return send(input, { ...init, headers });
    const manual: RequestInit = { ...init, headers, redirect: 'manual' };
    let response = await send(input, manual);
    // The body of a Request cannot be sent twice.
    if (request !== undefined) return response;
    for (let from = url, left = MAX_REDIRECTS; left > 0; left--) {
      const target = redirectTarget(response, from, manual);
      if (target?.origin !== origin) break;
      await response.body?.cancel();
      from = target.href;
      response = await send(from, manual);
    }
    return response;
  };
}

/** The mark by which every copy of the AI SDK knows the error of a call to an API. */
const API_CALL_ERROR = Symbol.for('vercel.ai.error.AI_APICallError');

/**
 * Makes `getHeaders` reject in a form that gateway 3 reports with the text of the `CountersignError`, which is the `cause`. It
 * calls any other error a fault of the server, which the AI SDK retries; and the AI SDK drops the cause of a
 * `GatewayAuthenticationError`. An error that a retry may help stays as it is.
 */
export function rejectingAsInvalidRequest(getHeaders: () => Promise<AiGatewayHeaders>): () => Promise<AiGatewayHeaders> {
  return async () => {
    try {
      return await getHeaders();
    } catch (error) {
      if (!(error instanceof CountersignError) || error.retryable) throw error;
      const data = { error: { type: 'invalid_request_error', message: error.message } };
      // Not enumerable, so that the error prints the same.
      for (const [name, value] of [
        [API_CALL_ERROR, true],
        ['statusCode', 401],
        ['data', data],
      ] as const) {
        Object.defineProperty(error, name, { value, configurable: true });
      }
      throw error;
    }
  };
}

/** Sets the credential and its kind in place of what is there. */
export function setHeaders(headers: Headers, credential: AiGatewayHeaders): Headers {
  for (const [name, value] of Object.entries(credential)) headers.set(name, value);
  return headers;
}

/** Returns where a response redirects to, if the same request can be sent there: with its method and its body. */
function redirectTarget({ status, headers }: Response, from: string, { method = 'GET', body }: RequestInit): URL | undefined {
  const kept = status === 307 || status === 308 || ([301, 302, 303].includes(status) && /^(get|head)$/i.test(method));
  const location = kept && !(body instanceof ReadableStream) ? headers.get('location') : null;
  return location === null ? undefined : parseUrl(location, from);
}

const parseUrl = (url: string, base?: string): URL | undefined => (URL.canParse(url, base) ? new URL(url, base) : undefined);

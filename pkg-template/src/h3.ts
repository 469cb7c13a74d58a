/**
 * A guard for h3 1 and 2, and so for Nitro and Nuxt. Refusals are those of RFC 6750 section 3.
 *
 * @module
 */

import {
  type GuardOptions,
  type TokenVerifier,
  type WebRequest,
  createDecide,
  isPreflight,
  preflightOf,
  toResponse,
} from './guard/decide.js';
import { isWebRequest, notARequest } from './guard/incoming.js';
import type { VerifiedToken } from './verify/verifier.js';

export type { GuardOptions, Refusal, WebRequest } from './guard/decide.js';

/** The part of an event that the guard uses: of h3 2 the `Request`, of h3 1 the parts of one. */
export interface H3Event {
  readonly req?: object | undefined;
  readonly headers?: Pick<Headers, 'get'>;
  readonly method?: string;
  readonly path?: string;
  readonly context: object;
}

/** Options of {@link guard}. Unknown members are refused. */
export interface H3GuardOptions<Claims> extends GuardOptions<Claims> {
  /** Whether preflights (CORS) may go on without a token, to a handler that answers them. Default: false. */
  preflight?: boolean;
}

/** The middleware, and the way to the token in a handler behind it. */
export interface H3Guard<Claims> {
  (event: H3Event): Promise<Response | undefined>;
  /** The verified token of an event that the guard has let through; undefined where it did not run. */
  token(event: H3Event): VerifiedToken<Claims> | undefined;
}

/**
 * Makes middleware that lets only requests with a token pass that the verifier accepts. Handlers find the token at
 * `event.context.token`; `token(event)` returns the same, typed.
 *
 * ```ts
 * // server/middleware/auth.ts of Nitro or Nuxt
 * export default guard(verifier);
 * ```
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function guard<Claims>(verifier: TokenVerifier<Claims>, options: H3GuardOptions<Claims> = {}): H3Guard<Claims> {
  const decide = createDecide(verifier, options, ['preflight']);
  const preflight = preflightOf(options);
  const tokens = new WeakMap<object, VerifiedToken<Claims>>();
  const middleware = async (event: H3Event): Promise<Response | undefined> => {
    const request = requestOf(event);
    if (!request) throw notARequest(event, 'the event of h3', 'h3');
    if (preflight && isPreflight(request.method, (name) => request.headers.get(name))) return undefined;
    const { token, answer } = await decide(request.headers.get('authorization'), request);
    if (!token) return toResponse(answer);
    tokens.set(event, token);
    (event.context as { token?: unknown }).token = token;
    return undefined;
  };
  return Object.assign(middleware, {
    token: (event: H3Event) => tokens.get(event),
    // h3 1 warns of handlers that were not made by its own function.
    __is_handler__: true,
  });
}

/** The request of an event; of h3 1 `req` is that of Node.js. */
function requestOf(event: Partial<H3Event> | undefined): WebRequest | undefined {
  if (typeof event?.context !== 'object') return undefined;
  const { req, headers, method, path } = event;
  if (isWebRequest(req)) return req;
  return typeof headers?.get === 'function' && typeof method === 'string' && typeof path === 'string'
    ? { headers, method, url: path }
    : undefined;
}

/**
 * Guards for Next.js: route handlers, and `proxy.ts` or `middleware.ts`. Refusals are those of RFC 6750 section 3.
 *
 * @module
 */

import { invalidOption } from './core/errors.js';
import { createGuard } from './guard.js';
import { type GuardOptions, type TokenVerifier, createDecide, isPreflight, preflightOf, toResponse } from './guard/decide.js';
import { isWebRequest, notARequest } from './guard/incoming.js';
import type { VerifiedToken } from './verify/verifier.js';

export type { GuardOptions, Refusal, WebRequest } from './guard/decide.js';

/** The second argument of a route handler, as Next.js passes it. */
export interface RouteContext<Params> {
  params: Promise<Params>;
}

/** Options of {@link guard}. Unknown members are refused. */
export interface ProxyGuardOptions<Claims> extends GuardOptions<Claims> {
  /** Whether preflights (CORS) may go on without a token, to a route that answers them. Default: false. */
  preflight?: boolean;
}

/**
 * Wraps a route handler: it runs only for requests with a token that the verifier accepts, and finds that token in its
 * second argument, beside `params`.
 *
 * ```ts
 * export const GET = withVerifiedToken(verifier, (request, { token }) => Response.json(token.claims.project));
 * ```
 *
 * Answers 401 where the token is missing or refused, 400 where the header is malformed, 403 where a scope is missing or
 * `check` is not true, 503 where the issuer's keys could not be fetched. Throws `ERR_INVALID_OPTION`.
 *
 * `Params` is any unless the handler names it, since Next.js requires a second argument that accepts the params of its route.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above
export function withVerifiedToken<Claims, Params = any, Incoming extends Request = Request>(
  verifier: TokenVerifier<Claims>,
  handler: (request: Incoming, context: RouteContext<Params> & { readonly token: VerifiedToken<Claims> }) => Response | Promise<Response>,
  options: GuardOptions<Claims> = {},
): (request: Incoming, context: RouteContext<Params>) => Promise<Response> {
  const { check } = createGuard(verifier, options);
  if (typeof handler !== 'function') throw invalidOption('handler', 'must be a function, the second argument');
  return async (request, context) => {
    const { token, response } = await check(request);
    return token ? handler(request, { ...context, token }) : response;
  };
}

/**
 * A check for `proxy.ts` or `middleware.ts`: resolves to undefined where the request may go on, else to the refusal.
 *
 * ```ts
 * export const proxy = guard(verifier);
 * ```
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function guard<Claims>(
  verifier: TokenVerifier<Claims>,
  options: ProxyGuardOptions<Claims> = {},
): (request: Request) => Promise<Response | undefined> {
  const decide = createDecide(verifier, options, ['preflight']);
  const preflight = preflightOf(options);
  return async (request) => {
    if (!isWebRequest(request)) throw notARequest(request);
    if (preflight && isPreflight(request.method, (name) => request.headers.get(name))) return undefined;
    const { answer } = await decide(request.headers.get('authorization'), request);
    return answer && toResponse(answer);
  };
}

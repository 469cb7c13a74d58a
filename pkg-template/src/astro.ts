/**
 * A guard for Astro, as its middleware. Refusals are those of RFC 6750 section 3.
 *
 * @module
 */

import { type GuardOptions, type TokenVerifier, createDecide, isPreflight, preflightOf, toResponse } from './guard/decide.js';
import { isWebRequest, notARequest } from './guard/incoming.js';

export type { GuardOptions, Refusal, WebRequest } from './guard/decide.js';

/** The part of a context that the guard uses. */
export interface AstroContext {
  readonly request: Request;
  readonly locals: object;
}

/** Options of {@link guard}. Unknown members are refused. */
export interface AstroGuardOptions<Claims> extends GuardOptions<Claims> {
  /** Whether preflights (CORS) may go on without a token, to an endpoint that answers them. Default: false. */
  preflight?: boolean;
}

/**
 * Makes middleware that lets only requests with a token pass that the verifier accepts. Pages and endpoints find the token at
 * `Astro.locals.token`; declare it in `App.Locals`. Pages that are prerendered have no request headers, and cannot be guarded.
 *
 * ```ts
 * // src/middleware.ts
 * export const onRequest = guard(verifier);
 * ```
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function guard<Claims>(
  verifier: TokenVerifier<Claims>,
  options: AstroGuardOptions<Claims> = {},
): (context: AstroContext, next: () => Promise<Response>) => Promise<Response> {
  const decide = createDecide(verifier, options, ['preflight']);
  const preflight = preflightOf(options);
  return async (context, next) => {
    const { request, locals } = (context ?? {}) as Partial<AstroContext>;
    if (!isWebRequest(request) || typeof locals !== 'object' || typeof next !== 'function')
      throw notARequest(context, 'the context of Astro', 'astro');
    if (preflight && isPreflight(request.method, (name) => request.headers.get(name))) return next();
    const { token, answer } = await decide(request.headers.get('authorization'), request);
    if (!token) return toResponse(answer);
    (locals as { token?: unknown }).token = token;
    return next();
  };
}

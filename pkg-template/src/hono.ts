/**
 * A guard for Hono. Refusals are those of RFC 6750 section 3.
 *
 * @module
 */

import { type GuardOptions, type TokenVerifier, createDecide, isPreflight, preflightOf, toResponse } from './guard/decide.js';
import { isWebRequest, notARequest } from './guard/incoming.js';
import type { VerifiedClaims } from './verify/types.js';
import type { VerifiedToken } from './verify/verifier.js';

export type { GuardOptions, Refusal, WebRequest } from './guard/decide.js';

/** The part of a context that the guard uses. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
  set: (name: never, value: never) => void;
}

/** The variables that the guard sets, for the type argument of `Hono`. */
export interface TokenVariables<Claims = VerifiedClaims> {
  token: VerifiedToken<Claims>;
}

/** Options of {@link guard}. Unknown members are refused. */
export interface HonoGuardOptions<Claims> extends GuardOptions<Claims> {
  /** Whether preflights (CORS) may go on without a token, to middleware that answers them. Default: false. */
  preflight?: boolean;
}

/**
 * Makes middleware that lets only requests with a token pass that the verifier accepts. Handlers find the token at
 * `c.get('token')`.
 *
 * ```ts
 * const app = new Hono<{ Variables: TokenVariables }>();
 * app.use('/api/*', guard(verifier));
 * app.get('/api/me', (c) => c.json(c.get('token').claims.sub));
 * ```
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function guard<Claims>(
  verifier: TokenVerifier<Claims>,
  options: HonoGuardOptions<Claims> = {},
): (context: HonoContext, next: () => Promise<void>) => Promise<Response | void> {
  const decide = createDecide(verifier, options, ['preflight']);
  const preflight = preflightOf(options);
  return async (context, next) => {
    const request = (context as Partial<HonoContext> | undefined)?.req?.raw;
    if (!isWebRequest(request) || typeof context.set !== 'function') throw notARequest(context, 'the context of Hono', 'hono');
    if (preflight && isPreflight(request.method, (name) => request.headers.get(name))) return next();
    const { token, answer } = await decide(request.headers.get('authorization'), request);
    if (!token) return toResponse(answer);
    (context.set as (name: string, value: unknown) => void)('token', token);
    return next();
  };
}

/**
 * A guard for React Router 7 and 8, as middleware of a route. Refusals are those of RFC 6750 section 3.
 *
 * @module
 */

import { type GuardOptions, type TokenVerifier, createDecide, toResponse } from './guard/decide.js';
import { isWebRequest, notARequest } from './guard/incoming.js';
import type { VerifiedClaims } from './verify/types.js';
import type { VerifiedToken } from './verify/verifier.js';

export type { GuardOptions, Refusal, WebRequest } from './guard/decide.js';

/** A key of React Router's context, as its `createContext` makes. */
export interface TokenContext<Claims = VerifiedClaims> {
  defaultValue?: VerifiedToken<Claims>;
}

/** The arguments of middleware, as far as the guard uses them. */
export interface MiddlewareArguments {
  readonly request: Request;
  readonly context: object;
}

/** The middleware, and the key of the token. */
export interface ReactRouterGuard<Claims> {
  (args: MiddlewareArguments, next: () => Promise<Response>): Promise<Response>;
  /** The key of the verified token, for `context.get` in loaders and actions behind the guard. */
  readonly tokenContext: TokenContext<Claims>;
}

/**
 * Makes middleware that lets only requests with a token pass that the verifier accepts.
 *
 * ```ts
 * const auth = guard(verifier);
 * export const middleware = [auth];
 * export const loader = ({ context }) => context.get(auth.tokenContext).claims.sub;
 * ```
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function guard<Claims>(verifier: TokenVerifier<Claims>, options: GuardOptions<Claims> = {}): ReactRouterGuard<Claims> {
  const decide = createDecide(verifier, options);
  const tokenContext: TokenContext<Claims> = {};
  const middleware = async (args: MiddlewareArguments, next: () => Promise<Response>): Promise<Response> => {
    const { request, context } = (args ?? {}) as Partial<MiddlewareArguments>;
    const provider = context as { set?: (key: object, value: unknown) => void } | undefined;
    if (!isWebRequest(request) || typeof provider?.set !== 'function')
      throw notARequest(args, 'the arguments of React Router', 'react-router');
    const { token, answer } = await decide(request.headers.get('authorization'), request);
    if (!token) return toResponse(answer);
    provider.set(tokenContext, token);
    return next();
  };
  return Object.assign(middleware, { tokenContext });
}

/**
 * A guard for Express 4 and 5, and for what else has its middleware. Refusals are those of RFC 6750 section 3.
 *
 * @module
 */

import { invalidOption } from './core/errors.js';
import { type GuardOptions, type TokenVerifier, createDecide, isPreflight, preflightOf } from './guard/decide.js';
import { notARequest } from './guard/incoming.js';
import type { VerifiedToken } from './verify/verifier.js';

export type { GuardOptions, Refusal } from './guard/decide.js';

/** The part of a request that the guard reads. */
export interface ExpressRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

/** The part of a response that the guard uses. */
export interface ExpressResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/** Options of {@link guard}. Unknown members are refused. */
export interface ExpressGuardOptions<Claims> extends GuardOptions<Claims, ExpressRequest> {
  /** Whether preflights (CORS) may go on without a token, to middleware that answers them. Default: false. */
  preflight?: boolean;
}

/** The middleware, and the way to the token in a handler behind it. */
export interface ExpressGuard<Claims> {
  (request: ExpressRequest, response: ExpressResponse, next: (error?: unknown) => void): void;
  /** The verified token of a request that the guard has let through. Throws `ERR_INVALID_OPTION` for any other request. */
  token(request: object): VerifiedToken<Claims>;
}

/**
 * Makes middleware that lets only requests with a token pass that the verifier accepts. It puts the token at `request.auth`;
 * `token(request)` returns the same, typed.
 *
 * ```ts
 * const auth = guard(verifier);
 * app.get('/me', auth, (request, response) => response.json(auth.token(request).claims.sub));
 * ```
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function guard<Claims>(verifier: TokenVerifier<Claims>, options: ExpressGuardOptions<Claims> = {}): ExpressGuard<Claims> {
  const decide = createDecide(verifier, options, ['preflight']);
  const preflight = preflightOf(options);
  const tokens = new WeakMap<object, VerifiedToken<Claims>>();

  async function handle(request: ExpressRequest, response: ExpressResponse, next: () => void): Promise<void> {
    const header = (name: string) => request.headers[name];
    if (preflight && isPreflight(request.method, header)) return next();
    const { token, answer } = await decide(header('authorization') as string | undefined, request);
    if (token) {
      tokens.set(request, token);
      (request as { auth?: unknown }).auth = token;
      return next();
    }
    response.statusCode = answer.status;
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
    response.end(answer.body);
  }

  const middleware = (request: ExpressRequest, response: ExpressResponse, next: (error?: unknown) => void): void => {
    if (!isNodeRequest(request) || typeof response?.setHeader !== 'function' || typeof next !== 'function') {
      throw notARequest(request, 'that of Express, with a response and `next`', 'express');
    }
    // An error of the handlers behind `next` is thrown there, not here.
    handle(request, response, () => queueMicrotask(next)).catch(next);
  };
  return Object.assign(middleware, {
    token(request: object) {
      const token = tokens.get(request);
      if (token) return token;
      throw invalidOption('request', 'has not passed this guard: put the guard before the handler');
    },
  });
}

function isNodeRequest(request: unknown): boolean {
  const { headers, method } = (request ?? {}) as { headers?: { get?: unknown }; method?: unknown };
  return typeof headers === 'object' && headers !== null && typeof headers.get !== 'function' && typeof method === 'string';
}

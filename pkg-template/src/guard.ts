/**
 * A guard for servers that have the `Request` and `Response` of the web's standards. The guards of frameworks are built on it.
 * Refusals are those of RFC 6750 section 3.
 *
 * @module
 */

import { invalidOption } from './core/errors.js';
import {
  type GuardOptions,
  type Refusal,
  type TokenVerifier,
  type WebRequest,
  createDecide,
  isPreflight,
  readBearer,
  toResponse,
} from './guard/decide.js';
import { isWebRequest, notARequest } from './guard/incoming.js';
import type { VerifiedToken } from './verify/verifier.js';

export type { GuardOptions, Refusal, TokenVerifier, WebRequest } from './guard/decide.js';
export {
  type McpAuthInfo,
  type ProtectedResource,
  type ProtectedResourceOptions,
  mcpTokenVerifier,
  protectedResource,
} from './guard/mcp.js';

/** Options of {@link createGuard}. Unknown members are refused. */
export interface WebGuardOptions<Claims> extends GuardOptions<Claims> {
  /** Answers preflights (CORS), which never have a token. Default: they are refused like other requests without a token. */
  preflight?: (request: Request) => Response | Promise<Response>;
}

/** A verified token, or the response to send. */
export type Checked<Claims> =
  | { readonly token: VerifiedToken<Claims>; readonly response?: undefined }
  | { readonly token?: undefined; readonly response: Response };

/** A verified token, or the reason why there is none. */
export type CheckedHeaders<Claims> =
  | { readonly token: VerifiedToken<Claims>; readonly refusal?: undefined }
  | { readonly token?: undefined; readonly refusal: Refusal };

/** Guards requests with one verifier and one set of options. */
export interface Guard<Claims> {
  /**
   * Resolves to the verified token of a request, or to the response that refuses it: 401 where the token is missing or refused,
   * 400 where the header is malformed, 403 where a scope is missing or `check` is not true, 503 where the issuer's keys
   * could not be fetched.
   *
   * Rejects with `ERR_INVALID_OPTION` for anything else than a `Request`, and names the guard to use.
   */
  check(request: Request): Promise<Checked<Claims>>;
  /** The same for headers alone, where there is no response to send, such as in a Server Action. A promise of them is awaited. */
  checkHeaders(headers: Pick<Headers, 'get'> | PromiseLike<Pick<Headers, 'get'>>): Promise<CheckedHeaders<Claims>>;
  /** Wraps a handler: it runs only for requests with a token that the guard accepts, and gets that token. */
  requireToken<Rest extends unknown[]>(
    handler: (request: Request, token: VerifiedToken<Claims>, ...rest: Rest) => Response | Promise<Response>,
  ): (request: Request, ...rest: Rest) => Promise<Response>;
}

/**
 * Makes a guard.
 *
 * ```ts
 * const guard = createGuard(verifier, { scope: 'read' });
 * export default { fetch: guard.requireToken((request, token) => Response.json(token.claims.sub)) };
 * ```
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function createGuard<Claims>(verifier: TokenVerifier<Claims>, options: WebGuardOptions<Claims> = {}): Guard<Claims> {
  const decide = createDecide<Claims, WebRequest>(verifier, options, ['preflight']);
  const preflight = Object.hasOwn(options, 'preflight') ? options.preflight : undefined;
  if (preflight !== undefined && typeof preflight !== 'function')
    throw invalidOption('preflight', 'must be a function that returns a `Response`');

  const check = async (request: Request): Promise<Checked<Claims>> => {
    if (!isWebRequest(request)) throw notARequest(request);
    if (preflight && isPreflight(request.method, (name) => request.headers.get(name))) return { response: await preflight(request) };
    const { token, answer } = await decide(request.headers.get('authorization'), request);
    return token ? { token } : { response: toResponse(answer) };
  };

  return {
    check,
    async checkHeaders(given) {
      const headers = await given;
      if (typeof (headers as Partial<Headers> | undefined)?.get !== 'function')
        throw invalidOption('headers', 'must be `Headers`, or a promise of them');
      const { token, refusal } = await decide(headers.get('authorization'), { headers });
      return token ? { token } : { refusal };
    },
    requireToken(handler) {
      if (typeof handler !== 'function') throw invalidOption('handler', 'must be a function');
      return async (request, ...rest) => {
        const { token, response } = await check(request);
        return token ? handler(request, token, ...rest) : response;
      };
    },
  };
}

/**
 * Reads the bearer token of a request's `Authorization` header (RFC 6750 section 2.1). **Nothing is verified.** Returns undefined
 * where there is none, or the header is malformed.
 *
 * Throws `ERR_INVALID_OPTION` for anything else than a `Request` or `Headers`.
 */
export function bearerToken(request: Request | Pick<Headers, 'get'>): string | undefined {
  const headers: unknown = (request as Partial<Request> | undefined)?.headers ?? request;
  if (typeof (headers as Partial<Headers> | undefined)?.get !== 'function') throw notARequest(request, 'a `Request` or `Headers`');
  const found = readBearer((headers as Headers).get('authorization'));
  return typeof found === 'object' ? found.token : undefined;
}

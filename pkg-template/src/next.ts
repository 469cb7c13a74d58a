/**
 * Guards for Next.js: route handlers, and `proxy.ts` or `middleware.ts`. Refusals are those of RFC 6750 section 3.
 *
 * @module
 */

import { CountersignError } from './core/errors.js';
import { ownOptions } from './core/options.js';
import { header } from './host/request.js';
import type { VerifiedToken, Verifier } from './verify/verifier.js';

/** Options of {@link withVerifiedToken} and {@link guard}. */
export interface GuardOptions {
  /** The `realm` of the challenge (RFC 9110 section 11.5). Default: none. */
  realm?: string;
  /** Finds the token in a request. Default: the bearer token of the `Authorization` header (RFC 6750 section 2.1). */
  token?: (request: Request) => string | undefined;
}

/** A route handler's second argument, with the verified token added. */
export type WithToken<Context, Claims> = Context & { readonly token: VerifiedToken<Claims> };

/**
 * Wraps a route handler: it runs only for requests with a token that the verifier accepts, and finds that token in its
 * second argument.
 *
 * ```ts
 * export const GET = withVerifiedToken(verifier, (request, { token }) => Response.json(token.claims.project));
 * ```
 *
 * Answers 401 where the token is missing or refused, 400 where the header is malformed, 503 where the issuer's keys could
 * not be had. Mistakes in the verifier's options are thrown.
 */
export function withVerifiedToken<Claims, Context extends object = object, Incoming extends Request = Request>(
  verifier: Verifier<Claims>,
  handler: (request: Incoming, context: WithToken<Context, Claims>) => Response | Promise<Response>,
  options: GuardOptions = {},
): (request: Incoming, context: Context) => Promise<Response> {
  const own = ownOptions(options);
  return async (request, context) => {
    const { token, refusal } = await check(verifier, request, own);
    return refusal ?? handler(request, { ...context, token });
  };
}

/**
 * A check for `proxy.ts` or `middleware.ts`: resolves to undefined where the request may go on, else to the refusal.
 *
 * ```ts
 * export const proxy = guard(verifier);
 * ```
 */
export function guard<Claims>(
  verifier: Verifier<Claims>,
  options: GuardOptions = {},
): (request: Request) => Promise<Response | undefined> {
  const own = ownOptions(options);
  return async (request) => (await check(verifier, request, own)).refusal;
}

type Checked<Claims> = { token: VerifiedToken<Claims>; refusal?: undefined } | { token?: undefined; refusal: Response };

async function check<Claims>(
  verifier: Verifier<Claims>,
  request: Request,
  { realm, token: find = bearerToken }: GuardOptions,
): Promise<Checked<Claims>> {
  try {
    const token = find(request);
    if (token === undefined) return { refusal: refuse(401, { realm }) };
    return { token: await verifier.verify(token) };
  } catch (thrown) {
    if (thrown instanceof Malformed) {
      return { refusal: refuse(400, { realm, error: 'invalid_request', description: 'the Authorization header is malformed' }) };
    }
    // By its members, not its class: in one bundle there can be two copies of that.
    const { code, message: description } = thrown as CountersignError;
    if (typeof code !== 'string' || code === 'ERR_INVALID_OPTION') throw thrown;
    return {
      refusal: UNAVAILABLE.has(code)
        ? refuse(503, { error: 'temporarily_unavailable', description, code })
        : refuse(401, { realm, error: 'invalid_token', description, code }),
    };
  }
}

/** Where the fault is not the token's: nothing was said about it yet. */
const UNAVAILABLE = new Set<string>([
  'ERR_JWKS_NOT_LOADED',
  'ERR_JWKS_TIMEOUT',
  'ERR_JWKS_FETCH_FAILED',
  'ERR_JWKS_INVALID',
  'ERR_DISCOVERY_INVALID',
  'ERR_INTERNAL',
] satisfies CountersignError['code'][]);

class Malformed extends Error {}

/** The token of `Authorization: Bearer <b64token>`; undefined where there is no such header, or another scheme. */
function bearerToken(request: Request): string | undefined {
  const value = header(request, 'authorization');
  if (value === undefined || !/^bearer(\s|$)/i.test(value)) return undefined;
  const token = /^bearer +([\w\-.~+/]+=*) *$/i.exec(value)?.[1];
  if (token === undefined) throw new Malformed();
  return token;
}

interface Reason {
  realm?: string | undefined;
  error?: string;
  description?: string;
  code?: string;
}

/** An answer of RFC 6750 section 3. Its text never holds any part of a token. */
function refuse(status: 400 | 401 | 503, { realm, error, description, code }: Reason): Response {
  const parameters = Object.entries({ realm, error, error_description: description });
  const challenge = parameters.flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${quotable(value)}"`]));
  const headers = {
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': '5' } : { 'www-authenticate': ['Bearer', challenge.join(', ')].join(' ').trim() }),
  };
  const body = { error: error ?? 'unauthorized', error_description: description ?? 'a bearer token is required', code };
  return Response.json(body, { status, headers });
}

/** Only the characters that RFC 6750 section 3 allows in these parameters. */
const quotable = (text: string): string => text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?');

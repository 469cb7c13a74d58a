// Decides about a request for the guards of every framework, and says what to answer.

import { type CountersignError, type ErrorCode, invalidOption } from '../core/errors.js';
import { isObject, isUrl, ownOptions } from '../core/options.js';
import type { VerifiedClaims } from '../verify/types.js';
import type { VerifiedToken, Verifier } from '../verify/verifier.js';

/** Options of every guard. Unknown members are refused. `Incoming` is the request as the framework passes it. */
export interface GuardOptions<Claims = VerifiedClaims, Incoming = WebRequest> {
  /** The `realm` of the challenge (RFC 9110 section 11.5). Default: none. */
  realm?: string;
  /** Scopes that the token must all have, in its claims `scope` or `scp`; a string separates them by spaces. Default: none. */
  scope?: string | readonly string[];
  /** The address of the resource's metadata, for the challenge (RFC 9728 section 5.1). Default: none. */
  resourceMetadata?: string | URL;
  /** Finds the token in a request. Default: the bearer token of the `Authorization` header (RFC 6750 section 2.1). */
  token?(request: Incoming): string | undefined | Promise<string | undefined>;
  /** A check of your own for a verified token. Anything but true is answered with 403. */
  check?(token: VerifiedToken<Claims>, request: Incoming): boolean | Promise<boolean>;
  /** Called with each refusal, for logs. What it throws is ignored. */
  onRefused?(refusal: Refusal, request: Incoming): void;
}

/** The part of a `Request` that a guard reads. Of a Server Action there are only the headers. */
export interface WebRequest {
  readonly headers: Pick<Headers, 'get'>;
  readonly url?: string;
  readonly method?: string;
}

/** Why a request is refused. It holds no part of the token. */
export interface Refusal {
  /** The HTTP status. */
  readonly status: 400 | 401 | 403 | 503;
  /** The error, named by RFC 6750 section 3.1 where it has a name for it. */
  readonly error: 'unauthorized' | 'invalid_request' | 'invalid_token' | 'insufficient_scope' | 'forbidden' | 'temporarily_unavailable';
  /** The sentence of the response. */
  readonly description: string;
  /** The error of the verifier, where that refused the token. */
  readonly cause?: CountersignError;
}

/** A response without a class, for frameworks that have one of their own. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The result of a guard: a token, or a refusal with the answer to send. */
export type Decision<Claims> =
  | { readonly token: VerifiedToken<Claims>; readonly refusal?: undefined; readonly answer?: undefined }
  | { readonly token?: undefined; readonly refusal: Refusal; readonly answer: Answer };

/** A request as a framework passes it, with its `Authorization` header. */
export type Decide<Claims, Incoming> = (authorization: string | null | undefined, request: Incoming) => Promise<Decision<Claims>>;

/** The part of a verifier that a guard uses. A federation has it too. */
export type TokenVerifier<Claims> = Pick<Verifier<Claims>, 'verify'>;

/** The names of the options of {@link GuardOptions}. */
const KNOWN = ['realm', 'scope', 'resourceMetadata', 'token', 'check', 'onRefused'];
const HOOKS = ['token', 'check', 'onRefused'] as const;

/**
 * Makes the decision function of a guard.
 *
 * Throws `ERR_INVALID_OPTION` where the verifier is not one, or an option is unknown or of the wrong form. `more` names the
 * options that the adapter reads itself.
 */
export function createDecide<Claims, Incoming>(
  verifier: TokenVerifier<Claims>,
  options: GuardOptions<Claims, Incoming>,
  more: readonly string[] = [],
): Decide<Claims, Incoming> {
  assertVerifier(verifier);
  const own = ownOptions(options);
  const unknown = Object.keys(own).find((name) => !KNOWN.includes(name) && !more.includes(name));
  if (unknown !== undefined) throw invalidOption(unknown, 'is not an option of this guard');
  for (const hook of HOOKS) if (own[hook] !== undefined && typeof own[hook] !== 'function') throw invalidOption(hook, 'must be a function');
  const { token: find, check, onRefused } = own;
  const challenge = { realm: realmOf(own.realm), scope: scopesOf(own.scope), resourceMetadata: metadataOf(own.resourceMetadata) };

  const refuse = (refusal: Refusal, request: Incoming): Decision<Claims> => {
    try {
      // What a log does, or fails to do, must not change the response.
      void Promise.resolve(onRefused?.(refusal, request)).catch(() => {});
    } catch {}
    return { refusal, answer: answerOf(refusal, challenge) };
  };

  return async (authorization, request) => {
    const found = find ? { token: await find(request) } : readBearer(authorization);
    if (found === 'malformed') return refuse(MALFORMED, request);
    if (found?.token === undefined) return refuse(NO_TOKEN, request);
    let token: VerifiedToken<Claims>;
    try {
      token = await verifier.verify(found.token);
    } catch (thrown) {
      return refuse(refusalOf(thrown), request);
    }
    if (!hasScopes(token.claims as JwtScopes, challenge.scope)) return refuse(SCOPE_MISSING, request);
    if (check && (await check(token, request)) !== true) return refuse(FORBIDDEN, request);
    return { token };
  };
}

/** Throws `ERR_INVALID_OPTION` for anything but a verifier, such as swapped arguments. */
export function assertVerifier(verifier: unknown): void {
  if (typeof (verifier as Partial<Verifier> | undefined)?.verify === 'function') return;
  throw invalidOption('verifier', 'must be a verifier, the first argument of a guard');
}

/** The token of `Authorization: Bearer <b64token>`; undefined where there is no such header, or another scheme. */
export function readBearer(value: string | null | undefined): { token: string } | 'malformed' | undefined {
  if (value === undefined || value === null || !/^bearer(\s|$)/i.test(value)) return undefined;
  const token = /^bearer +([\w\-.~+/]+=*) *$/i.exec(value)?.[1];
  return token === undefined ? 'malformed' : { token };
}

const NO_TOKEN: Refusal = { status: 401, error: 'unauthorized', description: 'a bearer token is required' };
const MALFORMED: Refusal = { status: 400, error: 'invalid_request', description: 'the Authorization header is malformed' };
const SCOPE_MISSING: Refusal = { status: 403, error: 'insufficient_scope', description: 'the token lacks a scope that is required' };
const FORBIDDEN: Refusal = { status: 403, error: 'forbidden', description: 'the token does not allow this request' };

/** The codes of failures that say nothing about the token. */
const UNAVAILABLE = new Set<string>([
  'ERR_JWKS_NOT_LOADED',
  'ERR_JWKS_TIMEOUT',
  'ERR_JWKS_FETCH_FAILED',
  'ERR_JWKS_INVALID',
  'ERR_DISCOVERY_INVALID',
  'ERR_INTERNAL',
  'ERR_POLICY_UNAVAILABLE',
] satisfies ErrorCode[]);

/** Returns whether a code says nothing about the token. */
export const isUnavailable = (code: string): boolean => UNAVAILABLE.has(code);

/** The refusal for an error of the verifier. Rethrows errors of the caller. */
function refusalOf(thrown: unknown): Refusal {
  // By its members, not its class: in one bundle there can be two copies of that.
  const { code, message: description } = thrown as CountersignError;
  if (typeof code !== 'string' || code === 'ERR_INVALID_OPTION') throw thrown;
  const [status, error] = isUnavailable(code) ? ([503, 'temporarily_unavailable'] as const) : ([401, 'invalid_token'] as const);
  return { status, error, description, cause: thrown as CountersignError };
}

/** The claims that may hold scopes. */
export interface JwtScopes {
  readonly scope?: unknown;
  readonly scp?: unknown;
}

/** The scopes of a token: RFC 8693 section 4.2 has a string, other issuers an array, or the claim `scp`. */
export const readScopes = ({ scope, scp }: JwtScopes): string[] =>
  [scope, scp]
    .flatMap((claim) => (typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : []))
    .filter((name) => typeof name === 'string' && name !== '');

/** Returns whether a token has all of these scopes. */
function hasScopes(claims: JwtScopes, wanted: readonly string[]): boolean {
  const present = readScopes(claims);
  return wanted.every((name) => present.includes(name));
}

function realmOf(realm: unknown): string | undefined {
  if (realm === undefined || typeof realm === 'string') return realm;
  throw invalidOption('realm', 'must be a string');
}

/** RFC 6749 section 3.3. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

function scopesOf(scope: unknown): readonly string[] {
  if (scope === undefined) return [];
  const scopes = typeof scope === 'string' ? scope.split(' ') : scope;
  if (Array.isArray(scopes) && scopes.length > 0 && scopes.every((name) => typeof name === 'string' && SCOPE_TOKEN.test(name)))
    return [...scopes];
  throw invalidOption('scope', 'must be scopes, in an array or separated by single spaces');
}

function metadataOf(address: unknown): string | undefined {
  if (address === undefined) return undefined;
  const text = isUrl(address) ? address.href : address;
  if (typeof text === 'string' && /^https?:\/\/[\x21\x23-\x5b\x5d-\x7e]+$/.test(text)) return text;
  throw invalidOption('resourceMetadata', 'must be an https URL');
}

interface Challenge {
  realm: string | undefined;
  scope: readonly string[];
  resourceMetadata: string | undefined;
}

/** The response of RFC 6750 section 3. Its text never holds any part of a token. */
function answerOf({ status, error, description, cause }: Refusal, { realm, scope, resourceMetadata }: Challenge): Answer {
  const unnamed = error === 'unauthorized';
  const parameters = Object.entries({
    realm,
    error: unnamed ? undefined : error,
    error_description: unnamed ? undefined : description,
    scope: scope.length > 0 ? scope.join(' ') : undefined,
    resource_metadata: resourceMetadata,
  }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${quotable(value)}"`]));
  const challenge = ['Bearer', parameters.join(', ')].join(' ').trim();
  return {
    status,
    headers: {
      'cache-control': 'no-store',
      'content-type': 'application/json',
      ...(status === 503 ? { 'retry-after': '5' } : error === 'forbidden' ? {} : { 'www-authenticate': challenge }),
    },
    body: JSON.stringify({ error, error_description: description, code: cause?.code }),
  };
}

/** Only the characters that RFC 6750 section 3 allows in these parameters. */
const quotable = (text: string): string => text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?');

/** The answer as a `Response`. */
export const toResponse = ({ status, headers, body }: Answer): Response => new Response(body, { status, headers });

/** Returns whether a request asks only whether another may be sent (CORS): such a request never has a token. */
export const isPreflight = (method: string | undefined, header: (name: string) => unknown): boolean =>
  method === 'OPTIONS' && Boolean(header('origin')) && Boolean(header('access-control-request-method'));

/** The option `preflight` of an adapter. */
export function preflightOf(options: { preflight?: unknown }): boolean {
  const preflight = isObject(options) && Object.hasOwn(options, 'preflight') ? options.preflight : undefined;
  if (preflight === undefined || typeof preflight === 'boolean') return preflight ?? false;
  throw invalidOption('preflight', 'must be true or false');
}

/**
 * The names of `@vercel/oidc`, with this package behind them: change the import and nothing else. docs/vercel-oidc.md
 * has a table of the differences.
 *
 * @module
 */

import { ownMember, ownOptions } from './core/options.js';
import { nodeSources } from './core/runtime.js';
import { resolve, resolveSync } from './credentials/resolve.js';
import { Exchange } from './exchange/client.js';
import { AccessTokenMissingError, RefreshAccessTokenFailedError, VercelOidcTokenError, tokenError } from './vercel-oidc/errors.js';

export { getContext } from './vercel-oidc/context.js';
export { AccessTokenMissingError, RefreshAccessTokenFailedError, VercelOidcTokenError } from './vercel-oidc/errors.js';
export { type VercelOidcPayload, type VerifyVercelOidcTokenOptions, verifyVercelOidcToken } from './vercel-oidc/verify.js';

/** Options of {@link getVercelOidcToken}. Unknown members are refused. */
export interface GetVercelOidcTokenOptions {
  /** The team, by id or slug, whose token is wanted. Default: that of the linked project. */
  team?: string;
  /** The project, by id or name, whose token is wanted. Default: the linked one. */
  project?: string;
  /** How many milliseconds the token must still live. Default: 0. */
  expirationBufferMs?: number;
  /** Exchange the token for one with this audience. Default: the token as it is. */
  audience?: string;
  /** The `jti` of the exchanged token. Default: none. */
  jti?: string;
  /** Not the exchanged token that is in the cache. Default: false. */
  skipCache?: boolean;
}

/** Options of {@link exchangeVercelOidcToken}. */
export interface ExchangeVercelOidcTokenOptions {
  /** The token to exchange. */
  token: string;
  /** The `aud` of the new token. Default: the issuer chooses. */
  audience?: string;
  /** The `jti` of the new token. Default: none. */
  jti?: string;
  /** Not the token that is in the cache. Default: false. */
  skipCache?: boolean;
}

/** Options of {@link getVercelToken}. */
export interface GetVercelTokenOptions {
  /** How many milliseconds the login must still live. Default: 0. */
  expirationBufferMs?: number;
}

/**
 * The OIDC token of this deployment, or on a developer's machine of the linked project. Never an expired one.
 *
 * Rejects with `VercelOidcTokenError`, whose `cause` has the code and the reason of each source.
 */
export async function getVercelOidcToken(options: GetVercelOidcTokenOptions = {}): Promise<string> {
  const { team, project, expirationBufferMs = 0, audience, jti, skipCache, ...unknown } = ownOptions(options ?? {});
  const [name] = Object.keys(unknown);
  if (name !== undefined) {
    const remedy = 'a library that calls back with options of its own needs `() => getVercelOidcToken()`';
    throw new VercelOidcTokenError(`unknown option \`${name}\`: ${remedy}`);
  }
  const named = team !== undefined || project !== undefined;
  const refresh = named ? { ...(team !== undefined && { team }), ...(project !== undefined && { project }) } : true;
  const found = await resolve({ minValidity: seconds(expirationBufferMs), refresh }, false).catch(tokenError);
  const token = found?.value as string;
  if (!audience) return token;
  return exchangeVercelOidcToken({ token, audience, ...(jti !== undefined && { jti }), ...(skipCache !== undefined && { skipCache }) });
}

/**
 * The OIDC token of this deployment, without waiting: from the request context or `VERCEL_OIDC_TOKEN`.
 *
 * @deprecated It cannot read a file or refresh a token. Use `getVercelOidcToken`.
 */
export function getVercelOidcTokenSync(): string {
  try {
    return resolveSync({}).value;
  } catch (thrown) {
    return tokenError(thrown);
  }
}

/**
 * Exchanges a Vercel token for one with another audience. The answer is kept for exactly this token, audience and `jti`;
 * callers at the same time share one request.
 */
export async function exchangeVercelOidcToken(options: ExchangeVercelOidcTokenOptions): Promise<string> {
  const { token, audience, jti, skipCache } = ownOptions(options);
  const wanted = { ...(audience && { audience }), ...(jti && { jti }) };
  const exchange = new Exchange('vercel', (wasm) => wasm.create_vercel_exchange(wanted));
  const obtained = exchange.once<{ value: string }>(token, { forceRefresh: skipCache });
  return (await obtained.catch((thrown) => tokenError(thrown, 'the token could not be exchanged: '))).value;
}

/**
 * The token of the command line's login, renewed where it has expired. Only in Node.js and Bun.
 *
 * Rejects with `AccessTokenMissingError` where nobody is logged in, with `RefreshAccessTokenFailedError` where the login could
 * not be renewed. Its file stays as it is then.
 */
export async function getVercelToken(options: GetVercelTokenOptions = {}): Promise<string> {
  const minValidity = seconds((ownMember(options, 'expirationBufferMs') as number | undefined) ?? 0);
  const { cliLogin } = ((await nodeSources()?.()) as typeof import('./host/node-sources.js') | undefined) ?? {};
  const login = await cliLogin?.(globalThis.fetch, minValidity);
  if (!login) throw new Error('getVercelToken needs the files of a developer’s machine: only Node.js (20.16 or newer) and Bun have them');
  if ('token' in login) return login.token;
  throw login.failed ? new RefreshAccessTokenFailedError(login.reason) : new AccessTokenMissingError();
}

function seconds(milliseconds: number): number {
  if (typeof milliseconds === 'number' && milliseconds >= 0) return milliseconds / 1000;
  throw new VercelOidcTokenError('`expirationBufferMs` must be a number of milliseconds, not negative');
}

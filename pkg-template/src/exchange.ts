/**
 * Trades the deployment's identity for tokens of other services: another audience at Vercel, or any service that speaks
 * RFC 8693.
 *
 * @module
 */

import { invalidOption } from './core/errors.js';
import { assertKnown, ownOptions, plainData } from './core/options.js';
import { credentialsModule, limitCredentials } from './credentials/module.js';
import type { TokenExchangeOptions, VercelOptions } from './credentials_bg.js';
import { type AccessToken, type ObtainedToken, accessToken } from './exchange/access-token.js';
import { Exchange, evictAll } from './exchange/client.js';
import { type SubjectOptions, splitOptions, subjectToken } from './exchange/subject-token.js';

export type { AccessToken } from './exchange/access-token.js';
export { type CredentialStore, type SharedCredentials, shareCredentials } from './exchange/shared-cache.js';
export type { SubjectOptions } from './exchange/subject-token.js';
export type { StoreError, StoreErrorContext, StoreOperation, StoreOptions } from './stores/guard.js';
export type { StoreKey } from './stores/keys.js';
export {
  type IoRedisClient,
  type NodeRedisClient,
  type NodeRedisCluster,
  type RedisClient,
  type RedisStore,
  type RedisStoreOptions,
  type UpstashRedisClient,
  redisStore,
} from './stores/redis.js';

/** Options of {@link exchangeAudience}. Unknown members are refused. */
export interface ExchangeAudienceOptions extends SubjectOptions, VercelOptions {
  /** The `aud` of the new token. */
  audience: string;
}

/**
 * Exchanges a Vercel token for one with another audience.
 *
 * The answer is kept until shortly before it expires: for exactly this token, audience and `jti`. Callers at the same time
 * share one request. Rejects with `ERR_EXCHANGE_…`, or as `getBearerToken` does where no token is given.
 */
export async function exchangeAudience(options: ExchangeAudienceOptions): Promise<AccessToken> {
  const { wanted, subject, host } = splitOptions(options);
  if (wanted.audience === undefined) throw invalidOption('audience', 'is required');
  const plain = plainData(wanted) as VercelOptions;
  const exchange = new Exchange('vercel', (wasm) => wasm.create_vercel_exchange(plain));
  return accessToken(await exchange.once<ObtainedToken>(await subjectToken(subject), host));
}

/** Options of {@link exchangeToken}, as RFC 8693 section 2.1 names them. Unknown members are refused. */
export interface ExchangeTokenOptions extends SubjectOptions, TokenExchangeOptions {}

/**
 * Exchanges the deployment's token at any service that speaks RFC 8693.
 *
 * The answer is kept until shortly before it expires, if it says when (or is a JWT that does). Rejects as
 * {@link exchangeAudience} does.
 */
export async function exchangeToken(options: ExchangeTokenOptions): Promise<AccessToken> {
  const { wanted, subject, host } = splitOptions(options);
  const plain = plainData(wanted) as TokenExchangeOptions;
  const exchange = new Exchange('token-exchange', (wasm) => wasm.create_token_exchange(plain));
  return accessToken(await exchange.once<ObtainedToken>(await subjectToken(subject), host));
}

/** Options of {@link configureCredentialCache}. Unknown members are refused. */
export interface CredentialCacheOptions {
  /**
   * How many credentials this process keeps: one for each identity and each thing that it is exchanged for. From 1 to 65536.
   * Default: 256.
   */
  maxCredentials?: number;
}

/**
 * Sets the bound of the credential cache, for the exchanges and Vercel Connect of this process. A process that serves more
 * identities or connectors than that would obtain their credentials again and again.
 *
 * Where a new credential has no room, the one that was not used for longest makes room: first one of an exchange, then one of
 * Vercel Connect, which are billed. A credential that is being obtained stays.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION`.
 */
export function configureCredentialCache(options: CredentialCacheOptions): void {
  const own = ownOptions(options);
  assertKnown(credentialsModule, own, ['maxCredentials']);
  const { maxCredentials } = own;
  if (maxCredentials === undefined) return;
  if (typeof maxCredentials !== 'number') throw invalidOption('maxCredentials', 'must be a whole number from 1 to 65536');
  limitCredentials(maxCredentials);
}

/** Evicts every credential that was obtained in this process, from any service. Those in a shared store stay there. */
export function clearCredentials(): void {
  evictAll();
}

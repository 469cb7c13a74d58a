/**
 * Trades the deployment's identity for tokens of other services: another audience at Vercel, or any service that speaks
 * RFC 8693.
 *
 * @module
 */

import { type AccessToken, type ObtainedToken, accessToken } from './exchange/access-token.js';
import { evictAll, getCredential } from './exchange/client.js';
import { type SubjectOptions, splitOptions, subjectToken } from './exchange/subject-token.js';

export type { AccessToken } from './exchange/access-token.js';
export { type CredentialStore, type RedisClient, type SharedCredentials, redisStore, shareCredentials } from './exchange/shared-cache.js';
export type { SubjectOptions } from './exchange/subject-token.js';

/** Options of {@link exchangeAudience}. Unknown members are refused. */
export interface ExchangeAudienceOptions extends SubjectOptions {
  /** The `aud` of the new token. */
  audience: string;
  /** The `jti` of the new token. Default: none. */
  jti?: string;
}

/**
 * Exchanges a Vercel token for one with another audience.
 *
 * The answer is kept until shortly before it expires: for exactly this token, audience and `jti`. Callers at the same time
 * share one request. Rejects with `ERR_EXCHANGE_…`, or as `getBearerToken` does where no token is given.
 */
export async function exchangeAudience(options: ExchangeAudienceOptions): Promise<AccessToken> {
  const { wanted, subject, host } = splitOptions(options);
  const audience = wanted.audience ?? null; // named by the core, since it must be there
  return accessToken(await getCredential<ObtainedToken>('vercel', { ...wanted, audience }, await subjectToken(subject), host));
}

/** Options of {@link exchangeToken}, as RFC 8693 section 2.1 names them. Unknown members are refused. */
export interface ExchangeTokenOptions extends SubjectOptions {
  /** The service's token endpoint. */
  url: string;
  /** Where the new token will be used. */
  resource?: string | string[];
  /** For whom the new token is. */
  audience?: string | string[];
  /** What the new token may do. */
  scope?: string | string[];
  /** What kind of token is wanted. Default: the service chooses. */
  requestedTokenType?: string;
  /** What kind of token is presented. Default: `urn:ietf:params:oauth:token-type:jwt`. */
  subjectTokenType?: string;
  /** The token of whoever acts for the subject; needs `actorTokenType`. */
  actorToken?: string;
  actorTokenType?: string;
  /** The client, where the service wants one to be named; sent as a field of the form. */
  clientId?: string;
  /** The client's secret, where it has one; sent in the same way. */
  clientSecret?: string;
}

/**
 * Exchanges the deployment's token at any service that speaks RFC 8693.
 *
 * The answer is kept until shortly before it expires, if it says when (or is a JWT that does). Rejects as
 * {@link exchangeAudience} does.
 */
export async function exchangeToken(options: ExchangeTokenOptions): Promise<AccessToken> {
  const { wanted, subject, host } = splitOptions(options);
  return accessToken(await getCredential<ObtainedToken>('token-exchange', wanted, await subjectToken(subject), host));
}

/** Evicts every credential that was obtained in this process, from any service. Those in a shared store stay there. */
export function clearCredentials(): void {
  evictAll();
}

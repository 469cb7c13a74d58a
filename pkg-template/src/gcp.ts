/**
 * Access tokens of Google Cloud for the deployment's identity: no key of a service account has to be stored anywhere.
 *
 * @module
 */

import { plainData } from './core/options.js';
import type { GcpOptions } from './credentials_bg.js';
import { type AccessToken, type ObtainedToken, accessToken } from './exchange/access-token.js';
import { Exchange } from './exchange/client.js';
import { type SubjectOptions, assertOnly, splitOptions, subjectToken } from './exchange/subject-token.js';

export type { AccessToken } from './exchange/access-token.js';
export type { SubjectOptions } from './exchange/subject-token.js';

/** Options of {@link gcpAccessToken}. Unknown members are refused. */
export interface GcpAccessTokenOptions extends SubjectOptions, GcpOptions {}

/**
 * Gets an access token by workload identity federation, of a service account where one is named.
 *
 * The token is kept for the identity it was given for, and renewed before it expires. Rejects with `ERR_EXCHANGE_…`, or as
 * `getBearerToken` does where no token is given.
 */
export async function gcpAccessToken(options: GcpAccessTokenOptions): Promise<AccessToken> {
  const { wanted, subject, host } = splitOptions(options);
  const plain = plainData(wanted) as GcpOptions;
  const exchange = new Exchange('gcp', (wasm) => wasm.create_gcp_exchange(plain));
  return accessToken(await exchange.once<ObtainedToken>(await subjectToken(subject), host));
}

/** The `subject_token_supplier` of google-auth-library. */
export interface SubjectTokenSupplier {
  getSubjectToken(context?: unknown): Promise<string>;
}

/**
 * Supplies google-auth-library with the deployment's token.
 *
 * The library passes its own `audience` along; that one is never exchanged for. Name a `tokenAudience` to present a token with
 * another audience than the deployment's.
 */
export function gcpSubjectTokenSupplier(options: SubjectOptions & { tokenAudience?: string } = {}): SubjectTokenSupplier {
  const { wanted, subject } = splitOptions(options);
  const audience = assertOnly(wanted, 'tokenAudience');
  return { getSubjectToken: () => subjectToken(subject, audience) };
}

/**
 * Access tokens of Google Cloud for the deployment's identity: no key of a service account has to be stored anywhere.
 *
 * @module
 */

import { type AccessToken, type ObtainedToken, accessToken } from './exchange/access-token.js';
import { getCredential } from './exchange/client.js';
import { type SubjectOptions, assertOnly, splitOptions, subjectToken } from './exchange/subject-token.js';

export type { AccessToken } from './exchange/access-token.js';
export type { SubjectOptions } from './exchange/subject-token.js';

/** Options of {@link gcpAccessToken}. Unknown members are refused. */
export interface GcpAccessTokenOptions extends SubjectOptions {
  /** `//iam.googleapis.com/projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>`. */
  audience: string;
  /** The e-mail address of a service account to act as. Default: the identity itself. */
  serviceAccount?: string;
  /** What the token may do. Default: `https://www.googleapis.com/auth/cloud-platform`. */
  scopes?: string | string[];
  /** How many seconds the token of the service account lives, from 600 to 43200. Default: 3600. */
  lifetimeSeconds?: number;
  /** Another token endpoint. Default: `https://sts.googleapis.com/v1/token`. */
  tokenUrl?: string;
}

/**
 * Gets an access token by workload identity federation, of a service account where one is named.
 *
 * The token is kept for the identity it was given for, and renewed before it expires. Rejects with `ERR_EXCHANGE_…`, or as
 * `getBearerToken` does where no token is given.
 */
export async function gcpAccessToken(options: GcpAccessTokenOptions): Promise<AccessToken> {
  const { wanted, subject, host } = splitOptions(options);
  return accessToken(await getCredential<ObtainedToken>('gcp', wanted, await subjectToken(subject), host));
}

/** What google-auth-library takes as `subject_token_supplier`. */
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

/**
 * Access tokens of Microsoft Entra ID for the deployment's identity: no client secret has to be stored anywhere.
 *
 * @module
 */

import { CountersignError } from './core/errors.js';
import { plainData } from './core/options.js';
import type { AzureOptions } from './credentials_bg.js';
import { type AccessToken, type ObtainedToken, accessToken } from './exchange/access-token.js';
import { Exchange } from './exchange/client.js';
import { type SubjectOptions, assertOnly, splitOptions, subjectToken } from './exchange/subject-token.js';

export type { AccessToken } from './exchange/access-token.js';
export type { SubjectOptions } from './exchange/subject-token.js';

/** Options of {@link azureClientAssertion}. Unknown members are refused. */
export interface AzureClientAssertionOptions extends SubjectOptions {
  /** Exchange the token for one with this audience first. Default: the token as it is. */
  audience?: string;
}

/** Options of {@link azureAccessToken}. Unknown members are refused. */
export interface AzureAccessTokenOptions extends AzureClientAssertionOptions, AzureOptions {}

/**
 * Gets an access token for an application, with the deployment's token as its client assertion.
 *
 * The token is kept for the identity it was given for, and renewed before it expires. Rejects with `ERR_EXCHANGE_…`, or as
 * `getBearerToken` does where no token is given.
 */
export async function azureAccessToken(options: AzureAccessTokenOptions): Promise<AccessToken> {
  const { wanted, subject, host } = splitOptions(options);
  const { audience, ...application } = wanted;
  const plain = plainData(application) as AzureOptions;
  const exchange = new Exchange('azure', (wasm) => wasm.create_azure_exchange(plain));
  return accessToken(await exchange.once<ObtainedToken>(await subjectToken(subject, audience), host));
}

/**
 * Makes the callback of the `ClientAssertionCredential` of @azure/identity.
 *
 * In a `ChainedTokenCredential` the next credential is tried only where no source is configured. Other errors have the name
 * `AuthenticationError`, which ends the chain; `code` tells them apart.
 */
export function azureClientAssertion(options: AzureClientAssertionOptions = {}): () => Promise<string> {
  const { wanted, subject } = splitOptions(options);
  const audience = assertOnly(wanted, 'audience');
  return () => subjectToken(subject, audience).catch(rethrowForChain);
}

/** @azure/identity makes an error of any other name one after which its chain goes on. */
function rethrowForChain(thrown: unknown): never {
  if (thrown instanceof CountersignError && thrown.code !== 'ERR_CREDENTIALS_NOT_FOUND') {
    Object.defineProperty(thrown, 'name', { value: 'AuthenticationError' });
  }
  throw thrown;
}

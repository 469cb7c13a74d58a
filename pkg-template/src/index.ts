/**
 * Verifies OIDC tokens and finds the bearer token to send.
 *
 * The core is Rust compiled to WebAssembly, loaded synchronously at import: there is nothing to initialise.
 *
 * @module
 */

export { captureToken } from './captured.js';
export {
  type BearerToken,
  type CredentialReport,
  type SourceReport,
  describeCredentials,
  getBearerToken,
  getBearerTokenOptional,
} from './chain.js';
export { type CredentialCause, CountersignError, type ErrorCode, type ProviderRefusal } from './errors.js';
export {
  type AiGatewayHeaders,
  type AiGatewayOptions,
  type AiGatewaySettings,
  aiGatewaySettings,
  getAiGatewayBearerToken,
  getAiGatewayBearerTokenOptional,
  getAiGatewayHeaders,
} from './gateway.js';
export type { Environment } from './host/environment.js';
export type { HeaderRecord, RequestLike } from './host/request.js';
export { type KeyReport, describeKeys } from './keys.js';
export type { CapturedToken, ChainOptions, CredentialSource, RefreshTarget } from './search.js';
export type { JwksStore } from './store.js';
export type {
  Algorithm,
  JsonWebKeyMembers,
  JsonWebKeySet,
  JwsHeader,
  JwtClaims,
  VercelClaims,
  VerifiedClaims,
} from './types.js';
export {
  type CommonOptions,
  type VercelVerifierOptions,
  type VerifiedToken,
  type Verifier,
  type VerifierOptions,
  type VerifyOptions,
  createVercelVerifier,
  createVerifier,
  decode,
} from './verifier.js';
export { version } from './version.js';

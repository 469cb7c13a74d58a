/**
 * Verifies OIDC tokens and finds the bearer token to send.
 *
 * The core is Rust compiled to WebAssembly, loaded synchronously at import: there is nothing to initialise. The functions that
 * find a credential are not here: they load the module `credentials` at their first call, in the way of the runtime, and the
 * stubs of this entry add them (credentials/first-use).
 *
 * @module
 */

export {
  type ClaimDifference,
  type CredentialCause,
  CountersignError,
  type ErrorCode,
  type PolicyRefusal,
  type ProviderRefusal,
  type UnusableKey,
} from './core/errors.js';
export type {
  CountersignEvent,
  CredentialEvent,
  EventOptions,
  ExchangeEvent,
  ExchangeProvider,
  KeyFetchEvent,
  OnEvent,
  RefreshEvent,
  RefusedEvent,
  VerifiedEvent,
} from './core/events.js';
export { version } from './verify/version.js';
export type { AiGatewayHeaders } from './credentials/ai-gateway-fetch.js';
export type { AiGatewayOptions, CreateAiGateway, CreateGateway } from './credentials/ai-gateway-provider.js';
export type {
  AiGatewaySettings,
  AiGatewaySettingsOptions,
  MakeAiGatewaySettings,
  UseCreateAiGateway,
} from './credentials/ai-gateway-settings.js';
export type { BearerToken, CredentialReport, SourceReport } from './credentials/bearer-token.js';
export { captureToken } from './credentials/captured-token.js';
export type { CapturedToken, ChainOptions, DevTokenTarget } from './credentials/chain-options.js';
export type { CredentialSource } from './credentials/resolve.js';
export type { Environment } from './host/environment.js';
export type { HeaderRecord, RequestLike } from './host/request.js';
export { type KeyReport, describeKeys } from './verify/describe-keys.js';
export { authenticatedStore } from './stores/authenticated.js';
export type { StoreError, StoreErrorContext, StoreOperation, StoreOptions } from './stores/guard.js';
export type { StoreKey } from './stores/keys.js';
export type { JwksStore } from './verify/jwks-store.js';
export type { SpiffeBundle } from './verify/spiffe.js';
export type {
  AccessTokenClaims,
  Algorithm,
  ClaimRule,
  ClaimValue,
  IssuerTemplate,
  JsonWebKeyMembers,
  JsonWebKeySet,
  JwsHeader,
  JwtClaims,
  ProjectEnvironment,
  SpiffeClaims,
  VercelClaims,
  VerifiedClaims,
} from './verify/types.js';
export {
  type AccessTokenVerifierOptions,
  type CommonOptions,
  type SpiffeVerifierOptions,
  type VercelVerifierOptions,
  type VerifiedToken,
  type Verifier,
  type VerifierOptions,
  type VerifyOptions,
  createAccessTokenVerifier,
  createSpiffeVerifier,
  createVercelVerifier,
  createVerifier,
  decode,
} from './verify/verifier.js';

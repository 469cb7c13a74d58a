/**
 * Tokens of Vercel Connect for clients of the Model Context Protocol: the names and shapes of `@vercel/connect/mcp`.
 *
 * @module
 */

export {
  CONNECT_DISCOVERY_STATE,
  CONNECT_MANAGED_REDIRECT_URL,
  type ConnectAuthProviderOptions,
  type ConnectConsentMode,
  type ConnectOAuthClientInformation,
  type ConnectOAuthClientMetadata,
  type ConnectOAuthClientProvider,
  type ConnectOAuthDiscoveryState,
  type ConnectOAuthTokens,
  connectAuthProvider,
} from './auth-provider.js';
export { type ConsentChallenge, ConsentRequiredError, getConsentChallenge, isConsentRequiredError } from './consent.js';
export {
  ConnectError,
  type ConnectErrorOptions,
  ConnectorInstallationRequiredError,
  NoValidTokenError,
  UserAuthorizationRequiredError,
} from './errors.js';
export type { ConnectTokenExchangeSubject, ConnectTokenParams, ConnectTokenSubject, ConnectVendorErrorPayload } from './types.js';

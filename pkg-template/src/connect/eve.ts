/**
 * Vercel Connect for agents of Eve: the names and shapes of `@vercel/connect/eve`, and a `vercelOidc` that accepts only tokens of this
 * environment.
 *
 * @module
 */

export {
  type ConnectAuthorizationPhase,
  type EveAuthorizationInput,
  type EveAuthorizationOptions,
  type EveConnectAuthorizationDefinition,
  type EveConnectionAuthorizationContext,
  type EveConnectionPrincipal,
  type EveInteractiveAuthorization,
  type EveNonInteractiveAuthorization,
  type VercelConnectMetadata,
  connect,
} from './eve/authorization.js';
export {
  CONNECT_OAUTH_ISSUER,
  type ConnectOAuthAudienceEnvironment,
  type ConnectOAuthEnvironment,
  type ConnectOAuthOptions,
  connectOAuth,
} from './eve/connect-oauth.js';
export {
  type ConnectCredentialsOptions,
  type ConnectDiscordCredentialsParams,
  type ConnectGitHubCredentialsParams,
  type ConnectLinearCredentialsParams,
  type ConnectLinqCredentials,
  type ConnectLinqCredentialsParams,
  type ConnectPhotonCredentialProvider,
  type ConnectPhotonCredentialsParams,
  type ConnectSendblueCredentials,
  type ConnectSendblueCredentialsParams,
  type ConnectSlackCredentialsParams,
  type ConnectTeamsCredentialsParams,
  type PhotonCredentials,
  connectDiscordCredentials,
  connectGitHubCredentials,
  connectLinearCredentials,
  connectLinqCredentials,
  connectPhotonCredentials,
  connectSendblueCredentials,
  connectSlackCredentials,
  connectTeamsCredentials,
} from './eve/credentials.js';
export { ConnectionAuthorizationFailedError, ConnectionAuthorizationRequiredError } from './eve/errors.js';
export type { EveAuthFn, EveSessionAuth } from './eve/session.js';
export { type VercelOidcOptions, vercelOidc } from './eve/vercel-oidc.js';

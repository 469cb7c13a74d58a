// The shapes of Vercel Connect, under the names of its published SDK.

/** The subject of a provider token. */
export type ConnectTokenSubject =
  | ConnectAppTokenSubject
  | ConnectUserTokenSubject
  | ConnectJwtBearerTokenSubject
  | ConnectTokenExchangeSubject;

/** The application itself. */
export interface ConnectAppTokenSubject {
  type: 'app';
}

/** One of the application's users, by the id that the application gives them. */
export interface ConnectUserTokenSubject {
  type: 'user';
  id: string;
  issuer?: string;
}

/** Whom the connector asserts in a JWT of its own (RFC 7523). */
export interface ConnectJwtBearerTokenSubject {
  type: 'jwt-bearer';
  sub: string;
  /** Default: the connector's OAuth client id. */
  iss?: string;
  /** Default: the connector's token endpoint. */
  aud?: string;
  additionalClaims?: Record<string, unknown>;
}

/** The subject of a token of another issuer (RFC 8693). */
export interface ConnectTokenExchangeSubject {
  type: 'token';
  token: string;
}

/** A permission in detail (RFC 9396). */
export type ConnectAuthorizationDetail = ConnectGitHubAppInstallationAuthorizationDetail | ConnectCustomAuthorizationDetail;

/** Some repositories of a GitHub App's installation, and some permissions. */
export interface ConnectGitHubAppInstallationAuthorizationDetail {
  type: 'github_app_installation';
  org?: string;
  /** Such as `contents:read`. */
  permissions?: string | string[];
  /** Such as `org/repo`. */
  repositories?: string | string[];
}

/** A detail of another kind, whose members are the provider's. */
export interface ConnectCustomAuthorizationDetail {
  type: string;
  [member: string]: unknown;
}

/** The request of a provider token. */
export interface ConnectTokenParams {
  subject: ConnectTokenSubject;
  /** Which installation of the connector. Default: the service chooses. */
  installationId?: string;
  audience?: string[];
  /** Default: `['*']`, all that the kind of subject has by default. */
  scopes?: string[];
  resources?: string[];
  authorizationDetails?: ConnectAuthorizationDetail[];
  /** How many milliseconds the token must still live, in the cache and at the service. Default: 30000, which is not sent. */
  validityBufferMs?: number;
}

/** Whose tokens are revoked. */
export type ConnectRevocationParams = Pick<ConnectTokenParams, 'subject' | 'installationId'>;

/** The request of an installation. */
export type ConnectInstallationParams = Omit<ConnectTokenParams, 'subject' | 'validityBufferMs'>;

/** A provider token with what belongs to it. Printing it, or making it JSON, does not show the token. */
export interface ConnectTokenResponse {
  token: string;
  /** `stk_…`, for telling tokens apart in a log. */
  tokenId?: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  connector: { id: string; uid: string; type: string };
  name?: string;
  installationId?: string;
  tenantId?: string;
  externalSubject?: string;
  metadata?: Record<string, unknown>;
  /** Claims of the provider's own token. */
  claims?: Record<string, unknown>;
}

/** A connector, as it is shown to the user who is asked for consent. */
export interface ConnectorSummary {
  id: string;
  uid: string;
  type: string;
  service?: string;
  serviceName?: string;
  name: string;
}

/** An authorization that has begun: send the user to `url`. */
export interface ConnectAuthorizationResponse {
  request: string;
  verifier: string;
  url: string;
  deviceCode?: string;
  /** Milliseconds since the epoch. */
  expiresAt?: number;
  connector?: ConnectorSummary;
}

/** An installation that has begun: send an operator to `url`. */
export interface ConnectInstallationResponse extends ConnectAuthorizationResponse {
  expiresAt: number;
  connector: ConnectorSummary;
}

/** A connector. */
export interface ConnectorMetadata {
  /** `scl_…` */
  id: string;
  uid: string;
  name: string;
  type: string;
  service: string;
  clientUrl?: string;
  createdAt: number;
  updatedAt: number;
  /** The provider's public settings. */
  vendor: Record<string, unknown>;
}

/** The response of the provider behind a connector. */
export type ConnectVendorErrorPayload = Record<string, unknown>;

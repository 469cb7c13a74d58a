// The shapes of Vercel Connect, under the names of its published SDK.

/** Who a provider token stands for. */
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

/** Whoever a token of another issuer stands for (RFC 8693). */
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

// The shapes of tokens and keys, as the standards name them.

/** A protected header (RFC 7515 section 4). */
export interface JwsHeader {
  readonly alg: string;
  readonly typ?: string;
  readonly kid?: string;
  readonly [member: string]: unknown;
}

/** A claims set (RFC 7519 section 4). Times are seconds since the epoch. */
export interface JwtClaims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  readonly exp?: number;
  readonly nbf?: number;
  readonly iat?: number;
  readonly jti?: string;
  readonly [claim: string]: unknown;
}

/** The claims that every accepted token has. */
export interface VerifiedClaims extends JwtClaims {
  readonly iss: string;
  readonly exp: number;
}

/** The claims of a Vercel token, as a Vercel verifier has checked them. */
export interface VercelClaims extends VerifiedClaims {
  /** `owner:<owner>:project:<project>:environment:<environment>`. */
  readonly sub: string;
  readonly aud: string | readonly string[];
  /** The team's slug. It changes when the team is renamed: authorise on `owner_id`. */
  readonly owner: string;
  /** The team's id. */
  readonly owner_id: string;
  /** The project's name. It changes when the project is renamed: authorise on `project_id`. */
  readonly project: string;
  /** The project's id. */
  readonly project_id: string;
  /** `production`, `preview`, `development`, or the name of a custom environment. */
  readonly environment: string;
  readonly scope?: string;
  /** The person, in tokens for development. */
  readonly user_id?: string;
  readonly plan?: string;
}

/** One public key (RFC 7517 section 4). */
export interface JsonWebKeyMembers {
  readonly kty?: string;
  readonly kid?: string;
  readonly alg?: string;
  readonly use?: string;
  readonly [member: string]: unknown;
}

/** A key set (RFC 7517 section 5). */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKeyMembers[];
}

/** The claims of a JWT access token (RFC 9068 section 2.2). */
export interface AccessTokenClaims extends VerifiedClaims {
  readonly sub: string;
  readonly client_id: string;
  readonly iat: number;
  readonly jti: string;
  /** Names of scopes with spaces between them. */
  readonly scope?: string;
}

/** The claims of a JWT-SVID. */
export interface SpiffeClaims extends JwtClaims {
  /** The SPIFFE ID of the workload. */
  readonly sub: string;
  readonly exp: number;
}

export type { Algorithm, ClaimRule, ClaimValue, IssuerTemplate, ProjectEnvironment } from '../verify_bg.js';

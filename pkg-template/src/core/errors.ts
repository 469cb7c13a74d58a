import type { PolicyPosition as Position } from '../inspect_bg.js';

/** The code of every error that this package throws. Each has a page in `docs/errors`. */
export type ErrorCode =
  | 'ERR_JWT_EXPIRED'
  | 'ERR_JWT_CLAIM_VALIDATION_FAILED'
  | 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'
  | 'ERR_JWS_INVALID'
  | 'ERR_JWT_INVALID'
  | 'ERR_JOSE_ALG_NOT_ALLOWED'
  | 'ERR_JOSE_NOT_SUPPORTED'
  | 'ERR_JWKS_NO_MATCHING_KEY'
  | 'ERR_JWKS_NOT_LOADED'
  | 'ERR_JWKS_TIMEOUT'
  | 'ERR_JWKS_FETCH_FAILED'
  | 'ERR_JWKS_INVALID'
  | 'ERR_JWK_INVALID'
  | 'ERR_DISCOVERY_INVALID'
  | 'ERR_CREDENTIALS_NOT_FOUND'
  | 'ERR_CREDENTIAL_INVALID'
  | 'ERR_CREDENTIAL_EXPIRED'
  | 'ERR_EXCHANGE_REJECTED'
  | 'ERR_EXCHANGE_FAILED'
  | 'ERR_EXCHANGE_TIMEOUT'
  | 'ERR_EXCHANGE_INVALID'
  | 'ERR_DELIVERY_REFUSED'
  | 'ERR_INVALID_OPTION'
  | 'ERR_INTERNAL'
  | 'ERR_POLICY_INVALID'
  | 'ERR_POLICY_UNAVAILABLE';

/** The folder of the pages about errors, as a path in the npm package. */
const PAGES = 'docs/errors';

/** Returns the path of a code's page in the npm package. */
export const pageOf = (code: ErrorCode): string => `${PAGES}/${code}.md`;

/** Why one source of the credential chain gave no credential. */
export interface CredentialCause {
  readonly source: string;
  readonly reason: string;
}

/** A provider's refusal, in its own words. */
export interface ProviderRefusal {
  /** The service that refused: `aws`, `gcp`, `azure`, `vercel`, `connect` or `token-exchange`. */
  readonly name: string;
  /** The provider's code, such as `AccessDenied` or `invalid_grant`. */
  readonly code?: string;
  /** The provider's number for the request, for its support. */
  readonly requestId?: string;
  /** The provider's explanation, without the token that was presented. */
  readonly description?: string;
  /** @internal What else it says, as JSON. */
  readonly details?: string;
}

/** The kind of difference between what a verifier expects and what the token has. */
export type ClaimDifference =
  | 'white-space'
  | 'trailing-slash'
  | 'letter-case'
  | 'scheme'
  | 'issuer-mode'
  | 'another-team'
  | 'another-project'
  | 'another-path'
  | 'another-host'
  | 'id-for-name'
  | 'name-for-id'
  | 'empty'
  | 'wrong-type'
  | 'milliseconds'
  | 'ambiguous';

/** Why one policy of a federation did not match. It holds no part of the token. */
export interface PolicyRefusal {
  /** The name of the policy. */
  readonly policy: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** The claim that was refused. */
  readonly claim?: string;
  /** The option of the policy that is wrong. */
  readonly option?: string;
}

/** A key of a set that cannot be used. */
export interface UnusableKey {
  /** The key's place in the set, from 0. */
  readonly index: number;
  /** Its name, if it has a well-formed one. */
  readonly kid?: string;
  readonly reason: string;
}

/** A place in a policy. */
export type PolicyPosition = Readonly<Position>;

/** The members of an error beside its code and message, as the core reports them. */
export interface ErrorDetails {
  code: ErrorCode;
  message: string;
  retryable?: boolean | undefined;
  option?: string | undefined;
  claim?: string | undefined;
  reason?: string | undefined;
  difference?: ClaimDifference | undefined;
  /** JSON, as is `found`. */
  expected?: string | undefined;
  found?: string | undefined;
  kid?: string | undefined;
  status?: number | undefined;
  url?: string | undefined;
  keys?: UnusableKey[] | undefined;
  provider?: ProviderRefusal | undefined;
  causes?: CredentialCause[] | undefined;
  position?: PolicyPosition | undefined;
  cause?: unknown;
}

/** The values that an error of a claim compares, as JSON. Outside the error, since the console of a browser shows private members. */
const compared = new WeakMap<CountersignError, Pick<ErrorDetails, 'expected' | 'found'>>();

/**
 * Every error that this package throws. Neither the message nor any own member holds token text, a claim's value or a secret.
 * `expected` and `found` return values of claims when they are read by name. Printing the error, or its JSON, does not show them.
 */
export class CountersignError extends Error {
  /** The kind of the error, for `switch` statements. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later, without any change. */
  readonly retryable: boolean;
  /** The option that was refused, such as `claims.ref`. */
  declare readonly option?: string;
  /** The claim (or the header member `typ`) that was refused. */
  declare readonly claim?: string;
  /** How the claim was refused: `missing`, `invalid` (wrong type or form) or `check_failed`. Of a key: why it is unusable. */
  declare readonly reason?: string;
  /** In which way the token's value differs from what is expected, where that is of a known kind. */
  declare readonly difference?: ClaimDifference;
  /** The key that the token asked for, as it claims. */
  declare readonly kid?: string;
  /** The HTTP status of the answer that was refused. */
  declare readonly status?: number;
  /** The URL of the discovery document or key set that could not be loaded. */
  declare readonly url?: string;
  /** Why each key of a set cannot be used, where none can. The keys after the first 100 are left out. */
  declare readonly keys?: readonly UnusableKey[];
  /** The service that refused an exchange, and its words. */
  declare readonly provider?: ProviderRefusal;
  /** Why each source of the credential chain gave nothing. */
  declare readonly causes?: readonly CredentialCause[];
  /** The place at which a policy is not one that its cloud would take. */
  declare readonly position?: PolicyPosition;
  /** Why each policy of a federation did not match, in the order in which they were tried. */
  declare readonly policies?: readonly PolicyRefusal[];

  /** @internal */
  constructor(given: ErrorDetails) {
    // Without a prototype: what the details leave out is not looked up on `Object.prototype`.
    const details: ErrorDetails = Object.assign(Object.create(null), given);
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.retryable = details.retryable ?? false;
    if (details.option !== undefined) this.option = details.option;
    if (details.claim !== undefined) this.claim = details.claim;
    if (details.reason !== undefined) this.reason = details.reason;
    if (details.difference !== undefined) this.difference = details.difference;
    const { expected, found } = details;
    if (expected !== undefined || found !== undefined) compared.set(this, { expected, found });
    if (details.kid !== undefined) this.kid = details.kid;
    if (details.status !== undefined) this.status = details.status;
    if (details.url !== undefined) this.url = details.url;
    if (details.keys !== undefined) this.keys = details.keys;
    if (details.provider !== undefined) this.provider = details.provider;
    if (details.causes !== undefined) this.causes = details.causes;
    if (details.position !== undefined) this.position = details.position;
  }

  /** The values of which the claim (or `typ`, or `alg`) had to be one, from the options of the verifier. */
  get expected(): readonly (string | number | boolean)[] | undefined {
    return parse(compared.get(this)?.expected);
  }

  /**
   * The value that the token has, which may be personal data. It is left out where it is longer than 4096 bytes. `iss`, `typ` and
   * `alg` are compared before the signature is verified, so anyone may have written their value.
   */
  get found(): unknown {
    return parse(compared.get(this)?.found);
  }

  /** The page about the code: cause, remedy and example. A path in the npm package, such as `docs/errors/ERR_JWT_EXPIRED.md`. */
  get docs(): string {
    return pageOf(this.code);
  }
}

const parse = (json: string | undefined) => (json === undefined ? undefined : JSON.parse(json));

// On the prototype: enumerable on the error it would be printed as one more detail of each.
Object.defineProperty(CountersignError.prototype, 'name', { value: 'CountersignError' });

/** An option that the caller must correct. */
export function invalidOption(option: string, problem: string): CountersignError {
  return new CountersignError({ code: 'ERR_INVALID_OPTION', message: `\`${option}\` ${problem}`, option });
}

// Callers with an access token of Connect's OAuth gateway.

import { CountersignError, invalidOption } from '../../core/errors.js';
import { assertKnown, ownOptions } from '../../core/options.js';
import { credentialsModule } from '../../credentials/module.js';
import { ALGORITHMS } from '../../verify/algorithms.js';
import type { JwtClaims } from '../../verify/types.js';
import { type Verifier, createVerifier, decode } from '../../verify/verifier.js';
import { ownTeam } from '../own-team.js';
import { type EveAuthFn, fitsPattern, hasOneOf, sessionOf } from './session.js';
import { type VerificationOptions, authenticator, deployment } from './verification.js';

/** The issuer of the tokens. */
export const CONNECT_OAUTH_ISSUER = 'https://connect.vercel.com';

/** An environment's name, also that of a custom one. */
export type ConnectOAuthEnvironment = 'production' | 'preview' | 'development' | (string & {});

/** The same, or `*` for production, preview and development. */
export type ConnectOAuthAudienceEnvironment = ConnectOAuthEnvironment | '*';

/** Options of {@link connectOAuth}. Unknown members are refused. */
export interface ConnectOAuthOptions extends VerificationOptions {
  /** The values of `aud` to accept. Default: `<ownerId>:<projectId>:<environment>`. */
  readonly audiences?: readonly string[];
  /** The team's id. Default: `owner_id` of the deployment's own token. */
  readonly ownerId?: string;
  /** The project's id. Default: `VERCEL_PROJECT_ID`. */
  readonly projectId?: string;
  /** Default: `VERCEL_TARGET_ENV`, then `VERCEL_ENV`. */
  readonly environment?: ConnectOAuthAudienceEnvironment;
  /** Patterns for `sub`, in which `*` stands for any text. Default: any. */
  readonly subjects?: readonly string[];
  /** Ids or uids of connectors. Default: any. */
  readonly connectors?: readonly string[];
  /** Values of `tenantId`. Default: any. */
  readonly tenantIds?: readonly string[];
  /** Values of `installationId`. Default: any. */
  readonly installationIds?: readonly string[];
  /** Values of further claims. */
  readonly claims?: Readonly<Record<string, readonly string[]>>;
  /** Another address of the issuer's discovery document. */
  readonly discoveryUrl?: string;
  /** Default: 30. */
  readonly clockSkewSeconds?: number;
}

const LISTS = ['audiences', 'subjects', 'connectors', 'tenantIds', 'installationIds'] as const;
const OPTIONS = [
  ...LISTS,
  'ownerId',
  'projectId',
  'environment',
  'claims',
  'discoveryUrl',
  'clockSkewSeconds',
  'env',
  'fetch',
  'onRefused',
];
const STANDARD_ENVIRONMENTS = ['production', 'preview', 'development'];

/**
 * Makes a route auth callback that accepts access tokens of Connect's OAuth gateway for this team, project and environment.
 *
 * Throws `ERR_INVALID_OPTION`. The callback rejects with the same where the team is not known, and with `ERR_JWKS_…` where the keys
 * cannot be had.
 */
export function connectOAuth(options: ConnectOAuthOptions = {}): EveAuthFn {
  const own = ownOptions(options);
  assertKnown(credentialsModule, own, OPTIONS);
  for (const name of LISTS) if (own[name] !== undefined) assertList(own[name], name);
  for (const [name, values] of Object.entries(own.claims ?? {})) assertList(values, `claims.${name}`);
  const { audiences, connectors, subjects, onRefused } = own;
  const place = audiences === undefined ? deployment(own) : undefined;
  const verifiers = createVerifiers(own);

  const judge = async (token: string) => {
    const { claims } = await verifiers(audiences ?? audiencesOf(place as Place, own.ownerId ?? ownTeam(own.env)), token).verify(token);
    if (connectors && ![claims['clientId'], claims['clientUid']].some((name) => hasOneOf(name, connectors))) throw refused('clientId');
    if (subjects && !fitsPattern(claims.sub, subjects)) throw refused('sub');
    const wanted = {
      ...own.claims,
      ...(own.tenantIds && { tenantId: own.tenantIds }),
      ...(own.installationIds && { installationId: own.installationIds }),
    };
    for (const [name, values] of Object.entries(wanted)) if (!hasOneOf(claims[name], values)) throw refused(name);
    return sessionOf(claims as JwtClaims, 'service');
  };
  return authenticator(judge, onRefused);
}

interface Place {
  projectId: string;
  environment: string;
}

function audiencesOf({ projectId, environment }: Place, ownerId: string | undefined): string[] {
  if (ownerId === undefined) throw invalidOption('ownerId', 'is required where the deployment has no OIDC token of its own');
  const environments = environment === '*' ? STANDARD_ENVIRONMENTS : [environment];
  return environments.map((environment) => `${ownerId}:${projectId}:${environment}`);
}

/** Verifiers for the audiences of a team, of which there is one unless the deployment's own token changes. */
function createVerifiers({ discoveryUrl, fetch: fetcher, clockSkewSeconds = 30 }: ConnectOAuthOptions) {
  const made = new Map<string, Verifier>();
  const wellKnown = `${CONNECT_OAUTH_ISSUER}/.well-known/openid-configuration`;
  const send: typeof fetch = (input, init) =>
    (fetcher ?? globalThis.fetch)(discoveryUrl !== undefined && String(input) === wellKnown ? discoveryUrl : input, init);
  return (audience: readonly string[], token: string): Verifier => {
    // RFC 9068 section 2.1, else the default of a verifier: it has no rule for either.
    const typ = String(decode(token).header.typ).toLowerCase() === 'at+jwt' ? { typ: ['at+jwt'] } : {};
    const key = JSON.stringify([audience, typ]);
    const policy = {
      issuer: CONNECT_OAUTH_ISSUER,
      audience: [...audience],
      algorithms: ALGORITHMS,
      claims: { typ: 'at' },
      clockTolerance: clockSkewSeconds,
    };
    const verifier = made.get(key) ?? createVerifier({ ...policy, ...typ, fetch: send });
    if (made.size > 3) made.clear();
    made.set(key, verifier);
    return verifier;
  };
}

function assertList(value: unknown, name: string): void {
  const isList = Array.isArray(value) && value.length > 0 && value.every((element) => typeof element === 'string' && element !== '');
  if (!isList) throw invalidOption(name, 'must be an array of strings, not empty');
}

const refused = (claim: string) =>
  new CountersignError({
    code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    message: `claim \`${claim}\` is not what this verifier expects`,
    claim,
    reason: 'check_failed',
  });

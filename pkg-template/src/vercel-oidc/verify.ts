// `verifyVercelOidcToken`, by this package's verifier.

import { CountersignError, invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import { variable } from '../host/environment.js';
import type { Algorithm, JwsHeader, VercelClaims } from '../verify/types.js';
import { type Verifier, createVercelVerifier } from '../verify/verifier.js';
import { VercelOidcTokenValidationError } from './errors.js';

/** The claims of a verified Vercel token. */
export type VercelOidcPayload = VercelClaims;

/** Options of {@link verifyVercelOidcToken}. Unknown members are refused; times are seconds. */
export interface VerifyVercelOidcTokenOptions {
  /** The project's id, several, or `'*'` for any of `ownerId` or `audience`. Default: `VERCEL_PROJECT_ID`. */
  projectId?: string | string[];
  /** The environment's name, several, or `'*'` for any. Default: `VERCEL_TARGET_ENV`, then `VERCEL_ENV`. */
  environment?: string | string[];
  ownerId?: string;
  /** The issuer, or several. Default: any of Vercel's that fits the token's `owner`. */
  issuer?: string | string[];
  /** The audience, or several. Default: unchecked. */
  audience?: string | string[];
  algorithms?: Algorithm[];
  subject?: string;
  typ?: string;
  clockTolerance?: number;
  maxTokenAge?: number;
  requiredClaims?: string[];
  /** At which time the token must be valid. Default: now. */
  currentDate?: Date | null | undefined;
}

/** Verifiers by their options, for as many kinds of options as a program may have. They share nothing but the process. */
const verifiers = new Map<string, Verifier<VercelClaims>>();
const MAX_VERIFIERS = 32;

/**
 * Verifies a Vercel token with the keys that Vercel publishes for all teams. Rejects with a `CountersignError`, whose codes
 * are those of jose; for a token of another issuer, owner, project or environment with a `TypeError` whose code is
 * `ERR_VERCEL_OIDC_TOKEN_VALIDATION`.
 */
export async function verifyVercelOidcToken<PayloadType = VercelOidcPayload>(
  token: string,
  options: VerifyVercelOidcTokenOptions = {},
): Promise<{ payload: PayloadType; protectedHeader: JwsHeader }> {
  const {
    projectId = variable('VERCEL_PROJECT_ID', undefined),
    environment = variable('VERCEL_TARGET_ENV', undefined) || variable('VERCEL_ENV', undefined),
    audience = null,
    issuer,
    typ,
    // As in jose, which the function of this name calls.
    clockTolerance = 0,
    currentDate,
    ...rest
  } = ownOptions(options);
  if (!projectId) throw invalidOption('projectId', 'is required where VERCEL_PROJECT_ID is not set; `*` accepts any');
  if (!environment) throw invalidOption('environment', 'is required where VERCEL_TARGET_ENV and VERCEL_ENV are not set; `*` accepts any');
  const wanted = { team: '*', projectId, environment, audience, clockTolerance, ...(typ !== undefined && { typ: [typ] }), ...rest };
  const verifier = verifierFor(wanted);
  const now = currentDate ? { now: secondsOf(currentDate) } : undefined;
  const { header, claims } = await verifier.verify(token, now).catch((thrown: CountersignError) => {
    throw isOfAnother(thrown, rest.subject) ? new VercelOidcTokenValidationError(thrown) : thrown;
  });
  if (issuer !== undefined && ![issuer].flat().includes(claims.iss)) {
    const message = 'claim `iss` is not what this verifier expects';
    throw new CountersignError({ code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', message, claim: 'iss', reason: 'check_failed' });
  }
  return { payload: claims as PayloadType, protectedHeader: header };
}

/** The claims that say whose a token is. jose checks all others, `sub` only against an option. */
const IDENTITY = ['iss', 'owner', 'owner_id', 'project', 'project_id', 'environment'];

/** Whether a token was refused because it is of another issuer, owner, project or environment. */
function isOfAnother({ code, claim = '' }: CountersignError, subject: unknown): boolean {
  return code === 'ERR_JWT_CLAIM_VALIDATION_FAILED' && (IDENTITY.includes(claim) || (claim === 'sub' && subject === undefined));
}

/** Whole seconds, as jose counts. */
function secondsOf(date: Date): number {
  const seconds = typeof date.getTime === 'function' ? Math.floor(date.getTime() / 1000) : NaN;
  if (Number.isNaN(seconds)) throw invalidOption('currentDate', 'must be a valid `Date`');
  return seconds;
}

function verifierFor(wanted: Parameters<typeof createVercelVerifier>[0]): Verifier<VercelClaims> {
  const key = JSON.stringify(Object.entries(wanted).sort());
  const kept = verifiers.get(key);
  if (kept) return kept;
  const made = createVercelVerifier(wanted);
  verifiers.set(key, made);
  const [oldest] = verifiers.keys();
  if (verifiers.size > MAX_VERIFIERS && oldest !== undefined) verifiers.delete(oldest);
  return made;
}

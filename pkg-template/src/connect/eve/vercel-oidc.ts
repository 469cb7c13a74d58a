// Callers with a token of this deployment's own project, such as webhooks that Connect forwards.

import { CountersignError } from '../../core/errors.js';
import { assertKnown, ownOptions } from '../../core/options.js';
import { credentialsModule } from '../../credentials/module.js';
import type { VercelClaims } from '../../verify/types.js';
import { type Verifier, createDeliveryVerifier } from '../../verify/verifier.js';
import { ownTeam } from '../own-team.js';
import { type EveAuthFn, type EveSessionAuth, sessionOf } from './session.js';
import { type VerificationOptions, authenticator, deployment } from './verification.js';

/** Options of {@link vercelOidc}. Unknown members are refused. */
export interface VercelOidcOptions extends VerificationOptions {
  /** The team's slug. Default: any that the token's `iss`, `owner`, `aud` and `sub` agree upon. */
  readonly team?: string;
  /** The team's id. Default: `owner_id` of the deployment's own token, where it has one. */
  readonly ownerId?: string;
  /** The project's id. Default: `VERCEL_PROJECT_ID`. */
  readonly projectId?: string;
  /** The environment, also a custom one. Default: `VERCEL_TARGET_ENV`, then `VERCEL_ENV`. */
  readonly environment?: string;
  /** `aud` must name one of these. Default: it is `https://vercel.com/<owner>` of the token's own owner, and no other. */
  readonly audience?: string | string[];
  /** Seconds by which the token's times may be off. Default: 5. */
  readonly clockTolerance?: number;
}

const OPTIONS = ['team', 'ownerId', 'projectId', 'environment', 'audience', 'clockTolerance', 'env', 'fetch', 'onRefused'];

/**
 * Makes a route auth callback that accepts tokens of this project and environment, and of no other. It takes the place of the
 * function of `eve/channels/auth`, which accepts tokens of preview and development on production.
 *
 * Rejects with `ERR_INVALID_OPTION` where project or environment are not known, and with `ERR_JWKS_…` where the keys cannot be had.
 */
export function vercelOidc(options: VercelOidcOptions = {}): EveAuthFn {
  const own = ownOptions(options);
  assertKnown(credentialsModule, own, OPTIONS);
  const { team, ownerId, audience, clockTolerance, fetch: fetcher, onRefused } = own;
  let made: { ownerId: string | undefined; verifier: Verifier<VercelClaims> } | undefined;

  const judge = async (token: string) => {
    const pinned = ownerId ?? (team === undefined ? ownTeam(own.env) : undefined);
    if (made === undefined || made.ownerId !== pinned) {
      // The rules are those of deliveries, which come to the same routes.
      const policy = { team: team ?? '*', audience, ownerId: pinned, ...deployment(own), clockTolerance, fetch: fetcher };
      made = { ownerId: pinned, verifier: createDeliveryVerifier(ownOptions(policy) as Parameters<typeof createDeliveryVerifier>[0]) };
    }
    const { claims } = await made.verifier.verify(token);
    return callerOf(claims);
  };
  // How Eve finds the scheme for the response to a request without a token.
  return Object.defineProperty(authenticator(judge, onRefused), Symbol.for('eve.channels.auth.challenges'), {
    value: [{ scheme: 'Bearer' }],
  });
}

/** Describes the caller as Eve does: a user of the application, a developer, or the deployment itself. */
function callerOf(claims: VercelClaims): EveSessionAuth | null {
  if (claims['external_sub'] !== undefined) return sessionOf(claims, 'user', 'external_sub', ['external_iss', 'connector_id', 'iss']);
  if (claims['user_id'] === undefined) return sessionOf(claims, 'runtime');
  if (claims.environment !== 'development') throw refused('user_id');
  return sessionOf(claims, 'user', 'user_id');
}

const refused = (claim: string) =>
  new CountersignError({
    code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    message: `claim \`${claim}\` is not what this verifier expects`,
    claim,
    reason: 'check_failed',
  });

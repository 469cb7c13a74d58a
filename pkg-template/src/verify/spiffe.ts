// The bundle of a SPIFFE trust domain (SPIFFE Trust Domain and Bundle section 4): a JWK Set in which `use` says what a key signs.

import { invalidOption } from '../core/errors.js';
import { isObject, ownMember } from '../core/options.js';
import type { JsonWebKeyMembers, JsonWebKeySet } from './types.js';

/** The bundle of a trust domain. */
export interface SpiffeBundle {
  readonly keys: readonly JsonWebKeyMembers[];
  readonly spiffe_sequence?: number;
  readonly spiffe_refresh_hint?: number;
  readonly [member: string]: unknown;
}

/**
 * The keys for JWT-SVIDs, as a JWK Set. Keys for X.509-SVIDs are left out, and keys of another use too. A key without a `kid` stays:
 * the core then wants it to be the only one that fits.
 */
export function keysOfBundle(bundle: SpiffeBundle | JsonWebKeySet, option: string): JsonWebKeySet {
  const keys = ownMember(bundle, 'keys');
  if (!Array.isArray(keys)) throw invalidOption(option, 'must be a SPIFFE bundle: a JWK Set with keys for `jwt-svid`');
  const usable = keys.filter((key) => isObject(key) && ownMember(key, 'use') === 'jwt-svid');
  if (usable.length === 0) throw invalidOption(option, 'must have a key whose `use` is `jwt-svid`');
  return { keys: usable.map((key) => ({ ...key, use: 'sig' })) };
}

// Which keys of a set can be used, for people: a health page, the command line.

import { invalidOption } from '../core/errors.js';
import { assertKnown, ownOptions } from '../core/options.js';
import { ALGORITHMS } from './algorithms.js';
import { verifyModule } from './module.js';
import type { Algorithm, JsonWebKeySet } from './types.js';
import { toJson } from './verifier.js';

/** The use of one key of a set. */
export interface KeyReport {
  /** Its name, if it has a well-formed one. */
  readonly kid?: string;
  /** The algorithms that it serves; none where it is skipped. */
  readonly algorithms: readonly Algorithm[];
  /** Why it is skipped. */
  readonly reason?: string;
}

/**
 * Says of each key of a set, in its order, which algorithms it serves or why a verifier skips it. A bad key beside good ones does
 * not spoil the set, so it is easily overlooked. Takes the set, or its JSON text.
 *
 * Throws `ERR_JWKS_INVALID` where it is no key set.
 */
export function describeKeys(jwks: JsonWebKeySet | string, options: { algorithms?: Algorithm[] } = {}): KeyReport[] {
  const own = ownOptions(options);
  assertKnown(verifyModule, own, ['algorithms']);
  const { algorithms = ALGORITHMS } = own;
  if (!Array.isArray(algorithms) || algorithms.some((name) => typeof name !== 'string'))
    throw invalidOption('algorithms', 'must be an array of algorithms');
  const text = typeof jwks === 'string' ? jwks : toJson(jwks);
  return JSON.parse(verifyModule.call((wasm) => wasm.describe_keys(text, algorithms)));
}

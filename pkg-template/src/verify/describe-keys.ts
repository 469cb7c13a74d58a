// Which keys of a set can be used, for people: a health page, the command line.

import { CountersignError, invalidOption } from '../core/errors.js';
import { assertKnown, ownOptions } from '../core/options.js';
import { verifyModule } from './module.js';
import type { Algorithm, JsonWebKeyMembers, JsonWebKeySet } from './types.js';

/** What becomes of one key of a set. */
export interface KeyReport {
  /** Its name, if it has a well-formed one. */
  readonly kid?: string;
  /** The algorithms that it serves; none where it is skipped. */
  readonly algorithms: readonly Algorithm[];
  /** Why it is skipped. */
  readonly reason?: string;
}

const ALL: Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'];

/** The core uses no more keys of a set than these. */
const MAX_KEYS = 100;

/**
 * Says of each key of a set, in its order, which algorithms it serves or why a verifier skips it. A bad key beside good ones does
 * not spoil the set, so it is easily overlooked.
 *
 * Throws `ERR_JWKS_INVALID` where it is no key set.
 */
export function describeKeys(jwks: JsonWebKeySet, options: { algorithms?: Algorithm[] } = {}): KeyReport[] {
  if (!Array.isArray(jwks?.keys)) {
    throw new CountersignError({ code: 'ERR_JWKS_INVALID', message: 'the key set is not an object with an array `keys`' });
  }
  const own = ownOptions(options);
  assertKnown(verifyModule, own, ['algorithms']);
  const { algorithms = ALL } = own;
  if (!Array.isArray(algorithms) || algorithms.some((name) => typeof name !== 'string')) throw invalidOption('algorithms', 'must be an array of algorithms');
  return jwks.keys.map((jwk: JsonWebKeyMembers | null, index) => {
    const kid = typeof jwk?.kid === 'string' ? { kid: jwk.kid } : {};
    if (index >= MAX_KEYS) return { ...kid, algorithms: [], reason: `comes after the first ${MAX_KEYS} keys of the set` };
    return { ...kid, ...examine(JSON.stringify(jwk), algorithms) };
  });
}

const NOTHING = new Uint8Array();

/** Asks the core whether the key would check an empty signature: a key that says no to it is a key. */
function examine(jwk: string, algorithms: readonly Algorithm[]): Pick<KeyReport, 'algorithms' | 'reason'> {
  const serves: Algorithm[] = [];
  let reason = 'fits none of the allowed algorithms';
  for (const algorithm of algorithms) {
    try {
      verifyModule.call((wasm) => wasm.check_signature(algorithm, jwk, NOTHING, NOTHING));
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      if (error.code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') serves.push(algorithm);
      else if (error.code === 'ERR_JWK_INVALID') reason = error.reason ?? reason;
    }
  }
  return serves.length > 0 ? { algorithms: serves } : { algorithms: [], reason };
}

// Which keys of a set can be used, for people: a health page, the command line.

import { call } from './core.js';
import { invalidOption } from './errors.js';
import type { Algorithm, JsonWebKeySet } from './types.js';

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

/**
 * Says of each key of a set, in its order, which algorithms it serves or why a verifier skips it. A bad key beside good ones does
 * not spoil the set, so it is easily overlooked.
 *
 * Throws `ERR_JWKS_INVALID` where it is no key set.
 */
export function describeKeys(jwks: JsonWebKeySet, options: { algorithms?: Algorithm[] } = {}): KeyReport[] {
  let text: string | undefined;
  try {
    text = JSON.stringify(jwks);
  } catch {
    // A cycle, or a number too large for JSON.
  }
  if (text === undefined) throw invalidOption('jwks', 'must be a JSON Web Key Set');
  return describeKeyText(text, options.algorithms);
}

/** The same for the text as an issuer sends it: duplicate members, which an object cannot have, are refused. */
export function describeKeyText(text: string, algorithms: Algorithm[] = ALL): KeyReport[] {
  const keys: KeyReport[] = call((wasm) => wasm.jwks_examine(text, algorithms));
  return keys.map(({ kid, algorithms, reason }) => ({
    ...(kid !== undefined && { kid }),
    algorithms,
    ...(reason !== undefined && { reason }),
  }));
}

/**
 * What a token says, which trust policies let it in, and the policy that lets in nothing else.
 *
 * For people and build machines: it verifies nothing, and it is a WebAssembly module of its own, so that a request path
 * never loads it.
 *
 * @module
 */

import { ask } from './inspect/module.js';
import type { JwsHeader, JwtClaims } from './types.js';

/** What a token or a claims set says. Anyone may have written it. */
export interface TokenReading {
  /** The protected header; absent where only claims were given. */
  readonly header?: JwsHeader;
  readonly claims: JwtClaims;
  /** What issuer and subject say, where both are Vercel's. */
  readonly vercel?: {
    readonly issuerMode: 'team' | 'global';
    /** The team's slug. */
    readonly owner: string;
    /** The project's name. */
    readonly project: string;
    readonly environment: string;
  };
}

/**
 * Reads a compact token or a claims set strictly. **Nothing is verified.**
 *
 * @throws {CountersignError} `ERR_JWS_INVALID` or `ERR_JWT_INVALID` where it is malformed.
 */
export function readToken(token: string | JwtClaims): TokenReading {
  return ask((wasm) => wasm.read_token(tokenText(token)));
}

/** As the core takes it: a compact token, or the JSON text of a claims set. */
const tokenText = (token: string | JwtClaims): string => (typeof token === 'string' ? token : JSON.stringify(token) ?? '');

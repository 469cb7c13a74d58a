// This package against jose: what can be compared in every runtime. peers.mjs adds what only Node.js has.

/** @typedef {{name: string, candidates: import('./measure.mjs').Candidate[]}} Benchmark */

/** The most that this package may take, as a multiple of jose: in Node.js, and elsewhere where the target is another. */
const AGAINST_JOSE = { 'RS256 2048': 1 / 5, ES256: 1, ES384: 1, ES512: 1, EdDSA: 1 };
const ELSEWHERE = { 'RS256 2048': 1 / 3, ES256: 3 };

/** Takes the inputs in turn. */
export const turn = (list, i) => list[i % list.length];

/**
 * The benchmarks, the candidate of this package first in each.
 *
 * @param {{countersign: object, jose: object}} entries
 * @param {{issuer: string, audience: string, subjects: Record<string, import('./tokens.mjs').Subject>}} data
 * @returns {Benchmark[]}
 */
export function benchmarks({ countersign, jose }, { issuer, audience, subjects }, { node = false } = {}) {
  const targets = node ? AGAINST_JOSE : { ...AGAINST_JOSE, ...ELSEWHERE };
  const verification = Object.entries(subjects).map(([name, { alg, jwk, tokens }]) => {
    const verifier = uncachedVerifier(countersign, { issuer, audience, algorithms: [alg], jwks: { keys: [jwk] } });
    const keys = jose.createLocalJWKSet({ keys: [jwk] });
    const options = { issuer, audience, algorithms: [alg] };
    return {
      name,
      candidates: [
        { name: 'countersign verifySync', run: (i) => verifier.verifySync(turn(tokens, i)) },
        { name: 'jose jwtVerify', asynchronous: true, run: (i) => jose.jwtVerify(turn(tokens, i), keys, options), target: targets[name] },
      ],
    };
  });
  const { tokens } = subjects['RS256 2048'];
  const decoding = {
    name: 'decode',
    candidates: [
      { name: 'countersign decode', run: (i) => countersign.decode(turn(tokens, i)) },
      { name: 'jose decodeJwt', run: (i) => jose.decodeJwt(turn(tokens, i)), target: 1 },
    ],
  };
  return [...verification, decoding];
}

/** A verifier that remembers no verified tokens, so that each call verifies. */
export const uncachedVerifier = (countersign, options) => countersign.createVerifier({ ...options, cache: { tokens: 0 } });

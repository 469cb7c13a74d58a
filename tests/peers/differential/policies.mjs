// The policies of the run: what this package is told, and the same in jose's words.
import { ALGORITHMS, KEYS, publicJwk } from '../keys.mjs';

export const NOW = 1_760_000_000;
export const ISSUER = 'https://issuer.example/tenant';

const both = ['EdDSA', 'Ed25519'];
const isEd25519 = (alg) => both.includes(alg);

/** By name: options of `createVerifier` beside `jwks` and `algorithms`, and the key set for an algorithm. */
export const POLICIES = {
  // As a set looks in the middle of a rotation.
  plain: {
    options: { issuer: ISSUER, audience: 'api', clockTolerance: 0 },
    algorithms: (alg) => [alg],
    keys: (alg) => keysOf(alg).map((jwk, number) => publicJwk(jwk, { kid: `key-${number + 1}`, use: 'sig', alg })),
  },
  // One key that names no algorithm, and every algorithm allowed.
  wide: {
    options: { issuer: ['https://other.example', ISSUER], audience: ['api', 'app'], clockTolerance: 5 },
    algorithms: () => Object.keys(ALGORITHMS),
    keys: (alg) => [publicJwk(keysOf(alg)[0], { kid: 'key-1' })],
  },
  aged: {
    options: { issuer: ISSUER, audience: null, subject: 'someone', requiredClaims: ['jti'], maxTokenAge: 600, clockTolerance: 2 },
    algorithms: (alg) => [alg],
    keys: (alg) => [publicJwk(keysOf(alg)[0], { kid: 'key-1', key_ops: ['verify'], alg })],
  },
  access: {
    options: { issuer: ISSUER, audience: 'api', typ: ['at+jwt'], maxTokenBytes: 4096, clockTolerance: 0 },
    algorithms: (alg) => [alg, 'RS256'],
    keys: (alg) => keysOf(alg).map((jwk, number) => publicJwk(jwk, { kid: `key-${number + 1}`, use: 'sig' })),
  },
};

export const keysOf = (alg) => KEYS[ALGORITHMS[alg].kind];

/** The same policy for jose. */
export function joseOptions(policy, alg) {
  const { typ, audience, maxTokenBytes: _, ...same } = POLICIES[policy].options;
  const algorithms = POLICIES[policy].algorithms(alg);
  return {
    ...same,
    ...(audience === null ? {} : { audience }),
    ...(typ ? { typ: typ[0] } : {}),
    // This package takes the two names of Ed25519 for one algorithm; jose compares names.
    algorithms: algorithms.some(isEd25519) ? [...algorithms, ...both] : algorithms,
    currentDate: new Date(NOW * 1000),
  };
}

/** The same keys for jose: a key that names Ed25519 either way serves both names, so for jose it must name none. */
export const joseKeys = (keys) => keys.map((jwk) => (jwk.kty === 'OKP' && isEd25519(jwk.alg) ? { ...jwk, alg: undefined } : jwk));

export const headerOf = (policy, alg) => ({ typ: policy === 'access' ? 'at+jwt' : 'JWT', alg, kid: 'key-1' });

/** `more` changes the length, and so how much of the last character of base64url is used. */
export const claimsOf = (more) => ({
  iss: ISSUER,
  aud: 'api',
  sub: 'someone',
  iat: NOW - 60,
  nbf: NOW - 60,
  exp: NOW + 600,
  jti: '5b8c1f0e-6a0e-4a8f',
  name: `Ada Löwenherz 🦁${more}`,
  groups: ['a', 'b'],
  act: { sub: 'other', depth: { deeper: [1, 2.5, null, true] } },
});

// What is verified: tokens with the claims of a production token of Vercel, signed with the fixed keys of tests/peers.
import { KEYS, publicJwk, signToken } from '../../tests/peers/keys.mjs';

export const ISSUER = 'https://oidc.vercel.com/acme';
export const AUDIENCE = 'https://vercel.com/acme';

/** Tokens of one benchmark: enough that none is special, few enough that the caches of the processor hold them. */
const TOKENS = 64;

/** The kinds of key and signature that are compared, by their name in the table. */
const KINDS = {
  'RS256 2048': { alg: 'RS256', key: 'rsa' },
  'RS256 3072': { alg: 'RS256', key: 'rsa-3072' },
  'RS256 4096': { alg: 'RS256', key: 'rsa-4096' },
  'PS256 2048': { alg: 'PS256', key: 'rsa' },
  ES256: { alg: 'ES256', key: 'P-256' },
  ES384: { alg: 'ES384', key: 'P-384' },
  ES512: { alg: 'ES512', key: 'P-521' },
  EdDSA: { alg: 'EdDSA', key: 'Ed25519' },
};

/**
 * What a benchmark is about, as JSON, so that it can be handed to another runtime.
 *
 * @typedef {{alg: string, jwk: object, tokens: string[]}} Subject
 */

/** Every subject by name. `claims` are those that a token has beside `jti`. */
export function subjects(claims) {
  return Object.fromEntries(Object.keys(KINDS).map((name) => [name, subject(name, claims, TOKENS)]));
}

/** One of them, with `count` distinct tokens. */
export function subject(name, claims, count) {
  const { alg, jwk, mint } = minter(name, claims);
  return { alg, jwk, tokens: Array.from({ length: count }, (_, i) => mint(i)) };
}

/** What signs the tokens of one of them, each with another `jti`. */
export function minter(name, claims) {
  const { alg, key: kind } = KINDS[name];
  const key = KEYS[kind][0];
  const kid = 'mrk-4302ec1b670f48a98ad61dade4a23be7';
  const mint = (jti) => signToken(alg, key, { typ: 'JWT', kid }, { ...claims, jti: `${jti}` });
  return { alg, jwk: publicJwk(key, { kid, alg, use: 'sig' }), mint };
}

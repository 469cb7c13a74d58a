// What the rows share: the keys, a token that the default verifier accepts, and how a row is written.
import { KEYS, base64url, publicJwk, sign, signTexts } from '../peers/keys.mjs';
import { signAlike } from '../peers/differential/sign.mjs';

export const ISSUER = 'https://issuer.example/tenant';
/** The time at which rows are verified, unless they say otherwise, in seconds. */
export const NOW = 1_760_000_000;
export const SIGNER = KEYS.rsa[0];
export const HEADER = { typ: 'JWT', kid: 'key-1' };
export const CLAIMS = { iss: ISSUER, aud: 'api', sub: 'someone', iat: NOW - 60, nbf: NOW - 60, exp: NOW + 600 };
/** The public key of the default verifier, without `alg` and `use`. */
export const GOOD = publicJwk(SIGNER, { kid: 'key-1' });
export const keySet = (...keys) => ({ keys });
export const JWKS = keySet({ ...GOOD, alg: 'RS256', use: 'sig' });
/** The options of every row, under those of its own. */
export const OPTIONS = { issuer: ISSUER, audience: 'api', jwks: JWKS };

/** Signs the same bytes in every run, also by PSS and ECDSA. */
export const signed = (alg, jwk, input) => `${input}.${base64url(signAlike(alg, jwk, input))}`;

/** A token with changes to header and claims; `undefined` removes a member. */
export function mint(claims = {}, header = {}, alg = 'RS256', jwk = SIGNER) {
  const part = (value) => base64url(JSON.stringify(value));
  return signed(alg, jwk, `${part({ alg, ...HEADER, ...header })}.${part({ ...CLAIMS, ...claims })}`);
}

/** A token over exactly these texts or bytes. */
export const withTexts = (header, payload) =>
  signTexts('RS256', SIGNER, header ?? JSON.stringify({ ...HEADER, alg: 'RS256' }), payload ?? JSON.stringify(CLAIMS));

/** A token whose payload has these members behind the others. */
export const withMembers = (members) => withTexts(undefined, `${JSON.stringify(CLAIMS).slice(0, -1)},${members}}`);

/** Signs header and payload as they are encoded. */
export const resign = (input) => `${input}.${base64url(sign('RS256', SIGNER, input))}`;

export const refusedClaim = (claim, reason = 'invalid') => `ERR_JWT_CLAIM_VALIDATION_FAILED ${claim} ${reason}`;
export const EXPIRED = 'ERR_JWT_EXPIRED exp check_failed';

/** @typedef {{name: string, token: string, expected: string, options?: object, verifier?: 'vercel', now?: number}} Row */

/** @type {{input: string, rows: Row[]}[]} */
export const INPUTS = [];

/**
 * Adds the rows of an input. `rows` gets a function that adds one: what is special about it, the token, the expected outcome, and what differs from
 * the default verifier.
 */
export function input(name, rows) {
  const added = [];
  rows((row, token, expected, more = {}) => added.push({ name: String(row), token, expected, ...more }));
  INPUTS.push({ input: name, rows: added });
}

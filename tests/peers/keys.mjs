// Keys that everyone knows, fixed so that a run can be repeated, and a signer that signs whatever bytes it is given.
import { constants, createPrivateKey, sign as signBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Private JWKs by kind; those of one kind are different keys. */
export const KEYS = JSON.parse(readFileSync(new URL('keys.json', import.meta.url), 'utf8'));

const rsa = (bits, padding) => ({ kind: 'rsa', hash: `sha${bits}`, params: { padding, saltLength: bits / 8 } });
const ecdsa = (bits, hash) => ({ kind: `P-${bits}`, hash, params: { dsaEncoding: 'ieee-p1363' } });
const ed25519 = { kind: 'Ed25519', hash: null, params: {} };

/** How each algorithm signs, and with which kind of key. */
export const ALGORITHMS = {
  RS256: rsa(256, constants.RSA_PKCS1_PADDING),
  RS384: rsa(384, constants.RSA_PKCS1_PADDING),
  RS512: rsa(512, constants.RSA_PKCS1_PADDING),
  PS256: rsa(256, constants.RSA_PKCS1_PSS_PADDING),
  PS384: rsa(384, constants.RSA_PKCS1_PSS_PADDING),
  PS512: rsa(512, constants.RSA_PKCS1_PSS_PADDING),
  ES256: ecdsa(256, 'sha256'),
  ES384: ecdsa(384, 'sha384'),
  ES512: ecdsa(521, 'sha512'),
  EdDSA: ed25519,
  Ed25519: ed25519,
};

/** The public half of a key, with the members that a key set gives it. */
export const publicJwk = ({ kty, crv, n, e, x, y }, members = {}) => JSON.parse(JSON.stringify({ kty, crv, n, e, x, y, ...members }));

export const base64url = (value) => Buffer.from(value).toString('base64url');

const imported = new WeakMap();

/** Signs bytes or text; `params` are those of node:crypto, over the ones that the algorithm wants. */
export function sign(alg, jwk, message, params = {}) {
  if (!imported.has(jwk)) imported.set(jwk, createPrivateKey({ key: jwk, format: 'jwk' }));
  const algorithm = ALGORITHMS[alg];
  return signBytes(algorithm.hash, Buffer.from(message), { key: imported.get(jwk), ...algorithm.params, ...params });
}

/** A token over exactly these texts (or bytes): nothing is made valid on the way. */
export function signTexts(alg, jwk, header, payload) {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${base64url(sign(alg, jwk, input))}`;
}

/** A token with this header, completed by `alg`, and these claims. */
export const signToken = (alg, jwk, header, claims) => signTexts(alg, jwk, JSON.stringify({ alg, ...header }), JSON.stringify(claims));

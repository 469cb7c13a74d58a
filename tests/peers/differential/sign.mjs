// Signatures that are the same in every run. node:crypto draws a salt for PSS and a nonce for ECDSA; here both come from the key and the
// message, so that a seed gives the same tokens to the bit. For test keys only: nothing here resists timing.
import { createECDH, createHash, createPrivateKey, privateEncrypt, constants } from 'node:crypto';
import { ALGORITHMS, sign } from '../keys.mjs';

const CURVES = {
  'P-256': { name: 'prime256v1', octets: 32, order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n },
  'P-384': {
    name: 'secp384r1',
    octets: 48,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  'P-521': {
    name: 'secp521r1',
    octets: 66,
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
};

const toNumber = (octets) => BigInt(`0x${Buffer.from(octets).toString('hex') || '0'}`);
export const toOctets = (number, length) => Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex');
const digest = (hash, ...parts) => parts.reduce((state, part) => state.update(part), createHash(hash)).digest();

/** Signs as the algorithm wants it. */
export function signAlike(alg, jwk, message) {
  const { kind, hash, params } = ALGORITHMS[alg];
  if (CURVES[kind]) return signEcdsa(CURVES[kind], hash, jwk, message);
  return params.padding === constants.RSA_PKCS1_PSS_PADDING ? signPss(hash, jwk, message) : sign(alg, jwk, message);
}

/** The other valid half of an ECDSA signature: (r, n-s). */
export function mirrored(alg, signature) {
  const { octets, order } = CURVES[ALGORITHMS[alg].kind];
  return Buffer.concat([signature.subarray(0, octets), toOctets(order - toNumber(signature.subarray(octets)), octets)]);
}

/** The order of the algorithm's curve, in octets. */
export const orderOf = (alg) => toOctets(CURVES[ALGORITHMS[alg].kind].order, CURVES[ALGORITHMS[alg].kind].octets);

function signEcdsa({ name, octets, order }, hash, { d }, message) {
  const secret = Buffer.from(d, 'base64url');
  const z = toNumber(digest(hash, message).subarray(0, octets));
  const nonce = (toNumber(digest('sha512', secret, message)) % (order - 1n)) + 1n;
  const ecdh = createECDH(name);
  ecdh.setPrivateKey(toOctets(nonce, octets));
  const r = toNumber(ecdh.getPublicKey().subarray(1, 1 + octets)) % order;
  const s = (inverse(nonce, order) * (z + r * toNumber(secret))) % order;
  return Buffer.concat([toOctets(r, octets), toOctets(s, octets)]);
}

function inverse(value, modulus) {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (b) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % modulus) + modulus) % modulus;
}

const privateKeys = new WeakMap();

/** The private operation alone, for an encoded message as long as the modulus. */
export function rawRsa(jwk, encoded) {
  if (!privateKeys.has(jwk)) privateKeys.set(jwk, createPrivateKey({ key: jwk, format: 'jwk' }));
  return privateEncrypt({ key: privateKeys.get(jwk), padding: constants.RSA_NO_PADDING }, encoded);
}

/** RFC 8017 section 9.1.1, with a salt as long as the hash unless told otherwise. */
export function signPss(hash, jwk, message, saltLength = digest(hash, '').length) {
  const length = Buffer.from(jwk.n, 'base64url').length;
  const salt = digest('sha512', jwk.d, message).subarray(0, saltLength);
  const h = digest(hash, Buffer.alloc(8), digest(hash, message), salt);
  const db = Buffer.concat([Buffer.alloc(length - saltLength - h.length - 2), Buffer.from([1]), salt]);
  const mask = mgf1(hash, h, db.length);
  const masked = db.map((octet, at) => octet ^ mask[at]);
  // The moduli of the test keys are whole octets long, so one bit is left over.
  masked[0] &= 0x7f;
  return rawRsa(jwk, Buffer.concat([masked, h, Buffer.from([0xbc])]));
}

function mgf1(hash, seed, length) {
  const blocks = [];
  for (let count = 0, got = 0; got < length; count += 1) {
    blocks.push(digest(hash, seed, Buffer.from([count >>> 24, count >>> 16, count >>> 8, count])));
    got += blocks.at(-1).length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

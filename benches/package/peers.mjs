// The peers that only Node.js has, added to the benchmarks that every runtime has.
import { createPublicKey, verify } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier as createFastVerifier } from 'fast-jwt';
import jsonwebtoken from 'jsonwebtoken';
import { ALGORITHMS } from '../../tests/peers/keys.mjs';
import { turn } from './benchmarks.mjs';

/** The most that this package may take, as a multiple of a bare signature check by OpenSSL. */
const AGAINST_CRYPTO = { 'RS256 2048': 1.6, 'RS256 3072': 2, 'RS256 4096': 2, 'PS256 2048': 2 };

/** Adds Node's own cryptography to every verification, and every peer to that of the default algorithm. */
export function withPeers(benchmarks, { countersign }, data) {
  const found = benchmarks.map(({ name, candidates }) => {
    const subject = data.subjects[name];
    if (!subject) return { name, candidates };
    const all = [...candidates, bareCrypto(subject, AGAINST_CRYPTO[name])];
    return { name, candidates: name === 'RS256 2048' ? [...all, ...libraries(subject, data)] : all };
  });
  return [...found, again(countersign, data)];
}

/** No token at all: bytes and signature as they are, one check of a signature by a key that is ready. */
function bareCrypto({ alg, jwk, tokens }, target) {
  const { hash, params } = ALGORITHMS[alg];
  const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), ...params };
  const inputs = tokens.map((token) => {
    const dot = token.lastIndexOf('.');
    return { message: Buffer.from(token.slice(0, dot)), signature: Buffer.from(token.slice(dot + 1), 'base64url') };
  });
  const run = (i) => {
    const { message, signature } = turn(inputs, i);
    if (!verify(hash, message, key, signature)) throw new Error(`a signature of ${alg} was refused`);
  };
  return { name: 'node:crypto verify', run, target };
}

function libraries({ alg, jwk, tokens }, { issuer, audience }) {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const aws = JwtVerifier.create({ issuer, audience, jwksUri: `${issuer}/.well-known/jwks` });
  aws.cacheJwks({ keys: [jwk] });
  const fast = fastVerifier({ alg, jwk }, { issuer, audience }, false);
  const options = { issuer, audience, algorithms: [alg] };
  return [
    { name: 'fast-jwt, no cache', run: (i) => fast(turn(tokens, i)), target: 1 },
    { name: 'aws-jwt-verify verifySync', run: (i) => aws.verifySync(turn(tokens, i)) },
    { name: 'jsonwebtoken verify', run: (i) => jsonwebtoken.verify(turn(tokens, i), key, options) },
  ];
}

function fastVerifier({ alg, jwk }, { issuer, audience }, cache) {
  const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'spki' });
  return createFastVerifier({ key: pem, algorithms: [alg], allowedIss: issuer, allowedAud: audience, cache });
}

/** The same few tokens again and again, as one client sends them. */
function again(countersign, { issuer, audience, subjects }) {
  const { alg, jwk, tokens } = subjects['RS256 2048'];
  const verifier = countersign.createVerifier({ issuer, audience, algorithms: [alg], jwks: { keys: [jwk] } });
  const fast = fastVerifier({ alg, jwk }, { issuer, audience }, true);
  return {
    name: 'the same token again',
    candidates: [
      { name: 'countersign verifySync', run: (i) => verifier.verifySync(turn(tokens, i)) },
      { name: 'fast-jwt, with its cache', run: (i) => fast(turn(tokens, i)), target: 1 / 3 },
    ],
  };
}

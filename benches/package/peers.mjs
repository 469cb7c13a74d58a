// The peers that only Node.js has, added to the benchmarks that every runtime has.
import { createPublicKey, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier as createFastVerifier } from 'fast-jwt';
import jsonwebtoken from 'jsonwebtoken';
import { ALGORITHMS } from '../../tests/peers/keys.mjs';
import { turn } from './benchmarks.mjs';

// For 64-bit Linux alone: the package around it lists modules for other systems, which a registry may lack.
const { verifySync: verifyNodeRs } = createRequire(import.meta.url)('@node-rs/jsonwebtoken-linux-x64-gnu');

/** The most CPU time that this package may take, as a multiple of a bare signature check by OpenSSL. */
const AGAINST_CRYPTO = { 'RS256 2048': 1.5, 'RS256 3072': 2, 'RS256 4096': 2, 'PS256 2048': 2, ES256: 1, ES384: 1, ES512: 1 };

/** The same, as a multiple of each library. To compare another algorithm with the libraries, add its row. */
const AGAINST_LIBRARIES = {
  'RS256 2048': { 'fast-jwt, no cache': 1 },
  ES256: { 'fast-jwt, no cache': 1, 'aws-jwt-verify verifySync': 1, 'jsonwebtoken verify': 1, '@node-rs/jsonwebtoken verifySync': 1 },
  ES384: { 'fast-jwt, no cache': 1, 'aws-jwt-verify verifySync': 1, 'jsonwebtoken verify': 1, '@node-rs/jsonwebtoken verifySync': 1 },
  ES512: { 'fast-jwt, no cache': 1, 'aws-jwt-verify verifySync': 1, 'jsonwebtoken verify': 1 },
  EdDSA: { '@node-rs/jsonwebtoken verifySync': 1 },
};

/** Algorithms of JOSE that a library does not have. */
const LACKS = { 'jsonwebtoken verify': ['EdDSA'], '@node-rs/jsonwebtoken verifySync': ['ES512'] };

/** Adds Node's own cryptography to every verification, and the libraries to those of {@link AGAINST_LIBRARIES}. */
export function withPeers(benchmarks, { countersign }, data) {
  const found = benchmarks.map(({ name, candidates }) => {
    const subject = data.subjects[name];
    if (!subject) return { name, candidates };
    const all = [...candidates, bareCrypto(subject, AGAINST_CRYPTO[name])];
    const targets = AGAINST_LIBRARIES[name];
    return { name, candidates: targets ? [...all, ...libraries(subject, data, targets)] : all };
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

function libraries({ alg, jwk, tokens }, { issuer, audience }, targets) {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const aws = JwtVerifier.create({ issuer, audience, jwksUri: `${issuer}/.well-known/jwks` });
  aws.cacheJwks({ keys: [jwk] });
  const fast = fastVerifier({ alg, jwk }, { issuer, audience }, false);
  const options = { issuer, audience, algorithms: [alg] };
  const validation = { iss: [issuer], aud: [audience], algorithms: [alg], validateNbf: true };
  const text = pem(jwk);
  const verifications = {
    'fast-jwt, no cache': fast,
    'aws-jwt-verify verifySync': (token) => aws.verifySync(token),
    'jsonwebtoken verify': (token) => jsonwebtoken.verify(token, key, options),
    '@node-rs/jsonwebtoken verifySync': (token) => verifyNodeRs(token, text, validation),
  };
  return Object.entries(verifications)
    .filter(([name]) => !LACKS[name]?.includes(alg))
    .map(([name, run]) => ({ name, run: (i) => run(turn(tokens, i)), target: targets[name] }));
}

const pem = (jwk) => createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'spki' });

function fastVerifier({ alg, jwk }, { issuer, audience }, cache) {
  return createFastVerifier({ key: pem(jwk), algorithms: [alg], allowedIss: issuer, allowedAud: audience, cache });
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

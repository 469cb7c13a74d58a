// The verdicts of other packages on a case, each set up as its documentation says. A key is chosen by `kid`, as jwks-rsa and get-jwks do it.
import { createPublicKey } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import { createVerifier as createFastVerifier } from 'fast-jwt';
import jsonwebtoken from 'jsonwebtoken';
import { ALGORITHMS } from '../keys.mjs';
import { ISSUER, NOW, POLICIES } from './policies.mjs';

/** The policies that every peer has options for. */
const COMMON = ['plain', 'wide'];

/**
 * By name: the algorithms that the peer has, and what makes the function from a token to its claims, which throws where the token is refused.
 * @type {Record<string, {algs: (alg: string) => boolean, make: (given: object) => (token: string) => object}>}
 */
export const PEERS = {
  'aws-jwt-verify': {
    algs: (alg) => !alg.startsWith('PS') && alg !== 'Ed25519',
    make: ({ policy, alg, keys }) => {
      const { options, algorithms } = POLICIES[policy];
      const allowed = algorithms(alg);
      const verifier = JwtVerifier.create({
        issuer: options.issuer,
        audience: options.audience,
        graceSeconds: options.clockTolerance,
        jwksUri: `${ISSUER}/jwks`,
        // It has no option for the algorithms.
        customJwtCheck: ({ header }) => {
          if (!allowed.includes(header.alg)) throw new Error('the algorithm is not allowed');
        },
      });
      verifier.cacheJwks({ keys });
      return (token) => verifier.verifySync(token);
    },
  },
  'fast-jwt': {
    algs: (alg) => alg !== 'Ed25519',
    make: ({ policy, alg, keys }) => {
      const { options, algorithms } = POLICIES[policy];
      const known = algorithms(alg).filter((name) => name !== 'Ed25519');
      const settings = {
        allowedIss: options.issuer,
        allowedAud: options.audience,
        clockTimestamp: NOW * 1000,
        clockTolerance: options.clockTolerance * 1000,
      };
      const keyOf = chooser(keys);
      const verifiers = new Map();
      return (token) => {
        const { kid, key } = keyOf(token);
        if (!verifiers.has(kid)) {
          const algorithms = known.filter((name) => fits(name, key));
          verifiers.set(kid, createFastVerifier({ ...settings, algorithms, key: key.export({ format: 'pem', type: 'spki' }) }));
        }
        return verifiers.get(kid)(token);
      };
    },
  },
  jsonwebtoken: {
    algs: (alg) => ALGORITHMS[alg].kind !== 'Ed25519',
    make: ({ policy, alg, keys }) => {
      const { options, algorithms } = POLICIES[policy];
      const { issuer, audience, clockTolerance } = options;
      const settings = { issuer, audience, clockTolerance, algorithms: algorithms(alg), clockTimestamp: NOW };
      const keyOf = chooser(keys);
      return (token) => jsonwebtoken.verify(token, keyOf(token).key, settings);
    },
  },
};

/** Returns what finds the key that a token names. */
function chooser(keys) {
  const imported = new Map();
  return (token) => {
    const kid = jsonwebtoken.decode(token, { complete: true })?.header?.kid;
    const jwk = keys.find((candidate) => candidate?.kid === kid);
    if (!jwk || kid === undefined) throw new Error('no key has the `kid` of the token');
    if (jwk.use !== undefined && jwk.use !== 'sig') throw new Error('the key is not for signatures');
    if (!imported.has(kid)) imported.set(kid, createPublicKey({ key: jwk, format: 'jwk' }));
    return { kid, key: imported.get(kid) };
  };
}

/** Whether fast-jwt would take the key for the algorithm; it refuses a list with one that it would not. */
function fits(alg, key) {
  const { kind } = ALGORITHMS[alg];
  if (kind === 'rsa') return key.asymmetricKeyType === 'rsa';
  if (kind === 'Ed25519') return key.asymmetricKeyType === 'ed25519';
  return key.asymmetricKeyDetails?.namedCurve === { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }[kind];
}

/** Returns a function from a case to the verdicts of the peers that can be asked about it. */
export function makePeers() {
  const prepared = new Map();

  function prepare(name, given) {
    const id = `${name} ${given.policy} ${given.alg}`;
    if (!given.ownKeys && prepared.has(id)) return prepared.get(id);
    const verify = PEERS[name].make(given);
    if (!given.ownKeys) prepared.set(id, verify);
    return verify;
  }

  return (given) => {
    const verdicts = {};
    if (!COMMON.includes(given.policy)) return verdicts;
    // aws-jwt-verify takes no time.
    const clock = Date.now;
    Date.now = () => NOW * 1000;
    try {
      for (const [name, { algs }] of Object.entries(PEERS)) {
        if (!algs(given.alg)) continue;
        try {
          verdicts[name] = { ok: true, claims: prepare(name, given)(given.token) };
        } catch (thrown) {
          verdicts[name] = { ok: false, code: thrown.code ?? thrown.name, message: thrown.message };
        }
      }
    } finally {
      Date.now = clock;
    }
    return verdicts;
  };
}

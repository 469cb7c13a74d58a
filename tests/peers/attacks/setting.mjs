// What the attack tests share: a verifier with the defaults, a token that it accepts, and how a verdict is named.
import assert from 'node:assert/strict';
import { KEYS, publicJwk, signToken } from '../keys.mjs';
import { importPackage } from '../package-under-test.mjs';

export const ISSUER = 'https://issuer.example/tenant';
export const NOW = 1_760_000_000;
export const SIGNER = KEYS.rsa[0];
export const JWKS = { keys: [publicJwk(SIGNER, { kid: 'key-1', alg: 'RS256', use: 'sig' })] };
export const HEADER = { typ: 'JWT', kid: 'key-1' };
export const CLAIMS = { iss: ISSUER, aud: 'api', sub: 'someone', iat: NOW - 60, nbf: NOW - 60, exp: NOW + 600 };

/** Imports the package for one test file and makes the helpers around it. */
export async function setUp(name) {
  const entries = await importPackage(name);
  const { countersign } = entries;

  const verifierOf = (options) => countersign.createVerifier({ issuer: ISSUER, audience: 'api', jwks: JWKS, ...options });
  const standard = verifierOf();

  /** `accepted`, or the code with the claim and the reason where there are any. */
  function verdict(token, verifier = standard) {
    try {
      verifier.verifySync(token, { now: NOW });
      return 'accepted';
    } catch (thrown) {
      return refusal(thrown);
    }
  }

  /** The same of a call or a promise. */
  async function outcome(work) {
    try {
      await (typeof work === 'function' ? work() : work);
      return 'accepted';
    } catch (thrown) {
      return refusal(thrown);
    }
  }

  function refusal(thrown) {
    assert.ok(thrown instanceof countersign.CountersignError, `not a CountersignError: ${thrown?.stack ?? thrown}`);
    assert.notEqual(thrown.code, 'ERR_INTERNAL', thrown.message);
    return [thrown.code, thrown.claim, thrown.reason].filter(Boolean).join(' ');
  }

  return { ...entries, verifierOf, verdict, outcome };
}

/** A token as it should be, with changes to header and claims; `undefined` takes a member away. */
export const mint = (claims = {}, header = {}, alg = 'RS256', jwk = SIGNER) =>
  signToken(alg, jwk, { ...HEADER, ...header }, { ...CLAIMS, ...claims });

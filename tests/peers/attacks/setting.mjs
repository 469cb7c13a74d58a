// What the tests of attacks share beside the setting of the table: the package, a verifier with the defaults, and how a verdict is named.
import assert from 'node:assert/strict';
import { ISSUER, JWKS, NOW } from '../../attacks/setting.mjs';
import { importPackage } from '../package-under-test.mjs';

export { CLAIMS, HEADER, ISSUER, JWKS, NOW, SIGNER, mint } from '../../attacks/setting.mjs';

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

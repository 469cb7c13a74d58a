// Two verdicts on one case: this package's, and jose's with the same keys and the same policy.
import { isDeepStrictEqual } from 'node:util';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import { NOW, POLICIES, joseKeys, joseOptions } from './policies.mjs';

/**
 * @typedef {{ok: true, header: object, claims: object} | {ok: false, code: string, claim?: string, reason?: string, message: string}} Verdict
 */

/** Every so many cases the other ways of asking must give the same verdict. */
const SAMPLE = 4;

export function makeJudge(countersign) {
  const prepared = new Map();

  /** Keys and policy made ready on both sides; kept unless the case has a key set of its own. */
  function prepare({ alg, policy, keys, ownKeys }) {
    const name = `${policy} ${alg}`;
    if (!ownKeys && prepared.has(name)) return prepared.get(name);
    const { options, algorithms } = POLICIES[policy];
    const ready = {
      verifier: attempt(() => countersign.createVerifier({ ...options, algorithms: algorithms(alg), jwks: { keys } })),
      // Where jose cannot even read the set, it refuses every token.
      set: attempt(() => createLocalJWKSet({ keys: joseKeys(keys) })),
      options: joseOptions(policy, alg),
    };
    if (!ownKeys) prepared.set(name, ready);
    return ready;
  }

  /** @returns {Promise<{here: Verdict, jose: Verdict, faults: string[]}>} */
  return async (given) => {
    const faults = [];
    const { verifier, set, options } = prepare(given);
    const sync = () => verifyHere(verifier, given.token, faults);
    const here = sync();
    if (given.number % SAMPLE === 0) {
      if (!isDeepStrictEqual(sync(), here)) faults.push('a second verifySync has another verdict');
      if (verifier.value) {
        const fetched = await verifier.value.verify(given.token, { now: NOW }).then(accepted, (thrown) => refusedHere(thrown, faults));
        if (!isDeepStrictEqual(fetched, here)) faults.push(`verify() has another verdict: ${JSON.stringify(fetched)}`);
      }
    }
    const jose = set.value
      ? await verifyJose(given.token, set.value, options)
      : { ok: false, code: set.thrown.code ?? set.thrown.name, message: set.thrown.message };
    if (here.ok && jose.ok && !isDeepStrictEqual(here, jose)) faults.push('both accept it and read different claims');
    if (given.ownKeys) verifier.value?.[Symbol.dispose]();
    return { here, jose, faults };
  };

  function verifyHere({ value: verifier, thrown }, token, faults) {
    if (thrown) return refusedHere(thrown, faults);
    try {
      return accepted(verifier.verifySync(token, { now: NOW }));
    } catch (thrown) {
      return refusedHere(thrown, faults);
    }
  }

  function refusedHere(thrown, faults) {
    if (!(thrown instanceof countersign.CountersignError)) faults.push(`not a CountersignError: ${thrown}`);
    const { code, claim, reason, message } = thrown;
    if (code === 'ERR_INTERNAL') faults.push(`ERR_INTERNAL: ${message}`);
    return { ok: false, code, claim, reason, message };
  }
}

const accepted = ({ header, claims }) => ({ ok: true, header, claims });

function attempt(make) {
  try {
    return { value: make() };
  } catch (thrown) {
    return { thrown };
  }
}

async function verifyJose(token, set, options) {
  try {
    return joseAccepted(await jwtVerify(token, set, options));
  } catch (thrown) {
    // Several keys fit: jose's documentation says to try each.
    if (thrown instanceof errors.JWKSMultipleMatchingKeys) {
      for await (const key of thrown) {
        const tried = await jwtVerify(token, key, options).then(joseAccepted, () => undefined);
        if (tried) return tried;
      }
    }
    return { ok: false, code: thrown.code ?? thrown.name, message: thrown.message };
  }
}

const joseAccepted = ({ protectedHeader, payload }) => ({ ok: true, header: protectedHeader, claims: payload });

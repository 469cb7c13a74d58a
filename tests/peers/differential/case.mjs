// One case: a token, the keys and the policy it is judged by, and what was done to it. Made from the seed and its number alone.
import { base64url } from '../keys.mjs';
import { MUTATIONS, STAGES } from './mutations.mjs';
import { POLICIES, claimsOf, headerOf, keysOf } from './policies.mjs';
import { randomOf } from './random.mjs';
import { signAlike } from './sign.mjs';

/** By how slow they are to verify, and how much they have of their own to get wrong. */
const WEIGHTS = { RS256: 24, RS384: 3, RS512: 3, PS256: 6, PS384: 2, PS512: 2, ES256: 18, ES384: 2, EdDSA: 26, Ed25519: 14 };
const ALGS = Object.entries(WEIGHTS).flatMap(([alg, weight]) => Array(weight).fill(alg));

/** Half of the cases are plain ones: other policies change few verdicts. */
const POLICY_NAMES = ['plain', 'plain', 'plain', 'wide', 'aged', 'access'];

export function makeCase(seed, number) {
  const random = randomOf(seed, number);
  const { pick, chance } = random;
  const alg = pick(ALGS);
  const policy = pick(POLICY_NAMES);
  const keys = POLICIES[policy].keys(alg);
  const making = { alg, jwk: keysOf(alg)[0], header: headerOf(policy, alg), claims: claimsOf('x'.repeat(random.int(3))), keys };

  // A few are left alone, and some are changed twice.
  const chosen = chance(0.02) ? [] : chance(0.2) ? [pick(MUTATIONS), pick(MUTATIONS)] : [pick(MUTATIONS)];
  const mutate = (stage) => {
    for (const mutation of chosen) if (mutation.stage === stage) mutation.apply(making, random);
  };
  const [members, texts, parts, signature, token] = STAGES;
  mutate(members);
  making.headerText = JSON.stringify(making.header);
  making.payloadText = JSON.stringify(making.claims);
  mutate(texts);
  making.headerPart = base64url(making.headerText);
  making.payloadPart = base64url(making.payloadText);
  mutate(parts);
  making.input = `${making.headerPart}.${making.payloadPart}`;
  making.signature = making.forge?.(making) ?? Buffer.from(signAlike(alg, making.jwk, making.input));
  mutate(signature);
  making.token = `${making.input}.${base64url(making.signature)}`;
  mutate(token);
  return {
    number,
    alg,
    policy,
    mutations: chosen.map(({ name }) => name),
    keys: making.keys,
    ownKeys: making.keys !== keys,
    token: making.token,
  };
}

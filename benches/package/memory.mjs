// Linear memory over many verifications: it only ever grows, so its end is its peak.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { uncachedVerifier } from './benchmarks.mjs';
import { minter, subject } from './tokens.mjs';

/** The most that linear memory may take. */
const TARGET = 4 * 1024 * 1024;

/** More than the cache of verified tokens holds, so that it has to let some go. */
const MANY_TOKENS = 4096;

/**
 * Verifies the tokens that `tokenOf` gives for 0, 1, 2, …, in turn by a verifier with its cache and by one without; returns the
 * bytes of linear memory after each of the given counts of verifications.
 */
export async function memory(project, { countersign }, { issuer, audience }, { of, alg, jwk, tokenOf }, counts) {
  // The instance that the entries share; the package does not export this for others.
  const { verifyModule } = await import(pathToFileURL(join(project, 'node_modules/countersign/dist/verify/module.js')));
  const memoryBytes = () => verifyModule.memory.buffer.byteLength;
  const options = { issuer, audience, algorithms: [alg], jwks: { keys: [jwk] } };
  const verifiers = [countersign.createVerifier(options), uncachedVerifier(countersign, options)];
  const rows = [{ of, verifications: 0, bytes: memoryBytes() }];
  for (const count of counts) {
    for (let i = rows.at(-1).verifications; i < count; i += 1) verifiers[i % 2].verifySync(tokenOf(i));
    rows.push({ of, verifications: count, bytes: memoryBytes(), target: TARGET });
  }
  return rows;
}

/** As many distinct tokens as are asked for, each signed when its turn comes and verified once. EdDSA, because it signs fast. */
export function distinctTokens(claims) {
  const { alg, jwk, mint } = minter('EdDSA', claims);
  return { of: 'distinct tokens, EdDSA', alg, jwk, tokenOf: mint };
}

/** A few thousand tokens in turn, so that the cache never holds the one that comes next. */
export function tokensInTurn(claims, count = MANY_TOKENS) {
  const { alg, jwk, tokens } = subject('RS256 2048', claims, count);
  return { of: `${count} tokens in turn, RS256`, alg, jwk, tokenOf: (i) => tokens[(i >> 1) % count] };
}

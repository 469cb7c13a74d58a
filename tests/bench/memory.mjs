// Linear memory over many verifications: it only ever grows, so its end is its peak.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { uncachedVerifier } from './contests.mjs';

/** The most that linear memory may take. */
const TARGET = 4 * 1024 * 1024;

/**
 * Verifies distinct tokens in turn, by a verifier with its cache and by one without; returns the bytes of linear memory after each of the given counts of verifications.
 */
export async function memory(project, { countersign }, { issuer, audience, subjects }, counts) {
  // The instance that the entries share; the package does not export this for others.
  const { memoryBytes } = await import(pathToFileURL(join(project, 'node_modules/countersign/dist/core.js')));
  const { jwk, tokens } = subjects['RS256 2048'];
  const options = { issuer, audience, jwks: { keys: [jwk] } };
  const verifiers = [countersign.createVerifier(options), uncachedVerifier(countersign, options)];
  const rows = [{ verifications: 0, bytes: memoryBytes() }];
  for (const count of counts) {
    for (let i = rows.at(-1).verifications; i < count; i += 1) verifiers[i % 2].verifySync(tokens[(i >> 1) % tokens.length]);
    rows.push({ verifications: count, bytes: memoryBytes(), target: TARGET });
  }
  return rows;
}

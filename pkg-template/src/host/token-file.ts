// The file that `VERCEL_OIDC_TOKEN_FILE` names. Whoever keeps it fresh replaces it, so it is read at each call.

import { type Environment, variable } from './environment.js';
import { readSmall } from './files.js';
import type { Asked } from './asked.js';
import { errorName, node } from './node.js';

/** The text of the file, or why there is none. */
export async function tokenFromFile(env: Environment | undefined): Promise<Asked> {
  const file = variable('VERCEL_OIDC_TOKEN_FILE', env)?.trim();
  if (!file) return { reason: 'VERCEL_OIDC_TOKEN_FILE is not set' };
  const host = node();
  if (!host) return { reason: 'VERCEL_OIDC_TOKEN_FILE is set, but this runtime has no files' };
  try {
    return await readSmall(host, file);
  } catch (thrown) {
    return { reason: `the file that VERCEL_OIDC_TOKEN_FILE names cannot be read (${errorName(thrown)})`, failed: true };
  }
}

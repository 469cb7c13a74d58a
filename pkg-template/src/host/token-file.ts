// The file that `VERCEL_OIDC_TOKEN_FILE` names. The process that keeps it fresh replaces it, so it is read at each call.

import type { SourceResult } from '../credentials_bg.js';
import { readSmall } from './files.js';
import { type Node, errorName } from './node.js';

/** The text of the file, or why there is none. */
export async function tokenFromFile(host: Node, file: string): Promise<string | SourceResult> {
  try {
    return await readSmall(host, file);
  } catch (thrown) {
    return { reason: `the file that VERCEL_OIDC_TOKEN_FILE names cannot be read (${errorName(thrown)})`, failed: true };
  }
}

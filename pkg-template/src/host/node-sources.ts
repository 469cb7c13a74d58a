// The sources of credentials on the machine that the program runs on: a file, and the login of Vercel's command line.

import { type LoginToken, NO_LOGIN, loginToken } from './login.js';
import { node } from './node.js';
import { cliFolder } from './vercel-cli.js';

export { devToken, isDeployment, peek } from './dev-token.js';
export { node } from './node.js';
export { tokenFromFile } from './token-file.js';

/** A token of the command line's login that lives for so many seconds, or why there is none; undefined where there are no files. */
export async function cliLogin(fetcher: typeof fetch, minValidity: number): Promise<LoginToken | undefined> {
  const host = node();
  if (!host) return undefined;
  const folder = await cliFolder(host, undefined);
  return folder ? loginToken(host, host.path.join(folder, 'auth.json'), fetcher, minValidity) : { reason: NO_LOGIN };
}

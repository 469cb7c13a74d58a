import { credentialsModule } from '../credentials/module.js';
import { resolveSync } from '../credentials/resolve.js';
import type { Environment } from '../host/environment.js';

/** The id of the team that the deployment's own token names; undefined where there is no token. */
export function ownTeam(env?: Environment): string | undefined {
  let token: string;
  try {
    token = resolveSync(env === undefined ? {} : { env }).value;
  } catch {
    return undefined;
  }
  return credentialsModule.call((wasm) => wasm.owner_of_token(token));
}

import { redisStore } from 'countersign/exchange';
import { type TokenRelay, createTokenRelay } from 'countersign/refresh';
import { redis } from './redis';
import { isTrustworthy } from './trust';

let made: TokenRelay | undefined;

/** The relay for work that outlives its token, or undefined where the environment does not set one up. */
export async function openRelay(): Promise<TokenRelay | undefined> {
  const { REDIS_URL: url, COUNTERSIGN_RELAY_KEY: key, COUNTERSIGN_OWNER_ID: ownerId, COUNTERSIGN_JWKS_URL: jwks } = process.env;
  const projectId = process.env.COUNTERSIGN_PROJECT_ID || process.env.VERCEL_PROJECT_ID;
  const environment = process.env.COUNTERSIGN_ENVIRONMENT || process.env.VERCEL_TARGET_ENV || process.env.VERCEL_ENV;
  if (!url || !key || !ownerId || !projectId || !environment) return undefined;
  const store = redisStore(await redis(url));
  const team = process.env.COUNTERSIGN_TEAM || 'acme';
  return (made ??= createTokenRelay({ store, key, team, ownerId, projectId, environment, ...(jwks && isTrustworthy(jwks) && { jwks }) }));
}

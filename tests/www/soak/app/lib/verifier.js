import { authenticatedStore } from 'countersign';
import { redisStore } from 'countersign/exchange';
import { createClient } from 'redis';
import { verifyModule } from '../node_modules/countersign/dist/verify/module.js';
import { register } from './modules.js';

register('verify', verifyModule);

const { SOAK_KEYS_URL, SOAK_REDIS_URL, SOAK_STORE_KEY, SOAK_PROJECT_ID } = process.env;

let connecting;

/** The store of JWK Sets, connected at first use. Where that fails, the next use tries again. */
const store = () =>
  (connecting ??= connect().catch((error) => {
    connecting = undefined;
    throw error;
  }));

async function connect() {
  const socket = { connectTimeout: 1000, reconnectStrategy: 100 };
  const client = createClient({ url: SOAK_REDIS_URL, disableOfflineQueue: true, socket });
  client.on('error', () => {});
  await client.connect();
  return authenticatedStore(redisStore(client), SOAK_STORE_KEY);
}

/** The options of every verifier of this app. A function, because the build has no environment variables. */
export const options = () => ({
  team: 'acme',
  projectId: SOAK_PROJECT_ID,
  environment: 'production',
  jwks: SOAK_KEYS_URL,
  jwksStore: {
    get: async (name) => (await store()).get(name),
    set: async (name, value, ttlSeconds) => (await store()).set(name, value, ttlSeconds),
  },
});

/** The response of every guarded route. */
export const answer = (_request, { token }) => Response.json({ sub: token.claims.sub, jti: token.claims.jti });

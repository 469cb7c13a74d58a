// A job that runs elsewhere and later, with no token of its own but one that was captured when it began. It prints what it can send.

import { CountersignError, getBearerToken } from 'countersign';
import { redisStore } from 'countersign/exchange';
import { createTokenRelay } from 'countersign/refresh';
import { createClient } from 'redis';

const { REDIS_URL, RELAY_KEY, JWKS_URL, CAPTURED } = process.env;
const client = await createClient({ url: REDIS_URL }).on('error', console.error).connect();
const relay = createTokenRelay({
  store: redisStore(client),
  key: RELAY_KEY,
  team: 'acme',
  ownerId: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3',
  projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3',
  environment: 'production',
  jwks: JWKS_URL,
});

try {
  const { source, expiresAt } = await getBearerToken({ captured: JSON.parse(CAPTURED), relay, refresh: false });
  console.log(JSON.stringify({ source, expiresAt: expiresAt.toISOString() }));
} catch (error) {
  if (!(error instanceof CountersignError)) throw error;
  console.log(JSON.stringify({ code: error.code }));
}
client.destroy();

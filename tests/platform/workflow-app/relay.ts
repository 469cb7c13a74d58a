import { redisStore } from 'countersign/exchange';
import { type TokenRelay, createTokenRelay } from 'countersign/refresh';
import { createClient } from 'redis';

let opened: Promise<TokenRelay> | undefined;

/** The relay of this deployment, connected at first use. */
export const openRelay = (): Promise<TokenRelay> => (opened ??= open());

async function open(): Promise<TokenRelay> {
  // It gives up, so that a test whose Redis has ended can end too.
  const socket = { reconnectStrategy: (tries: number) => tries < 3 && 100 };
  const client = await createClient({ url: process.env.REDIS_URL, socket }).on('error', console.error).connect();
  // A step may be the last thing that a process does.
  client.unref();
  return createTokenRelay({
    store: redisStore(client),
    key: process.env.RELAY_KEY ?? '',
    team: 'acme',
    ownerId: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3',
    projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3',
    environment: 'production',
    jwks: process.env.JWKS_URL,
  });
}

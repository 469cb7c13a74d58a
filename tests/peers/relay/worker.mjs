// A process that publishes tokens or reads them: node worker.mjs <job>. Prints what became of it.
import { createClient } from 'redis';
import { ALONE, IDENTITIES, isOf, requestWith } from './setting.mjs';

const { entries, redis, key, jwks, publish = [], readers = 0, blind = false } = JSON.parse(process.argv[2]);
const { countersign, exchange, refresh } = await import(entries);
const client = await createClient({ url: redis }).connect();
const redisStore = exchange.redisStore(client);
// Blind: as publishers that looked before the others wrote, so that the store alone compares.
const store = blind ? { ...redisStore, getLatest: async () => undefined } : redisStore;
const relayOf = (identity) => refresh.createTokenRelay({ store, key, team: 'acme', ...identity, jwks, minAdvance: 0, storeTimeout: 10 });
const relays = IDENTITIES.map(relayOf);

const published = await Promise.all(publish.map(([at, token]) => refresh.publishToken(relayOf(IDENTITIES[at]), requestWith(token))));
const wrong = [];
let found = 0;
await Promise.all(
  Array.from({ length: readers }, async (_, number) => {
    const at = number % IDENTITIES.length;
    const { value, source } = await countersign.getBearerToken({ ...ALONE, relay: relays[at] });
    found += 1;
    if (source !== 'shared' || !isOf(countersign.decode(value).claims, IDENTITIES[at])) wrong.push(at);
  }),
);
console.log(JSON.stringify({ statuses: published.map(({ status }) => status), found, wrong }));
client.destroy();

// One of several processes: as many callers at once as it is told, all with one token; prints the different values they got.
import { createClient } from 'redis';

const { entries, redis, key, url, token, callers } = JSON.parse(process.argv[2]);
const { exchange } = await import(entries);
const client = await createClient({ url: redis }).connect();
const shared = exchange.shareCredentials(exchange.redisStore(client), key, { storeTimeout: 5 }); // Eight processes at once are slow.
const got = await Promise.all(Array.from({ length: callers }, () => exchange.exchangeToken({ url, token, shared })));
console.log(JSON.stringify([...new Set(got.map(({ value }) => value))]));
await client.close();

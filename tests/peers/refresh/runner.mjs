// One cron run in a process of its own: node runner.mjs <package> <redis url> <name>. Notes in Redis what it writes, and prints its summary.
import { createClient } from 'redis';

const [, , entries, url, name] = process.argv;
const { refresh } = await import(entries);
const client = await createClient({ url }).connect();
const token = () => ({ value: `token-of-${name}`, expiresAt: new Date(Date.now() + 3_600_000) });
const write = async ({ id }) => {
  await client.rPush('written', `${id} ${name}`);
  await new Promise((resolve) => setTimeout(resolve, 5));
};
const summary = await refresh.refreshAll(refresh.createRedisRegistry(client), write, { token, concurrency: 20 });
console.log(JSON.stringify(summary));
client.destroy();

// A process that receives deliveries over HTTP, forked by deliveries.mjs. It has several instances of the route, as a platform would.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { PROJECTS, generator } from './services.mjs';

const { entries, keysUrl, redisUrl, seed } = JSON.parse(process.argv[2]);
const { connect, exchange } = await import(entries);

const INSTANCES = 3;
/** An instance is replaced, cold, after so many requests. */
const REQUESTS_EACH = 40;

const client = redisUrl === undefined ? undefined : await (await import('redis')).createClient({ url: redisUrl }).connect();
const replay = client ? exchange.redisStore(client) : connect.createMemoryReplayStore();
const chance = generator(seed);
const handled = new Map();

const route = () =>
  connect.withConnectDelivery(
    async (request) => {
      const { id } = await request.json();
      // A handler fails now and then, before it has done anything.
      const outcome = chance();
      if (outcome < 0.03) return new Response(null, { status: 500 });
      if (outcome < 0.06) throw new Error('the handler fails');
      await new Promise((resolve) => setImmediate(resolve));
      handled.set(id, (handled.get(id) ?? 0) + 1);
      return new Response(null, { status: 202 });
    },
    // Many requests at once on few cores: the store's time-out is not the subject here.
    { projectId: PROJECTS[0], environment: 'production', fetch: () => fetch(keysUrl), replay, storeTimeout: 60 },
  );
const cold = () => ({ served: 0, handle: route() });
const instances = Array.from({ length: INSTANCES }, cold);

const server = createServer(async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const at = Math.floor(chance() * INSTANCES);
  const instance = instances[at];
  instance.served += 1;
  if (instance.served === REQUESTS_EACH) instances[at] = cold();
  const { authorization } = incoming.headers;
  const request = new Request('https://acme.example/hooks', { method: 'POST', body: Buffer.concat(chunks), headers: { authorization } });
  const status = await instance.handle(request).then(
    (response) => response.status,
    () => 500,
  );
  outgoing.writeHead(status).end();
});
await once(server.listen(0, '127.0.0.1'), 'listening');

process.on('message', (command) => {
  if (command === 'cold') for (const at of instances.keys()) instances[at] = cold();
  if (command === 'report') process.send([...handled]);
});
process.send(`http://127.0.0.1:${server.address().port}/`);

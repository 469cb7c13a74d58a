// Deliveries under load, through an issuer that goes down and comes back: none lost that was repeated, none accepted twice, none forged
// accepted. A sample by default; `COUNTERSIGN_DELIVERIES=10000 node --test connect-load.test.mjs` runs the whole.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from 'redis';
import { importPackage } from './package-under-test.mjs';
import { startRedis } from './refresh/redis-server.mjs';

const { connect, exchange, testing } = await importPackage('peers-connect-load');

const COUNT = Number(process.env.COUNTERSIGN_DELIVERIES ?? 150);
const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const WORKERS = 24;
/** Instances that deliveries are spread over. Each is replaced, cold, after so many requests. */
const INSTANCES = 6;
const REQUESTS_EACH = 40;

/** Numbers that look random and are the same in each run (mulberry32). */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

let server, client, issuer;
before(async () => {
  issuer = await testing.createTestIssuer();
  server = await startRedis();
  client = await createClient({ url: server.url }).connect();
});
after(async () => {
  client?.destroy();
  await server?.stop();
});

const STORES = { memory: () => connect.createMemoryReplayStore(), redis: () => exchange.redisStore(client) };

for (const [name, makeStore] of Object.entries(STORES)) {
  test(`${COUNT} deliveries over instances that share a store in ${name}`, async (context) => {
    const replay = makeStore();
    const chance = random(7);
    const handled = new Map();
    const answers = new Map();
    const outages = { begun: 0, refused: 0, down: false };
    let attempts = 0;

    const fetcher = async () => {
      // An outage ends once so many requests were turned away, not after a time.
      if (outages.down) throw new TypeError('fetch failed');
      return Response.json(issuer.jwks);
    };
    const cold = () => ({
      served: 0,
      handle: connect.withConnectDelivery(
        async (request) => {
          const { id } = await request.json();
          // A handler fails now and then, before it has done anything.
          if (chance() < 0.05) return new Response(null, { status: 500 });
          await new Promise((resolve) => setImmediate(resolve));
          handled.set(id, (handled.get(id) ?? 0) + 1);
          return new Response(null, { status: 202 });
        },
        // Many requests at once on few cores: the store's time-out is not the subject here.
        { projectId: PROJECT, environment: 'production', fetch: fetcher, replay, storeTimeout: 60 },
      ),
    });
    const instances = Array.from({ length: INSTANCES }, cold);

    /** One request to any instance. */
    async function send(token, body) {
      const at = Math.floor(chance() * INSTANCES);
      const instance = instances[at];
      instance.served += 1;
      if (instance.served === REQUESTS_EACH) instances[at] = cold();
      attempts += 1;
      const request = new Request('https://acme.example/hooks', { method: 'POST', body, headers: { authorization: `Bearer ${token}` } });
      const { status } = await instance.handle(request);
      answers.set(status, (answers.get(status) ?? 0) + 1);
      if (outages.down && status === 503 && (outages.refused += 1) % 40 === 0) outages.down = false;
      return status;
    }

    /** Repeats as Vercel Connect does, after 5xx; for longer, so that an outage can end. */
    async function deliver(token, body) {
      for (let attempt = 0; attempt < 2000; attempt += 1) {
        const status = await send(token, body);
        if (status < 500) return status;
        await new Promise((resolve) => setImmediate(resolve));
      }
      return 'lost';
    }

    const verdicts = { delivered: [], repeated: [], rebound: [], forged: [], foreign: [] };
    let next = 0;
    const worker = async () => {
      for (let id = next++; id < COUNT; id = next++) {
        if (id > 0 && id % Math.ceil(COUNT / 5) === 0) {
          outages.down = true;
          outages.begun += 1;
          // Cold instances notice it.
          for (const at of instances.keys()) instances[at] = cold();
        }
        const token = await issuer.mint({ jti: String(id) });
        const body = JSON.stringify({ id });
        const forged = `${token.slice(0, -20)}${[...token.slice(-20)].reverse().join('')}`;
        verdicts.forged.push(await deliver(forged, JSON.stringify({ id: `forged ${id}` })));
        if (id % 5 === 0) {
          const foreign = await issuer.mint({ jti: String(id), aud: 'https://third-party.example' });
          verdicts.foreign.push(await deliver(foreign, JSON.stringify({ id: `foreign ${id}` })));
        }
        // Twice at once: an attacker repeats it while it is under way.
        const both = await Promise.all([deliver(token, body), deliver(token, body)]);
        verdicts.delivered.push(both.map(String).sort().join());
        verdicts.repeated.push(await deliver(token, body));
        verdicts.rebound.push(await deliver(token, JSON.stringify({ id: `rebound ${id}` })));
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));

    const counts = (list) =>
      JSON.stringify(Object.fromEntries([...new Set(list)].map((value) => [value, list.filter((each) => each === value).length])));
    context.diagnostic(`${attempts} requests, ${outages.begun} outages; answers ${JSON.stringify(Object.fromEntries(answers))}`);
    for (const [kind, list] of Object.entries(verdicts)) context.diagnostic(`${kind}: ${counts(list)}`);

    assert.ok(outages.begun >= 4 && outages.refused > 0, 'the issuer was down while deliveries came');
    assert.equal(handled.size, COUNT, 'none lost, none forged accepted');
    assert.ok(
      [...handled].every(([id, times]) => typeof id === 'number' && times === 1),
      'none accepted twice',
    );
    assert.equal(counts(verdicts.delivered), `{"202,401":${COUNT}}`);
    for (const kind of ['repeated', 'rebound', 'forged', 'foreign']) assert.deepEqual(new Set(verdicts[kind]), new Set([401]), kind);
  });
}

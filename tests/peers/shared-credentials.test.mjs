// Credentials that processes share through a real Redis: one exchange for all of them, and nothing in the store that says anything.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from 'redis';
import { installPackage } from './package-under-test.mjs';

const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const key = randomBytes(32).toString('base64');

let entries, exchange, testing, issuer;
let redis, redisUrl, client, service, url;
/** What the service was asked. */
const asked = [];

before(async () => {
  entries = await installPackage('shared-credentials');
  ({ exchange, testing } = await import(entries));
  issuer = await testing.createTestIssuer();

  const free = createSocket().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address();
  await new Promise((closed) => free.close(closed));
  redis = spawn(
    process.env.REDIS_SERVER ?? 'redis-server',
    ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  );
  redisUrl = `redis://127.0.0.1:${port}`;
  client = createClient({ url: redisUrl, socket: { reconnectStrategy: (tries) => (tries < 200 ? 50 : new Error('no redis')) } });
  client.on('error', () => {});
  await client.connect();

  service = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push(new URLSearchParams(body));
    // Slow enough for every process to come while it is under way.
    setTimeout(
      () =>
        response.end(
          JSON.stringify({ access_token: `value-${asked.length}`, issued_token_type: JWT, token_type: 'Bearer', expires_in: 3600 }),
        ),
      500,
    );
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  url = `http://127.0.0.1:${service.address().port}/token`;
});

after(async () => {
  await client?.close();
  redis?.kill();
  service?.closeAllConnections();
  service?.close();
});

const mint = (jti) => issuer.mint({ jti });
/** As another process would: with nothing of its own. */
async function elsewhere(token, options = {}) {
  exchange.clearCredentials();
  const shared = exchange.shareCredentials(options.store ?? exchange.redisStore(client), options.key ?? key);
  return (await exchange.exchangeToken({ url, token, shared, ...options.wanted })).value;
}
const count = async (run) => {
  asked.length = 0;
  const value = await run();
  return [value, asked.length];
};

test('8 processes with 100 callers each make one exchange', async () => {
  const token = await mint('processes');
  asked.length = 0;
  const worker = fileURLToPath(new URL('shared/worker.mjs', import.meta.url));
  const job = JSON.stringify({ entries, redis: redisUrl, key, url, token, callers: 100 });
  const printed = await Promise.all(Array.from({ length: 8 }, () => promisify(execFile)(process.execPath, [worker, job])));
  assert.deepEqual(
    printed.map(({ stdout }) => JSON.parse(stdout)),
    Array(8).fill(['value-1']),
  );
  assert.equal(asked.length, 1);
});

test('the store learns neither who asks nor what they get', async () => {
  const token = await mint('secrecy');
  assert.match(await elsewhere(token), /^value-/);
  const names = await client.keys('*');
  assert.ok(names.length > 0);
  for (const name of names) {
    assert.match(name, /^countersign:[0-9a-f]{64}$/, 'a lease is given back');
    const stored = await client.get(name);
    for (const secret of [token, token.split('.')[1].slice(0, 20), 'value-', 'access', url]) {
      assert.ok(!`${name} ${stored} ${Buffer.from(stored, 'base64').toString('latin1')}`.includes(secret), secret);
    }
    const ttl = await client.ttl(name);
    assert.ok(ttl > 0 && ttl <= 3600, `${ttl} s`);
  }
});

test('tenants, wishes and keys are kept apart', async () => {
  const [a, b] = [await mint('tenant a'), await mint('tenant b')];
  const forged = `${b.slice(0, -8)}AAAAAAAA`;
  const [first] = await count(() => elsewhere(a));
  assert.deepEqual(await count(() => elsewhere(a)), [first, 0], 'another process has it');
  for (const [token, options] of [[b], [forged], [a, { wanted: { scope: 'more' } }], [a, { key: randomBytes(32) }]]) {
    const [value, requests] = await count(() => elsewhere(token, options));
    assert.equal(requests, 1);
    assert.notEqual(value, undefined);
  }
});

test('what was changed in the store, or moved within it, is not taken', async () => {
  const [a, b] = [await mint('moved a'), await mint('moved b')];
  await client.flushDb();
  await elsewhere(a);
  const [ofA] = await client.keys('*');
  await elsewhere(b);
  const [ofB] = (await client.keys('*')).filter((name) => name !== ofA);
  const [sealedA, sealedB] = [await client.get(ofA), await client.get(ofB)];
  for (const forged of [
    sealedB,
    `${sealedA.slice(0, 40)}${sealedA[40] === 'A' ? 'B' : 'A'}${sealedA.slice(41)}`,
    sealedA.slice(0, -4),
    'x',
    '',
    '{}',
  ]) {
    await client.set(ofA, forged);
    const [, requests] = await count(() => elsewhere(a));
    assert.equal(requests, 1, forged);
  }
});

test('a forced refresh is there for all', async () => {
  const token = await mint('forced');
  await elsewhere(token);
  const [value, requests] = await count(() => elsewhere(token, { wanted: { forceRefresh: true } }));
  assert.equal(requests, 1);
  assert.deepEqual(await count(() => elsewhere(token)), [value, 0]);
});

test('where the holder of the lease was killed, the others wait with few commands, then each asks for itself', async () => {
  const token = await mint('dead');
  let commands = 0;
  const counting = {
    isOpen: true,
    sendCommand: (args) => {
      commands += 1;
      return client.sendCommand(args);
    },
  };
  const works = exchange.redisStore(counting);
  // Taken by an instance that never gives it back; the lease lasts for 30 s.
  const lease = async (name, ttlSeconds) => {
    await client.set(`countersign:${name}`, 'dead', { NX: true, EX: ttlSeconds });
    return works.lease(name, ttlSeconds);
  };
  const store = { ...works, lease };
  const [value, requests] = await count(() => elsewhere(token, { store }));
  assert.match(value, /^value-/);
  assert.equal(requests, 1);
  assert.ok(commands > 4 && commands <= 20, `${commands} commands`);
  assert.ok((await client.keys('*.lease')).length > 0, 'the lease is still taken');
  // What it obtained is there for those who come later, while the lease lasts.
  commands = 0;
  assert.deepEqual(await count(() => elsewhere(token, { store })), [value, 0]);
  assert.equal(commands, 1);
});

test('a lease that is taken after its time-out is given back', async () => {
  const token = await mint('late');
  const works = exchange.redisStore(client);
  let answer;
  const answered = new Promise((resolve) => (answer = resolve));
  let taken;
  const lease = async (name, seconds) => {
    await answered;
    taken = await works.lease(name, seconds);
    return taken;
  };
  exchange.clearCredentials();
  const heard = [];
  const shared = exchange.shareCredentials({ ...works, lease }, key, {
    storeTimeout: 0.02,
    onStoreError: (_error, context) => heard.push(context),
  });
  assert.match((await exchange.exchangeToken({ url, token, shared })).value, /^value-/);
  assert.deepEqual(heard, [{ operation: 'lease', reason: 'timeout', bypassedFor: 30 }]);
  answer();
  while (taken === undefined || (await client.keys('*.lease')).some((name) => name.includes('late')))
    await new Promise((resolve) => setTimeout(resolve, 5));
  const leases = (await client.keys('*.lease')).filter((name) => name !== undefined);
  for (const name of leases) assert.equal(await client.get(name), 'dead', 'only that of the instance that was killed');
});

test('a store that fails or stalls costs time and nothing else', async () => {
  const fails = () => Promise.reject(new Error('store: down'));
  const throws = () => {
    throw new Error('store: down');
  };
  const stalls = () => new Promise(() => {});
  const works = exchange.redisStore(client);
  for (const [name, store] of Object.entries({
    down: { get: fails, set: fails, lease: fails },
    throwing: { get: throws, set: throws, lease: throws },
    stalled: { get: stalls, set: stalls, lease: stalls },
    'read only': { ...works, set: fails },
    'without leases': { ...works, lease: fails },
    'with a lease that cannot be given back': { ...works, lease: async () => fails },
  })) {
    const [value, requests] = await count(async () => elsewhere(await mint(name), { store }));
    assert.match(value, /^value-/, name);
    assert.equal(requests, 1, name);
  }
});

test('mistakes are named', () => {
  const store = exchange.redisStore(client);
  for (const wrong of ['', 'short', randomBytes(31), undefined, 7]) {
    assert.throws(() => exchange.shareCredentials(store, wrong), { code: 'ERR_INVALID_OPTION', message: /`key`/ });
  }
  assert.throws(() => exchange.shareCredentials({ get: () => {} }, key), { code: 'ERR_INVALID_OPTION', message: /`store`/ });
  return assert.rejects(exchange.exchangeToken({ url, token: 'a.b.c', shared: store }), {
    code: 'ERR_INVALID_OPTION',
    message: /`shared`/,
  });
});

test('a credential that expires while a slow store keeps it is not handed out', async () => {
  exchange.clearCredentials();
  const lifetimes = [2, 3600];
  const requests = [];
  const send = async (_url, { body }) => {
    requests.push(body);
    return Response.json({
      access_token: `short-${requests.length}`,
      issued_token_type: JWT,
      token_type: 'Bearer',
      expires_in: lifetimes[requests.length - 1],
    });
  };
  const later = (value) => new Promise((resolve) => setTimeout(resolve, 2200, value));
  const slow = { get: async () => undefined, set: () => later(), lease: async () => async () => {} };
  const shared = exchange.shareCredentials(slow, key, { storeTimeout: 5 });
  const { value, expiresAt } = await exchange.exchangeToken({ url, token: await mint('slow store'), shared, fetch: send });
  assert.deepEqual([value, requests.length], ['short-2', 2]);
  assert.ok(expiresAt.getTime() > Date.now());
});

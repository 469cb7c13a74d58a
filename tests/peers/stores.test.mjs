// Stores through the Redis clients that people use, and what happens where a store is not what it should be.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, mock, test } from 'node:test';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { createClient, createClientPool, createCluster, createSentinel } from 'redis';
import { importPackage } from './package-under-test.mjs';
import { CLIENTS } from './refresh/redis-clients.mjs';
import { startRedis } from './refresh/redis-server.mjs';

const { countersign, exchange, refresh, testing } = await importPackage('peers-stores');

let server, clusterServer, admin, clusterAdmin;
before(async () => {
  server = await startRedis();
  clusterServer = await startRedis({ cluster: true });
  admin = await createClient({ url: server.url }).connect();
  clusterAdmin = await createClient({ url: clusterServer.url }).connect();
});
after(async () => {
  admin?.destroy();
  clusterAdmin?.destroy();
  await server?.stop();
  await clusterServer?.stop();
});
beforeEach(() => Promise.all([admin.flushAll(), clusterAdmin.flushAll()]));

const seconds = () => Math.floor(Date.now() / 1000);

/** Runs with the monotonic clock moved on by so many seconds. */
async function later(passed, run) {
  const real = performance.now.bind(performance);
  const clock = mock.method(performance, 'now', () => real() + passed * 1000);
  try {
    return await run();
  } finally {
    clock.mock.restore();
  }
}

for (const [name, { cluster, connect }] of Object.entries(CLIENTS)) {
  describe(name, () => {
    let connected, store, keys;
    before(async () => {
      connected = await connect(cluster ? clusterServer : server);
      store = exchange.redisStore(connected.client);
      keys = cluster ? clusterAdmin : admin;
    });
    after(() => connected?.close());

    test('texts come back as they were, whatever they look like, and end with their time', async () => {
      for (const text of ['plain', '7', 'null', 'true', '{"keys":[]}', '["a"]', '=', ' naïve \n', 'OK', '']) {
        await store.set('a text', text, 60);
        assert.equal(await store.get('a text'), text);
      }
      assert.equal(await store.get('another'), undefined);
      const ttl = await keys.ttl('countersign:a text');
      assert.ok(ttl > 0 && ttl <= 60, `${ttl} s`);
    });

    test('a lease has one holder, who alone gives it back', async () => {
      const release = await store.lease('a lease', 60);
      assert.equal(typeof release, 'function');
      assert.equal(await store.lease('a lease', 60), undefined);
      await keys.set('countersign:a lease', 'of another');
      await release();
      assert.equal(await keys.get('countersign:a lease'), 'of another');
      await keys.del('countersign:a lease');
      const again = await store.lease('a lease', 60);
      await again();
      assert.equal(await keys.exists('countersign:a lease'), 0);
    });

    test('of any number of callers the latest value stays, in whichever order they come', async () => {
      const end = seconds() + 1000;
      const order = Array.from({ length: 50 }, (_, at) => (at * 37) % 50);
      const stored = await Promise.all(order.map((at) => store.setLatest('latest', `value ${at}`, end + at)));
      assert.equal(await store.getLatest('latest'), 'value 49');
      assert.ok(stored.includes(true) && stored.includes(false));
      assert.equal(await store.setLatest('latest', 'the same time', end + 49), false);
      assert.equal(await store.setLatest('latest', 'earlier', end), false);
      assert.equal(await store.setLatest('latest', 'in place of it', end, 'value 49'), true, 'a value that may be replaced');
      assert.equal(await store.getLatest('latest'), 'in place of it');
      assert.equal(await keys.sendCommand(['EXPIRETIME', 'countersign:latest']), end, 'it ends with the value');
      await keys.set('countersign:latest', 'not an entry');
      assert.equal(await store.setLatest('latest', 'after garbage', end), true);
      assert.equal(await store.setLatest('latest', 'of the past', seconds() - 1), false);
      assert.equal(await store.getLatest('none'), undefined);
    });

    test('an exchange is shared', async () => {
      const shared = () => exchange.shareCredentials(store, key);
      const key = randomBytes(32);
      let requests = 0;
      const fetch = async () => {
        requests += 1;
        return Response.json({
          access_token: `value-${requests}`,
          issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
          token_type: 'Bearer',
          expires_in: 3600,
        });
      };
      const token = await (await testing.createTestIssuer()).mint({ jti: name });
      for (let times = 0; times < 3; times++) {
        exchange.clearCredentials();
        const { value } = await exchange.exchangeToken({ url: 'https://idp.example/token', token, shared: shared(), fetch });
        assert.equal(value, 'value-1');
      }
      assert.equal(requests, 1);
    });
  });
}

test('anything else than a connected client is refused by name when it is handed over', async () => {
  class Other {
    isOpen = true;
    status = 'ready';
    get() {}
    set() {}
    eval() {}
  }
  const closed = new Redis({ host: '127.0.0.1', port: server.port, lazyConnect: true });
  closed.disconnect();
  const wrong = {
    undefined: undefined,
    null: null,
    'an empty object': {},
    'a URL': server.url,
    'an array': [],
    'a Map': new Map(),
    'a class': Redis,
    'a function': createClient,
    'an object of another class': new Other(),
    'half a client': { sendCommand: async () => null },
    'a client that is not connected': createClient({ url: server.url }),
    'a pool that is not connected': createClientPool({ url: server.url }),
    'a cluster client that is not connected': createCluster({ rootNodes: [{ url: clusterServer.url }] }),
    'a sentinel client': createSentinel({ name: 'x', sentinelRootNodes: [] }),
    'a client of ioredis that is closed': closed,
    'a promise of a client': Promise.resolve(admin),
  };
  for (const [what, client] of Object.entries(wrong)) {
    for (const make of [exchange.redisStore, refresh.createRedisRegistry]) {
      assert.throws(() => make(client), { name: 'CountersignError', code: 'ERR_INVALID_OPTION', option: 'client' }, what);
    }
  }
  assert.throws(() => exchange.redisStore({}), /`redis`, `ioredis` or `@upstash\/redis`/);
  for (const prefix of [7, null])
    assert.throws(() => exchange.redisStore(admin, { prefix }), { code: 'ERR_INVALID_OPTION', option: 'prefix' });
  assert.throws(() => exchange.redisStore(admin, { prefx: 'x' }), { code: 'ERR_INVALID_OPTION', option: 'prefx' });
});

test('a claim whose reply is lost keeps no lease', async () => {
  let command;
  const client = {
    isOpen: true,
    async sendCommand(args) {
      command ??= args;
      const reply = await admin.sendCommand(args);
      if (args.includes('NX')) throw new Error('Socket closed unexpectedly');
      return reply;
    },
  };
  await assert.rejects(exchange.redisStore(client).lease('lost', 60));
  assert.equal(command.includes('NX'), true);
  for (let looks = 0; looks < 400 && (await admin.exists('countersign:lost')); looks++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await admin.exists('countersign:lost'), 0);
});

const VERCEL = { team: 'acme', projectId: '*', environment: '*', ownerId: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3' };

/** A store in memory that counts its calls and may be broken. */
function countingStore(broken = {}) {
  const kept = new Map();
  const calls = { get: 0, set: 0 };
  const call =
    (name, run) =>
    async (...args) => {
      calls[name] += 1;
      return broken[name] ? broken[name](...args) : run(...args);
    };
  return { kept, calls, store: { get: call('get', (key) => kept.get(key)), set: call('set', (key, value) => void kept.set(key, value)) } };
}

test('a jwksStore that hangs is waited for once, and then bypassed for 30 s', async () => {
  const issuer = await testing.createTestIssuer();
  const broken = { get: () => new Promise(() => {}) };
  const { calls, kept, store } = countingStore(broken);
  const heard = [];
  const verifier = countersign.createVercelVerifier({
    ...VERCEL,
    fetch: issuer.fetch,
    jwksStore: store,
    storeTimeout: 0.02,
    onStoreError: (error, context) => heard.push([error, context]),
  });
  assert.ok(await verifier.verify(await issuer.mint()));
  assert.deepEqual(calls, { get: 1, set: 0 }, 'what was fetched is not put there');
  assert.deepEqual(
    heard.map(([, context]) => context),
    [{ operation: 'get', reason: 'timeout', bypassedFor: 30 }],
  );
  assert.equal(heard[0][0].message, '`get` of the store timed out after 0.02 s');
  issuer.rotate();
  await later(29, async () => verifier.verify(await issuer.mint()));
  assert.deepEqual(calls, { get: 1, set: 0 });
  issuer.rotate();
  broken.get = undefined;
  // The core looks for an unknown key again when its own waiting time is over.
  const real = Date.now;
  Date.now = () => real() + 120_000;
  try {
    await later(31, async () => verifier.verify(await issuer.mint()));
  } finally {
    Date.now = real;
  }
  assert.equal(calls.set, 1);
  assert.equal(kept.size, 1);
});

test('no caller fails by onStoreError, and it hears nothing secret', async () => {
  const issuer = await testing.createTestIssuer();
  const secret = 'a-password-of-the-store';
  const token = await issuer.mint();
  const heard = [];
  for (const onStoreError of [
    (error) => void heard.push(error),
    () => {
      throw new Error('of the caller');
    },
    async () => {
      throw new Error('of the caller');
    },
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: a value that breaks when it is awaited is the case
      get then() {
        throw new Error('of the caller');
      },
    }),
  ]) {
    for (const thrown of [
      Object.assign(new Error(`connect redis://:${secret}@host ${token}`), { code: 'ECONNREFUSED', command: { args: [secret, token] } }),
      secret,
      undefined,
      new Proxy(
        {},
        {
          get: () => {
            throw new Error(secret);
          },
        },
      ),
    ]) {
      const { store } = countingStore({ get: () => Promise.reject(thrown) });
      const options = { storeTimeout: 0.02, onStoreError };
      assert.ok(await countersign.createVercelVerifier({ ...VERCEL, fetch: issuer.fetch, jwksStore: store, ...options }).verify(token));
    }
  }
  assert.deepEqual(
    heard.map(({ name, found }) => [name, found]),
    [
      ['StoreError', 'ECONNREFUSED'],
      ['StoreError', undefined],
      ['StoreError', undefined],
      ['StoreError', undefined],
    ],
  );
  const printed = heard.map((error) => `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)} ${error}`).join();
  for (const hidden of [secret, token, 'redis://']) assert.ok(!printed.includes(hidden), printed);
  await new Promise((resolve) => setTimeout(resolve, 10));
});

test('one call tries a store after its bypass, and the others do not wait for it', async () => {
  const { calls, store } = countingStore({ get: () => new Promise(() => {}), set: () => new Promise(() => {}) });
  const issuer = await testing.createTestIssuer();
  const key = randomBytes(32);
  const shared = exchange.shareCredentials({ ...store, lease: async () => async () => {} }, key, { storeTimeout: 0.02 });
  const fetch = async () =>
    Response.json({
      access_token: 'value',
      issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_type: 'Bearer',
      expires_in: 3600,
    });
  const exchangeFor = async (jti) =>
    exchange.exchangeToken({ url: 'https://idp.example/token', token: await issuer.mint({ jti }), shared, fetch });
  await exchangeFor('first');
  assert.equal(calls.get, 1);
  await later(31, async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, at) => issuer.mint({ jti: `later ${at}` })));
    await Promise.all(tokens.map((token) => exchange.exchangeToken({ url: 'https://idp.example/token', token, shared, fetch })));
    assert.equal(calls.get, 2);
  });
});

test('wrong options of a store are named', async () => {
  const { store } = countingStore();
  const leases = { ...store, lease: async () => undefined };
  const key = randomBytes(32);
  for (const [option, values] of Object.entries({ storeTimeout: [0, -1, NaN, Infinity, '1', null, 61], onStoreError: ['x', null, {}] })) {
    for (const value of values) {
      assert.throws(() => exchange.shareCredentials(leases, key, { [option]: value }), { code: 'ERR_INVALID_OPTION', option });
      assert.throws(() => countersign.createVercelVerifier({ ...VERCEL, jwksStore: store, [option]: value }), {
        code: 'ERR_INVALID_OPTION',
        option,
      });
    }
  }
  assert.throws(() => exchange.shareCredentials(leases, key, { storeTimeOut: 1 }), {
    code: 'ERR_INVALID_OPTION',
    message: /did you mean `storeTimeout`/,
  });
  for (const options of [null, 7, new Map()])
    assert.throws(() => exchange.shareCredentials(leases, key, options), { code: 'ERR_INVALID_OPTION', option: 'options' });
});

test('keys that chance could not have made are refused, and random ones are not', () => {
  const { store } = countingStore();
  const leases = { ...store, lease: async () => undefined };
  const weak = {
    zeroes: new Uint8Array(32),
    'one byte over and over': Buffer.alloc(32, 7),
    'a pattern':
      Buffer.from('0123456789abcdef0123456789abcdef', 'hex').toString('base64') && Buffer.alloc(32, Buffer.from('00fe12cd', 'hex')),
    'numbers in turn': Uint8Array.from({ length: 32 }, (_, at) => at),
    'numbers in turn, backwards': Uint8Array.from({ length: 32 }, (_, at) => 255 - 3 * at),
    'a password of 32 characters': Buffer.from('correct horse battery staple 123'),
    'its base64': Buffer.from('correct horse battery staple 123').toString('base64'),
    'digits in hexadecimal': randomBytes(16).toString('hex'),
    'the bytes of such digits': Buffer.from(randomBytes(16).toString('hex')),
    'words that happen to be base64': 'correcthorsebatterystaplecorrecthorsebatter',
    'too short': randomBytes(31),
    'too long': randomBytes(33),
    empty: '',
    'an array of numbers': [...randomBytes(32)],
    'a number': 7,
    nothing: undefined,
    'a key in the form of JWK': { kty: 'oct' },
  };
  for (const [what, key] of Object.entries(weak)) {
    for (const use of [() => exchange.shareCredentials(leases, key), () => countersign.authenticatedStore(store, key)]) {
      assert.throws(use, { code: 'ERR_INVALID_OPTION', option: 'key' }, what);
    }
  }
  for (let times = 0; times < 2000; times++) {
    const bytes = randomBytes(32);
    for (const key of [
      bytes,
      new Uint8Array(bytes),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      ` ${bytes.toString('base64')}\n`,
    ])
      exchange.shareCredentials(leases, key);
  }
});

describe('an authenticated jwksStore', () => {
  const key = randomBytes(32);
  // A machine under load must not make the store late: these tests are not about time.
  const verifierOf = (fetch, store, more) =>
    countersign.createVercelVerifier({ ...VERCEL, fetch, jwksStore: store, storeTimeout: 10, ...more });

  test('shares JWK Sets among those who have the key, and stays readable', async () => {
    const issuer = await testing.createTestIssuer();
    const { kept, store } = countingStore();
    let requests = 0;
    const fetch = (...args) => {
      requests += 1;
      return issuer.fetch(...args);
    };
    const token = await issuer.mint();
    await verifierOf(fetch, countersign.authenticatedStore(store, key)).verify(token);
    const first = requests;
    await verifierOf(fetch, countersign.authenticatedStore(store, key.toString('base64'))).verify(token);
    assert.equal(requests, first);
    assert.match([...kept.values()][0], /"keys"/);
    await verifierOf(fetch, countersign.authenticatedStore(store, randomBytes(32))).verify(token);
    assert.ok(requests > first, 'with another key the issuer is requested');
  });

  test('a writer without the key chooses no keys, where without authentication he does', async () => {
    const [issuer, attacker] = [await testing.createTestIssuer(), await testing.createTestIssuer()];
    attacker.rotate();
    const { kept, store } = countingStore();
    await verifierOf(attacker.fetch, store).verify(await attacker.mint());
    const forged = await attacker.mint({ jti: 'forged' });
    // The set is fresh, and the forged token names its key.
    assert.ok(await verifierOf(issuer.fetch, store).verify(forged), 'an unauthenticated store is as powerful as the issuer');
    const authenticated = countersign.authenticatedStore(store, key);
    await assert.rejects(verifierOf(issuer.fetch, authenticated).verify(forged));
    const [name] = kept.keys();
    const now = Math.floor(Date.now() / 1000);
    const set = `${now}\n${JSON.stringify(attacker.jwks)}`;
    for (const entry of [set, `${'0'.repeat(64)} ${now + 1000} ${set}`, ` ${now + 1000} ${set}`]) {
      kept.set(name, entry);
      await assert.rejects(verifierOf(issuer.fetch, authenticated).verify(forged));
    }
  });

  test('an entry is for its name and its time', async () => {
    const { kept, store } = countingStore();
    const authenticated = countersign.authenticatedStore(store, key);
    await authenticated.set('one', 'the set of one', 100);
    assert.equal(await authenticated.get('one'), 'the set of one');
    kept.set('two', kept.get('one'));
    assert.equal(await authenticated.get('two'), undefined, 'moved');
    const [tag, end, ...rest] = kept.get('one').split(' ');
    kept.set('one', [tag, Number(end) + 1000, ...rest].join(' '));
    assert.equal(await authenticated.get('one'), undefined, 'prolonged');
    kept.set('one', [tag, end, ...rest].join(' '));
    const real = Date.now;
    Date.now = () => real() + 101_000;
    try {
      assert.equal(await authenticated.get('one'), undefined, 'kept beyond its time');
    } finally {
      Date.now = real;
    }
    assert.equal(await authenticated.get('one'), 'the set of one');
    for (const wrong of [{}, undefined, { get() {} }])
      assert.throws(() => countersign.authenticatedStore(wrong, key), { code: 'ERR_INVALID_OPTION', option: 'store' });
  });
});

// The relay, through a real Redis and several processes: the seven guarantees, and stores and clocks that are not what they should be.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, mock, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { createClient } from 'redis';
import { installPackage } from './package-under-test.mjs';
import { CLIENTS } from './refresh/redis-clients.mjs';
import { startRedis } from './refresh/redis-server.mjs';
import { ALONE, IDENTITIES, OWNER, PRODUCTION, claimsOf, isOf, requestWith } from './relay/setting.mjs';

const entries = await installPackage('peers-relay');
const { countersign, exchange, refresh, testing } = await import(entries);
const issuer = await testing.createTestIssuer();
const key = randomBytes(32);
/** Another key under the same `kid`, and so a signature that fails. */
const stranger = await testing.createTestIssuer();
stranger.rotate();
const { kid } = countersign.decode(await issuer.mint()).header;
const forge = (claims) => stranger.mint(claims, { header: { kid } });

let server, admin, redis;
before(async () => {
  server = await startRedis();
  admin = await createClient({ url: server.url }).connect();
  redis = exchange.redisStore(admin);
});
after(async () => {
  admin?.destroy();
  await server?.stop();
});
beforeEach(() => admin.flushAll());

const relayOf = (identity = PRODUCTION, more = {}) =>
  refresh.createTokenRelay({ store: redis, key, team: 'acme', jwks: issuer.jwks, ...identity, ...more });
const mint = (identity = PRODUCTION, expiresIn = 3600, more = {}) => issuer.mint({ ...claimsOf(identity), ...more }, { expiresIn });
const publish = (relay, token) => refresh.publishToken(relay, requestWith(token));
const find = (relay, more = {}) => countersign.getBearerToken({ ...ALONE, relay, ...more });
const keys = () => admin.keys('*');

/** A store in memory that counts, and does something else where it is told to. */
function memoryStore() {
  const kept = new Map();
  const calls = { getLatest: 0, setLatest: 0 };
  const instead = {};
  return {
    kept,
    calls,
    instead,
    store: {
      async getLatest(name) {
        calls.getLatest += 1;
        return instead.getLatest ? instead.getLatest(name) : kept.get(name)?.value;
      },
      async setLatest(name, value, expiresAt, replaceable) {
        calls.setLatest += 1;
        if (instead.setLatest) return instead.setLatest(name, value, expiresAt, replaceable);
        const present = kept.get(name);
        if (present && present.value !== replaceable && present.expiresAt >= expiresAt) return false;
        kept.set(name, { value, expiresAt });
        return true;
      },
    },
  };
}

/** Runs with the clock of the day moved on, and the monotonic one by as much or as said. */
async function later(seconds, run, monotonic = seconds) {
  const [date, real] = [Date.now, performance.now.bind(performance)];
  Date.now = () => date.call(Date) + seconds * 1000;
  const clock = mock.method(performance, 'now', () => real() + monotonic * 1000);
  try {
    return await run();
  } finally {
    Date.now = date;
    clock.mock.restore();
  }
}

describe('guarantee 1: verified before it is stored, under one key for team, project and environment', () => {
  test('a token with another signature, issuer, team, project, environment or audience is not stored', async () => {
    const good = await mint();
    const refused = {
      'another signature': await forge(claimsOf(PRODUCTION)),
      'a changed signature': `${good.slice(0, -8)}AAAAAAAA`,
      'another issuer': await mint(PRODUCTION, 3600, { iss: 'https://oidc.vercel.com/evil' }),
      'another team': await mint({ ...PRODUCTION, ownerId: 'team_evil' }),
      'another project': await mint(IDENTITIES[3]),
      'another environment': await mint(IDENTITIES[1]),
      'another audience': await mint(PRODUCTION, 3600, { aud: 'https://vercel.com/evil' }),
      'an expired one': await mint(PRODUCTION, -1),
      'one that expired a moment ago, within the tolerance for clocks': await mint(PRODUCTION, 0),
      'not a token': 'x.y.z',
      'an empty one': ' ',
    };
    const relay = relayOf();
    for (const [what, token] of Object.entries(refused)) {
      const result = await publish(relay, token);
      assert.equal(result.status, 'failed', what);
      assert.equal(result.error.name, 'CountersignError', what);
      assert.ok(!inspect(result, { depth: 9 }).includes(token.slice(0, 60).padEnd(20, '#')), what);
      assert.deepEqual(await keys(), [], what);
    }
    assert.equal((await publish(relay, good)).status, 'published');
  });

  test('each team, project and environment has an entry of its own', async () => {
    for (const identity of IDENTITIES) assert.equal((await publish(relayOf(identity), await mint(identity))).status, 'published');
    assert.equal((await keys()).length, IDENTITIES.length);
    for (const identity of IDENTITIES) {
      const found = await find(relayOf(identity));
      assert.equal(found.source, 'shared');
      assert.ok(isOf(countersign.decode(found.value).claims, identity));
    }
    await assert.rejects(find(relayOf({ ...PRODUCTION, environment: 'staging' })), { code: 'ERR_CREDENTIALS_NOT_FOUND' });
  });
});

describe('guarantee 2: replaced only by a token that expires later, in one atomic step', () => {
  test('processes that publish in any order leave the latest', async () => {
    const tokens = await Promise.all(Array.from({ length: 40 }, (_, at) => mint(PRODUCTION, 3600 + 10 * at)));
    const latest = tokens.at(-1);
    const shuffled = tokens.map((_token, at) => [0, tokens[(at * 17) % 40]]);
    const jobs = [0, 1, 2, 3].map((process) => shuffled.filter((_, at) => at % 4 === process));
    const results = await Promise.all(jobs.map((publish) => work({ publish, blind: true })));
    for (const { statuses } of results)
      assert.ok(
        statuses.every((status) => status !== 'failed'),
        statuses.join(),
      );
    assert.equal((await find(relayOf())).value, latest);
  });

  test('a publisher that compared before another one wrote does not put its older token back', async () => {
    const { store, instead } = memoryStore();
    const [older, newer] = [await mint(PRODUCTION, 3600), await mint(PRODUCTION, 7200)];
    let passed;
    const gate = new Promise((resolve) => (passed = resolve));
    const slow = {
      ...store,
      getLatest: async (name) => {
        const seen = await store.getLatest(name);
        await gate;
        return seen;
      },
    };
    const first = publish(relayOf(PRODUCTION, { store: slow, storeTimeout: 10 }), older);
    await publish(relayOf(PRODUCTION, { store }), newer);
    passed();
    assert.equal((await first).status, 'current');
    assert.equal((await find(relayOf(PRODUCTION, { store }))).value, newer);
    assert.deepEqual(instead, {});
  });
});

describe('guarantee 3: it ends in Redis with the token, and the reader checks again', () => {
  test('the entry ends when the token expires', async () => {
    const token = await mint();
    await publish(relayOf(), token);
    const [name] = await keys();
    assert.equal(await admin.sendCommand(['EXPIRETIME', name]), countersign.decode(token).claims.exp);
  });

  test('an expired token is not handed out, nor one that lives shorter than the minimum, whatever the store still has', async () => {
    const { store } = memoryStore();
    const relay = relayOf(PRODUCTION, { store });
    await publish(relay, await mint());
    assert.equal((await find(relay, { minValidity: 3000 })).source, 'shared');
    await assert.rejects(
      find(relay, { minValidity: 3700 }),
      (error) => error.code === 'ERR_CREDENTIALS_NOT_FOUND' && /shared: the token has expired, or lives shorter/.test(error.message),
    );
    await later(3590, async () => assert.equal((await find(relay)).source, 'shared'));
    for (const passed of [3600, 3603, 100_000]) {
      await later(passed, () =>
        assert.rejects(find(relay), { code: 'ERR_CREDENTIALS_NOT_FOUND', message: /shared: the token in the relay has expired/ }),
      );
    }
    assert.equal((await find(relay)).source, 'shared', 'the clock was set back');
  });

  test('a token whose signature or claims the reader does not accept is not handed out', async () => {
    await publish(relayOf(), await mint());
    await assert.rejects(find(relayOf(PRODUCTION, { jwks: stranger.jwks })), {
      code: 'ERR_CREDENTIAL_INVALID',
      message: /shared: the token in the relay is refused/,
    });
    await assert.rejects(find(relayOf(PRODUCTION, { audience: 'https://vercel.com/other' })), { code: 'ERR_CREDENTIAL_INVALID' });
  });
});

describe('guarantee 4: encrypted outside Redis, with the name as additional data', () => {
  test('nothing in Redis shows a token, a slug or an id', async () => {
    for (const identity of IDENTITIES) await publish(relayOf(identity), await mint(identity));
    const secrets = [
      OWNER,
      ...IDENTITIES.flatMap(Object.values),
      'acme',
      'slug-of',
      'eyJ',
      'owner',
      key.toString('base64'),
      key.toString('hex'),
    ];
    const names = await keys();
    assert.equal(names.length, IDENTITIES.length);
    for (const name of names) {
      assert.match(name, /^countersign:relay:[0-9a-f]{64}$/);
      const stored = await admin.get(name);
      const shown = [name, stored, Buffer.from(stored.split(' ')[1], 'base64').toString('latin1')].join('\n');
      for (const secret of secrets) assert.ok(!shown.includes(secret), secret);
    }
  });

  test('a value that was changed, moved or written by others is not handed out, and the next publication replaces it', async () => {
    const [relay, other] = [relayOf(), relayOf(IDENTITIES[1])];
    await publish(relay, await mint());
    const [name] = await keys();
    await publish(other, await mint(IDENTITIES[1]));
    const [nameOfOther] = (await keys()).filter((key) => key !== name);
    const [end, sealed] = (await admin.get(name)).split(' ');
    const changed = `${sealed.slice(0, 60)}${sealed[60] === 'A' ? 'B' : 'A'}${sealed.slice(61)}`;
    for (const value of [
      await admin.get(nameOfOther),
      `${end} ${changed}`,
      `${end} ${sealed.slice(0, -8)}`,
      'garbage',
      '99999999999 garbage',
      `99999999999 ${changed}`,
    ]) {
      await admin.set(name, value);
      const heard = [];
      const reader = relayOf(PRODUCTION, { onStoreError: (_error, context) => heard.push(context) });
      await assert.rejects(find(reader), { code: 'ERR_CREDENTIAL_INVALID', retryable: true, message: /does not open/ });
      assert.deepEqual(heard, [{ operation: 'getLatest', reason: 'invalid', bypassedFor: 0 }]);
      const token = await mint();
      assert.equal((await publish(relayOf(), token)).status, 'published', value.slice(0, 20));
      assert.equal((await find(reader)).value, token);
    }
  });

  test('another key finds nothing, and two keys read what either encrypted', async () => {
    const [old, young] = [randomBytes(32), randomBytes(32)];
    const token = await mint();
    await publish(relayOf(PRODUCTION, { key: old }), token);
    await assert.rejects(find(relayOf(PRODUCTION, { key: young })), {
      code: 'ERR_CREDENTIALS_NOT_FOUND',
      message: /shared: the relay has no token/,
    });
    const both = relayOf(PRODUCTION, { key: [young.toString('base64'), old] });
    assert.equal((await find(both)).value, token);
    const newer = await mint(PRODUCTION, 5000);
    assert.equal((await publish(both, newer)).status, 'published');
    assert.equal((await find(relayOf(PRODUCTION, { key: young }))).value, newer, 'the first one encrypts');
    assert.equal((await find(relayOf(PRODUCTION, { key: [old, young] }))).value, newer, 'of two the newest is taken');
    for (const wrong of [[], [old, young, key], [old, new Uint8Array(32)], 'password', undefined]) {
      assert.throws(() => relayOf(PRODUCTION, { key: wrong }), { code: 'ERR_INVALID_OPTION', option: 'key' });
    }
  });
});

describe('guarantee 5: a cache and no renewal: consumers read it before each use', () => {
  test('each search reads the store, so a newer token is taken and one that is gone is not', async () => {
    const { store, calls, kept } = memoryStore();
    const [publisher, consumer] = [relayOf(PRODUCTION, { store }), relayOf(PRODUCTION, { store })];
    const [first, second] = [await mint(), await mint(PRODUCTION, 7200)];
    await publish(publisher, first);
    calls.getLatest = 0;
    for (let times = 0; times < 5; times++) assert.equal((await find(consumer)).value, first);
    assert.equal(calls.getLatest, 5);
    await publish(publisher, second);
    assert.equal((await find(consumer)).value, second);
    kept.clear();
    await assert.rejects(find(consumer), { code: 'ERR_CREDENTIALS_NOT_FOUND' });
  });

  test('a relay, and what it says, shows neither key nor token', async () => {
    const relay = relayOf();
    const token = await mint();
    const result = await publish(relay, token);
    const found = await find(relay);
    const shown = [relay, result, found]
      .map((value) => `${inspect(value, { depth: 9, showHidden: true })} ${JSON.stringify(value)} ${value}`)
      .join();
    for (const secret of [token, token.split('.')[1], key.toString('base64'), key.toString('hex'), [...key].join(', ')])
      assert.ok(!shown.includes(secret));
  });
});

describe('guarantee 6: a request publishes only a token that is later by minutes', () => {
  test('the same token again, and one that is later by seconds, cost no call of the store', async () => {
    const { store, calls } = memoryStore();
    const relay = relayOf(PRODUCTION, { store });
    const token = await mint();
    assert.equal((await publish(relay, token)).status, 'published');
    const after = { ...calls };
    const soon = await mint(PRODUCTION, 3800);
    for (let times = 0; times < 100; times++)
      for (const next of [token, soon]) assert.equal((await publish(relay, next)).status, 'current');
    assert.deepEqual(calls, after);
    assert.equal((await publish(relay, await mint(PRODUCTION, 3950))).status, 'published');
  });

  test('a fresh process looks once, and writes nothing where the store has as good a token', async () => {
    const { store, calls } = memoryStore();
    await publish(relayOf(PRODUCTION, { store }), await mint());
    const writes = calls.setLatest;
    const fresh = relayOf(PRODUCTION, { store });
    const soon = await mint(PRODUCTION, 3700);
    for (let times = 0; times < 10; times++) assert.equal((await publish(fresh, soon)).status, 'current');
    assert.deepEqual([calls.setLatest, calls.getLatest], [writes, 2]);
    // One that dies within minutes is replaced by any later one.
    await later(3400, async () => assert.equal((await publish(fresh, soon)).status, 'published'));
  });

  test('a store that was emptied has a token again ten minutes later', async () => {
    const { store, kept } = memoryStore();
    const relay = relayOf(PRODUCTION, { store });
    const token = await mint();
    await publish(relay, token);
    kept.clear();
    assert.equal((await publish(relay, token)).status, 'current');
    await later(601, async () => assert.equal((await publish(relay, token)).status, 'published'));
  });

  test('a process that has read an emptied store publishes again at once', async () => {
    const relay = relayOf();
    const token = await mint();
    assert.equal((await publish(relay, token)).status, 'published');
    await admin.flushAll();
    assert.equal((await publish(relay, token)).status, 'current');
    await assert.rejects(find(relay), { code: 'ERR_CREDENTIALS_NOT_FOUND' });
    assert.equal((await publish(relay, token)).status, 'published');
    assert.equal((await find(relay)).value, token);
  });

  test('a hundred requests at the same time publish once', async () => {
    const { store, calls } = memoryStore();
    const relay = relayOf(PRODUCTION, { store });
    const token = await mint();
    const results = await Promise.all(Array.from({ length: 100 }, () => publish(relay, token)));
    assert.equal(results.filter(({ status }) => status === 'published').length, 1);
    assert.equal(results.filter(({ status }) => status === 'current').length, 99);
    assert.deepEqual(calls, { getLatest: 1, setLatest: 1 });
  });

  test('on Vercel it goes on after the response, and takes the token of the context', async () => {
    const context = Symbol.for('@vercel/request-context');
    const waited = [];
    const token = await mint();
    globalThis[context] = { get: () => ({ headers: { 'x-vercel-oidc-token': token }, waitUntil: (work) => waited.push(work) }) };
    try {
      refresh.publishToken(relayOf());
    } finally {
      delete globalThis[context];
    }
    assert.equal(waited.length, 1);
    await waited[0];
    assert.equal((await find(relayOf())).value, token);
  });

  test('it never rejects; what is not a relay is refused at once', async () => {
    const relay = relayOf(PRODUCTION, {
      store: {
        getLatest() {
          throw new Error('down');
        },
        setLatest() {
          throw new Error('down');
        },
      },
    });
    for (const token of [await mint(), 'x', '']) assert.equal((await publish(relay, token)).status, 'failed');
    assert.equal((await refresh.publishToken(relay)).error.code, 'ERR_CREDENTIALS_NOT_FOUND');
    for (const wrong of [undefined, {}, redis, 'relay'])
      assert.throws(() => refresh.publishToken(wrong), { code: 'ERR_INVALID_OPTION', option: 'relay' });
    for (const wrong of [null, 7, Promise.resolve(new Headers())])
      assert.throws(() => refresh.publishToken(relayOf(), wrong), { code: 'ERR_INVALID_OPTION', option: 'request' });
  });
});

describe('guarantee 7: with Redis down the own header works on, and a consumer without one gets a typed error in time', () => {
  /** A server of its own, with a client that reconnects. */
  async function withServer(run) {
    const fleeting = await startRedis();
    const client = createClient({ url: fleeting.url, socket: { reconnectStrategy: 20 } });
    client.on('error', () => {});
    await client.connect();
    try {
      await run(fleeting, exchange.redisStore(client));
    } finally {
      client.destroy();
      await fleeting.stop();
    }
  }

  test('a Redis that hangs, and comes back', () =>
    withServer(async (fleeting, store) => {
      const heard = [];
      const relay = relayOf(PRODUCTION, { store, onStoreError: (_error, context) => heard.push(context) });
      const token = await mint();
      await publish(relay, token);
      fleeting.pause();
      const own = await mint(PRODUCTION, 1000);
      assert.equal((await find(relay, { request: requestWith(own) })).value, own);
      assert.equal(heard.length, 0, 'the store is not even read');
      await assert.rejects(find(relay), {
        name: 'CountersignError',
        code: 'ERR_CREDENTIAL_INVALID',
        retryable: true,
        message: /shared: the store of the relay failed or did not answer in time/,
      });
      assert.deepEqual(heard, [{ operation: 'getLatest', reason: 'timeout', bypassedFor: 2 }]);
      // What has to wait waits once: the others are told at once.
      await Promise.all(Array.from({ length: 100 }, () => assert.rejects(find(relay), { code: 'ERR_CREDENTIAL_INVALID' })));
      assert.equal(heard.length, 1);
      assert.equal((await publish(relayOf(PRODUCTION, { store }), await mint(PRODUCTION, 9000))).status, 'failed');
      fleeting.resume();
      await later(3, async () => assert.equal((await find(relay, {})).source, 'shared', 'seconds later it is read again'));
    }));

  test('a Redis that is gone', () =>
    withServer(async (fleeting, store) => {
      const relay = relayOf(PRODUCTION, { store });
      await publish(relay, await mint());
      await fleeting.stop();
      await assert.rejects(find(relay), { code: 'ERR_CREDENTIAL_INVALID', retryable: true });
      assert.equal((await find(relay, { captured: { token: await mint(), expiresAt: 0 } })).source, 'captured');
      assert.equal((await find(relay, { request: requestWith(await mint()) })).source, 'header');
      assert.equal((await publish(relayOf(PRODUCTION, { store }), await mint())).status, 'failed');
    }));
});

test('a store that lies never makes a token of others, nor an expired one', async () => {
  const { store, kept, instead } = memoryStore();
  for (const identity of IDENTITIES) await publish(relayOf(identity, { store }), await mint(identity));
  const relay = relayOf(PRODUCTION, { store });
  const expired = await mint(PRODUCTION, -60);
  for (const [what, lie] of Object.entries({
    'the value of another': () => [...kept.values()][3].value,
    'a token in the clear': () => expired,
    'a number': () => 7,
    'an object': () => ({ token: expired }),
    'a very long text': () => 'A'.repeat(1_000_000),
    'a text in another alphabet': () => '🔑'.repeat(20),
  })) {
    instead.getLatest = lie;
    await assert.rejects(find(relay), { code: 'ERR_CREDENTIAL_INVALID' }, what);
  }
  instead.getLatest = undefined;
  // An older one that lives is good; it is the best that the store has.
  const older = [...kept.values()][0].value;
  await publish(relay, await mint(PRODUCTION, 9000));
  instead.getLatest = (name) => (name === [...kept.keys()][0] ? older : undefined);
  assert.equal((await find(relay)).source, 'shared');
  await later(3601, () => assert.rejects(find(relay), { code: 'ERR_CREDENTIALS_NOT_FOUND' }));
});

test('an expired token goes on to the relay only where team, project and environment are the same', async () => {
  const relay = relayOf();
  await publish(relay, await mint());
  const context = Symbol.for('@vercel/request-context');
  const inContext = async (token, run) => {
    globalThis[context] = { get: () => ({ headers: { 'x-vercel-oidc-token': token } }) };
    try {
      return await run();
    } finally {
      delete globalThis[context];
    }
  };
  const ways = {
    captured: (token) => find(relay, { captured: { token, expiresAt: 0 } }),
    header: (token) => find(relay, { request: requestWith(token) }),
    context: (token) => inContext(token, () => find(relay, { request: undefined })),
  };
  const foreign = [...IDENTITIES.slice(1), { ...PRODUCTION, ownerId: 'team_other' }];
  for (const [source, way] of Object.entries(ways)) {
    assert.equal((await way(await mint(PRODUCTION, -60))).source, 'shared', source);
    for (const identity of foreign) {
      const code = source === 'captured' ? 'ERR_CREDENTIAL_EXPIRED' : 'ERR_CREDENTIALS_NOT_FOUND';
      await assert.rejects(
        way(await mint(identity, -60)),
        (error) => error.code === code && new RegExp(`shared: not used: the \`${source}\` token is of another`).test(error.message),
      );
    }
    await assert.rejects(way('not a token'), { code: 'ERR_CREDENTIAL_INVALID' }, 'a broken one ends the search');
  }
});

test('ERR_CREDENTIAL_EXPIRED points to the relay', async () => {
  const captured = { token: await mint(PRODUCTION, -60), expiresAt: 0 };
  await assert.rejects(countersign.getBearerToken({ ...ALONE, captured }), {
    code: 'ERR_CREDENTIAL_EXPIRED',
    message: /read the newest one with the option `relay`/,
  });
});

test('every source is described, the relay too, and exchanges take it', async () => {
  const relay = relayOf();
  const sources = async () =>
    (await countersign.describeCredentials({ ...ALONE, relay })).sources.filter(({ source }) => source === 'shared');
  assert.deepEqual(await sources(), [{ source: 'shared', state: 'not-configured', reason: 'the relay has no token' }]);
  const token = await mint();
  await publish(relay, token);
  const expiresAt = new Date(countersign.decode(token).claims.exp * 1000);
  assert.deepEqual(await sources(), [{ source: 'shared', state: 'found', expiresAt }]);
  assert.equal((await countersign.describeCredentials({ ...ALONE, relay })).selected, 'shared');
  assert.equal(await countersign.getBearerTokenOptional({ ...ALONE, relay: relayOf(IDENTITIES[1]) }), undefined);
  let presented;
  const fetch = async (_url, { body }) => {
    presented = new URLSearchParams(body).get('subject_token');
    return Response.json({
      access_token: 'value',
      issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_type: 'Bearer',
      expires_in: 3600,
    });
  };
  await exchange.exchangeToken({ url: 'https://idp.example/token', ...ALONE, relay, fetch });
  assert.equal(presented, token);
});

test('a consumer whose issuer is down gets a retryable error', async () => {
  await publish(relayOf(), await mint());
  const fetch = async () => new Response(null, { status: 503 });
  await assert.rejects(find(relayOf(PRODUCTION, { jwks: undefined, fetch })), { code: 'ERR_CREDENTIAL_INVALID', retryable: true });
  assert.equal((await find(relayOf(PRODUCTION, { jwks: undefined, fetch: issuer.fetch }))).source, 'shared');
});

test('1,000 readers of two projects and three environments, in four processes, never get another one’s', async () => {
  const tokensOf = async (expiresIn) => Promise.all(IDENTITIES.map(async (identity, at) => [at, await mint(identity, expiresIn)]));
  await work({ publish: await tokensOf(3600) });
  const publishing = await Promise.all([3700, 3800, 3900, 4000].map(tokensOf));
  const results = await Promise.all(publishing.map((publish) => work({ publish, readers: 250 })));
  assert.deepEqual(
    results.map(({ found, wrong }) => [found, wrong]),
    Array(4).fill([250, []]),
  );
});

for (const [name, { cluster, connect }] of Object.entries(CLIENTS)) {
  test(`through ${name}`, async () => {
    const target = cluster ? await startRedis({ cluster: true }) : server;
    const { client, close } = await connect(target);
    try {
      const relay = relayOf(PRODUCTION, { store: exchange.redisStore(client), storeTimeout: 5 });
      const [first, second] = [await mint(), await mint(PRODUCTION, 7200)];
      assert.equal((await publish(relay, second)).status, 'published');
      assert.equal((await publish(relayOf(PRODUCTION, { store: exchange.redisStore(client), storeTimeout: 5 }), first)).status, 'current');
      assert.equal((await find(relay)).value, second);
    } finally {
      close();
      if (cluster) await target.stop();
    }
  });
}

test('wrong options are named', async () => {
  const wrong = {
    store: [undefined, {}, { get() {}, set() {} }, new Map()],
    ownerId: [undefined, '', '*', ['team_1'], 7],
    projectId: [undefined, '', '*', ['prj_1'], null],
    environment: [undefined, '', '*', ['production', 'preview']],
    team: [undefined, ''],
    minAdvance: [-1, '5', NaN, 3601],
    storeTimeout: [0, '1'],
    onStoreError: ['x'],
    cache: [{ tokens: 5 }],
    projectID: ['prj_1'],
  };
  for (const [option, values] of Object.entries(wrong)) {
    for (const value of values)
      assert.throws(() => relayOf(PRODUCTION, { [option]: value }), { code: 'ERR_INVALID_OPTION', option }, `${option}: ${inspect(value)}`);
  }
  for (const relay of [{}, null, redis, 'x']) await assert.rejects(find(relay), { code: 'ERR_INVALID_OPTION', option: 'relay' });
});

/** One process. */
async function work(job) {
  const worker = fileURLToPath(new URL('relay/worker.mjs', import.meta.url));
  const given = JSON.stringify({ entries, redis: server.url, key: key.toString('base64'), jwks: issuer.jwks, ...job });
  const { stdout } = await promisify(execFile)(process.execPath, [worker, given]);
  return JSON.parse(stdout);
}

// The registry in a real Redis, through the clients that people use.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from 'redis';
import { installPackage } from '../package-under-test.mjs';
import { CLIENTS } from './redis-clients.mjs';
import { startRedis } from './redis-server.mjs';

const entries = await installPackage('peers-refresh-redis');
const { countersign, refresh } = await import(entries);

let server, admin, clusterServer, clusterAdmin;
before(async () => {
  server = await startRedis();
  admin = await createClient({ url: server.url }).connect();
  clusterServer = await startRedis({ cluster: true });
  clusterAdmin = await createClient({ url: clusterServer.url }).connect();
});
after(async () => {
  admin?.destroy();
  clusterAdmin?.destroy();
  await server?.stop();
  await clusterServer?.stop();
});
beforeEach(() => Promise.all([admin.flushAll(), clusterAdmin.flushAll()]));

const globalAdmin = () => admin;
const inAnHour = () => new Date(Date.now() + 3_600_000);
const token = () => ({ value: 'a-token-that-nobody-should-find', expiresAt: inAnHour() });
const until = async (condition) => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
};

async function allOf(registry) {
  const found = [];
  let page = {};
  do {
    page = await registry.list(page.cursor);
    found.push(...page.targets);
  } while (page.cursor !== undefined);
  return found;
}

for (const [name, { cluster, connect }] of Object.entries(CLIENTS)) {
  describe(name, () => {
    let connected;
    let registry;
    let admin;
    before(async () => {
      admin = cluster ? clusterAdmin : globalAdmin();
      connected = await connect(cluster ? clusterServer : server);
      registry = refresh.createRedisRegistry(connected.client);
    });
    after(() => connected?.close());

    test('targets are added, listed with their times, begun anew and removed', async () => {
      const time = new Date(1_800_000_000_123);
      await registry.add('plain');
      await registry.add('with a time', time);
      await registry.add('naïve: {x} "y" \n(z');
      // Texts that are JSON, which one of the clients would parse.
      for (const id of ['7', 'null', '{"a":1}']) await registry.add(id);
      assert.deepEqual(await registry.list(), {
        targets: [
          { id: '7' },
          { id: 'naïve: {x} "y" \n(z' },
          { id: 'null' },
          { id: 'plain' },
          { id: 'with a time', until: time },
          { id: '{"a":1}' },
        ],
      });
      await registry.add('with a time');
      for (const id of ['plain', '7', 'null', '{"a":1}']) await registry.remove(id);
      assert.deepEqual(await allOf(registry), [{ id: 'naïve: {x} "y" \n(z' }, { id: 'with a time' }]);
      for (const id of ['', 7, undefined]) await assert.rejects(registry.add(id), { code: 'ERR_INVALID_OPTION' });
    });

    test('a target that is registered throughout a listing comes once, while others come and go', async () => {
      const ids = Array.from({ length: 250 }, (_, number) => `t-${String(number).padStart(3, '0')}`);
      for (const id of ids) await registry.add(id);
      const seen = [];
      let page = {};
      do {
        page = await registry.list(page.cursor);
        assert.ok(page.targets.length <= 100);
        seen.push(...page.targets.map(({ id }) => id));
        await registry.remove(seen.at(-1));
        await registry.add('t-000');
      } while (page.cursor !== undefined);
      assert.deepEqual(seen, ids);
    });

    test('a lease has one owner, who alone renews it, completes it and ends it', async () => {
      await registry.add('a', new Date(1_800_000_000_000));
      assert.deepEqual(await registry.acquire('a', 'one', 60_000), { state: 'acquired', until: new Date(1_800_000_000_000) });
      assert.deepEqual(await registry.acquire('a', 'two', 60_000), { state: 'leased' });
      assert.deepEqual(await registry.acquire('b', 'two', 60_000), { state: 'gone' });
      assert.equal(await registry.renew('a', 'two', 60_000), false);
      assert.equal(await registry.complete('a', 'two', inAnHour()), false);
      await registry.release('a', 'two');
      await registry.remove('a', 'two');
      assert.deepEqual(await allOf(registry), [{ id: 'a', until: new Date(1_800_000_000_000) }]);
      assert.equal(await registry.renew('a', 'one', 120_000), true);
      const left = await admin.pTTL('{countersign:refresh}:lease:a');
      assert.ok(left > 60_000 && left <= 120_000, `it lasts ${left} ms`);
      assert.equal(await registry.complete('a', 'one', new Date(1_900_000_000_000)), true);
      assert.deepEqual(await registry.acquire('a', 'two', 60_000), { state: 'acquired', until: new Date(1_900_000_000_000) });
      await registry.release('a', 'two');
      assert.equal((await registry.acquire('a', 'three', 60_000)).state, 'acquired');
      await registry.remove('a', 'three');
      assert.deepEqual(await allOf(registry), []);
      assert.equal(await registry.complete('a', 'three', inAnHour()), false, 'a target that is gone stays gone');
    });

    test('a lease whose run died ends by itself, and beginning anew ends it at once', async () => {
      await registry.add('a');
      await registry.acquire('a', 'one', 50);
      await until(async () => (await registry.acquire('a', 'two', 60_000)).state === 'acquired');
      assert.equal(await registry.renew('a', 'one', 60_000), false, 'the one who had it hears that it is lost');
      await registry.add('a');
      assert.equal((await registry.acquire('a', 'three', 60_000)).state, 'acquired');
    });

    test('a run notes who is fresh, forgets who is gone, and leaves no lease and no token behind', async () => {
      for (const id of ['a', 'b', 'c', 'd']) await registry.add(id);
      const write = ({ id }) => {
        if (id === 'b') return 'gone';
        if (id === 'c') throw new Error('no disk');
        return undefined;
      };
      const first = await refresh.refreshAll(registry, write, { token });
      assert.deepEqual([first.refreshed, first.skipped.gone, first.failures], [2, 1, [{ id: 'c', reason: 'Error: no disk' }]]);
      assert.deepEqual(
        (await allOf(registry)).map(({ id, until }) => [id, until !== undefined]),
        [
          ['a', true],
          ['c', false],
          ['d', true],
        ],
      );
      const second = await refresh.refreshAll(registry, () => {}, { token });
      assert.deepEqual([second.refreshed, second.skipped.fresh], [1, 2]);
      assert.deepEqual((await admin.keys('*')).sort(), ['{countersign:refresh}:targets', '{countersign:refresh}:until']);
      const kept = JSON.stringify([
        await admin.hGetAll('{countersign:refresh}:until'),
        await admin.zRange('{countersign:refresh}:targets', 0, -1),
      ]);
      assert.ok(!kept.includes('a-token'), kept);
    });

    test('a lease that is lost in the middle of the work is found out', async () => {
      await registry.add('a');
      const write = async (_target, _token, { signal }) => {
        await admin.set('{countersign:refresh}:lease:a', 'somebody else', { PX: 60_000 });
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      };
      const summary = await refresh.refreshAll(registry, write, { token, lease: 1 });
      assert.deepEqual(summary.failures, [{ id: 'a', reason: 'lost its lease' }]);
      assert.equal(await admin.get('{countersign:refresh}:lease:a'), 'somebody else', 'theirs is not touched');
    });
  });
}

test('cron runs that overlap, in processes of their own, do the work once', async () => {
  const registry = refresh.createRedisRegistry(admin);
  const ids = Array.from({ length: 300 }, (_, number) => `sandbox-${number}`);
  for (const id of ids) await registry.add(id);
  const runner = fileURLToPath(new URL('runner.mjs', import.meta.url));
  const runs = ['one', 'two', 'three'].map((name) => promisify(execFile)(process.execPath, [runner, entries, server.url, name]));
  const summaries = (await Promise.all(runs)).map(({ stdout }) => JSON.parse(stdout));
  const written = await admin.lRange('written', 0, -1);
  assert.deepEqual(written.map((note) => note.split(' ')[0]).sort(), [...ids].sort());
  assert.equal(
    summaries.reduce((sum, { refreshed }) => sum + refreshed, 0),
    300,
  );
  for (const { refreshed, skipped, failed } of summaries) {
    assert.equal(failed, 0);
    assert.equal(refreshed + skipped.fresh + skipped.leased, 300, 'each run has an answer for each target');
  }
});

test('ten thousand targets in Redis, with bounded concurrency and memory', async () => {
  // Ten thousand commands at once take a busy machine longer than two seconds.
  const registry = refresh.createRedisRegistry(admin, { storeTimeout: 10 });
  await Promise.all(Array.from({ length: 10_000 }, (_, number) => registry.add(`target-${number}`)));
  let [open, most, results] = [0, 0, 0];
  const write = async () => {
    most = Math.max(most, (open += 1));
    await new Promise(setImmediate);
    open -= 1;
  };
  const summary = await refresh.refreshAll(registry, write, { token, concurrency: 50, onResult: () => void (results += 1) });
  assert.equal(summary.refreshed, 10_000);
  assert.equal(results, 10_000);
  assert.ok(most <= 50, `${most} at once`);
  assert.ok(JSON.stringify(summary).length < 1000, 'what is kept of them');
});

test('registries with different prefixes have nothing to do with each other', async () => {
  const [one, two] = ['one', 'two'].map((prefix) => refresh.createRedisRegistry(admin, { prefix }));
  await one.add('a');
  assert.deepEqual(await allOf(two), []);
  assert.equal((await two.acquire('a', 'x', 1000)).state, 'gone');
  for (const prefix of ['', '{x}', 7]) assert.throws(() => refresh.createRedisRegistry(admin, { prefix }), { code: 'ERR_INVALID_OPTION' });
  for (const client of [undefined, {}, server.url])
    assert.throws(() => refresh.createRedisRegistry(client), { code: 'ERR_INVALID_OPTION', option: 'client' });
});

test('a Redis that goes away in the middle of a run fails what it must, and the run ends', async () => {
  const fleeting = await startRedis();
  const client = createClient({ url: fleeting.url, disableOfflineQueue: true, socket: { reconnectStrategy: false } });
  client.on('error', () => {});
  await client.connect();
  try {
    const registry = refresh.createRedisRegistry(client);
    for (let number = 0; number < 150; number++) await registry.add(`t-${number}`);
    let writes = 0;
    let gone;
    const write = async () => {
      writes += 1;
      // From the twentieth on all wait until it is gone.
      if (writes >= 20) await (gone ??= fleeting.stop());
    };
    const summary = await refresh.refreshAll(registry, write, { token, concurrency: 5, timeout: 5 });
    assert.ok(summary.refreshed >= 15 && summary.refreshed < 25, `${summary.refreshed} before the end`);
    assert.ok(summary.failed > 0 && summary.stopped !== undefined, JSON.stringify(summary));
    assert.ok(!JSON.stringify(summary).includes('a-token'));
  } finally {
    client.destroy();
    await fleeting.stop();
  }
});

test('a token source that fails is an error of this package, before Redis is asked for anything', async () => {
  const commands = [];
  const client = { isOpen: true, sendCommand: async (args) => void commands.push(args) };
  const source = () => countersign.getBearerToken({ env: {}, request: new Headers() });
  await assert.rejects(
    refresh.refreshAll(refresh.createRedisRegistry(client), () => {}, { token: source }),
    { code: 'ERR_CREDENTIALS_NOT_FOUND' },
  );
  assert.equal(commands.length, 0);
});

// The registry in Redis where Redis is slow, down or full of names that this package would not have written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { importPackage } from './package-under-test.mjs';

const { refresh } = await importPackage('peers-registry-timeout');

/** A client of the npm package `redis` whose commands `answer` decides about. */
function clientOf(answer) {
  const sent = [];
  const sendCommand = async (args) => {
    sent.push(args);
    return answer(args, sent.length);
  };
  return { sent, client: { isOpen: true, isReady: true, sendCommand } };
}

const never = () => new Promise(() => {});

test('a command that takes too long rejects with a typed error, and is reported', async () => {
  const errors = [];
  const onStoreError = (error, context) => errors.push([error.message, context]);
  const registry = refresh.createRedisRegistry(clientOf(never).client, { storeTimeout: 0.005, onStoreError });
  const calls = {
    add: () => registry.add('a'),
    remove: () => registry.remove('a'),
    list: () => registry.list(),
    acquire: () => registry.acquire('a', 'me', 1000),
    renew: () => registry.renew('a', 'me', 1000),
    complete: () => registry.complete('a', 'me'),
    release: () => registry.release('a', 'me'),
  };
  for (const [operation, call] of Object.entries(calls)) {
    await assert.rejects(call(), { name: 'StoreError', operation, reason: 'timeout' });
    const message = `\`${operation}\` of the store timed out after 0.04 s`;
    assert.deepEqual(errors.pop(), [message, { operation, reason: 'timeout', bypassedFor: 0 }]);
  }
  for (const options of [{ storeTimeout: 0 }, { storeTimeout: '1' }, { onStoreError: 1 }, { storeTimeuot: 1 }]) {
    assert.throws(() => refresh.createRedisRegistry(clientOf(never).client, options), { code: 'ERR_INVALID_OPTION' });
  }
});

test('an error of Redis is told by its code, never by its words', async () => {
  const { client } = clientOf(() => Promise.reject(Object.assign(new Error('redis://:hush@host'), { code: 'ECONNREFUSED' })));
  const registry = refresh.createRedisRegistry(client);
  const error = await registry.list().catch((thrown) => thrown);
  assert.deepEqual([error.name, error.reason, error.found], ['StoreError', 'failed', 'ECONNREFUSED']);
  assert.ok(!inspect(error, { showHidden: true }).includes('hush'));
  const summary = await refresh.refreshAll(registry, () => {}, { token: () => 'token' });
  assert.match(summary.stopped, /`list` of the store failed: ECONNREFUSED/);
});

test('a lease that is granted after its time-out is given back', async () => {
  const { sent, client } = clientOf((_, number) =>
    number === 1 ? new Promise((resolve) => setTimeout(resolve, 100, ['acquired', ''])) : Promise.resolve(1),
  );
  const registry = refresh.createRedisRegistry(client, { storeTimeout: 0.002 });
  await assert.rejects(registry.acquire('a', 'me', 60_000), { name: 'StoreError' });
  while (sent.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(sent[1].slice(3), ['{countersign:refresh}:lease:a', 'me']);
});

test('a hundred names that are not UTF-8 end the run, and do not list for ever', { timeout: 30_000 }, async () => {
  const foreign = Array.from({ length: 100 }, (_, index) => Buffer.from([0xff, index]));
  const { sent, client } = clientOf(([, script]) => (script.includes('ZRANGEBYLEX') ? foreign.flatMap((name) => [name, '']) : ['gone']));
  const summary = await refresh.refreshAll(refresh.createRedisRegistry(client), () => {}, { token: () => 'token' });
  assert.match(summary.stopped, /the list of the registry does not advance/);
  assert.equal(sent.filter(([, script]) => script.includes('ZRANGEBYLEX')).length, 2);
});

// How much a run over very many targets holds on to, whatever their number.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { importPackage } from '../package-under-test.mjs';

const { refresh } = await importPackage('peers-refresh-memory');
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const live = () => {
  collect();
  return process.memoryUsage().heapUsed;
};

async function* targets(count) {
  for (let number = 0; number < count; number += 1) yield `target-${number}`;
}

test('a run over two hundred thousand targets holds on to no more than one over a thousand', async () => {
  const { signal } = new AbortController();
  const token = () => ({ value: 'x'.repeat(1100), expiresAt: new Date(Date.now() + 3_600_000) });
  const held = async (count) => {
    const before = live();
    let [writes, most] = [0, 0];
    const write = () => {
      writes += 1;
      if (writes % (count / 4) === 0) most = Math.max(most, live() - before);
      if (writes % 10 === 0) throw new Error(`target ${writes} cannot be reached`);
    };
    const { refreshed, failed } = await refresh.refreshAll(targets(count), write, { token, concurrency: 50, signal });
    assert.equal(refreshed + failed, count);
    return most;
  };
  // The first run loads and compiles what it needs.
  await held(1000);
  const few = await held(1000);
  const many = await held(200_000);
  // As much as it takes to notice twenty bytes a target.
  assert.ok(many < few + (4 << 20), `${many} bytes for two hundred thousand, ${few} for a thousand`);
});

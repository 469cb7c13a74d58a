// A short run of `cargo xtask soak`, and its judges: a response that must not come is seen, and so is growth.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { record, merge, percentile } from './soak/figures.mjs';
import { oracle } from './soak/oracle.mjs';
import { growth, report } from './soak/report.mjs';
import { build, soak } from './soak/run.mjs';
import { KINDS } from './soak/traffic.mjs';

test('under load with faults: no wrong response, and every kind of request is answered', { timeout: 900_000 }, async () => {
  const parts = [];
  const folder = await build();
  await soak({ folder, seconds: 16, partSeconds: 8, seed: 20_261_129, clients: 8, onPart: (part) => parts.push(part) });
  assert.deepEqual(
    parts.flatMap(({ wrong }) => wrong),
    [],
  );
  assert.equal(parts.length, 2);
  const faults = new Set(parts.flatMap((part) => Object.keys(part.faults)));
  for (const fault of ['trap in verify', 'trap in credentials', 'keys rotated']) assert.ok(faults.has(fault), [...faults].join());
  assert.ok(faults.size >= 5, [...faults].join());
  const kinds = parts.flatMap((part) => Object.entries(part.kinds));
  for (const name of KINDS) {
    const asExpected = kinds
      .filter(([kind]) => kind === name)
      .reduce((sum, [, { requests, exceptions }]) => sum + requests - Object.values(exceptions).reduce((a, b) => a + b, 0), 0);
    assert.ok(asExpected > 0, `${name}: no response was the expected one`);
  }
  assert.match(report(parts), /\| wrong responses \| 0 \|/);
  assert.deepEqual(
    growth(parts).filter(({ isTooMuch }) => isTooMuch),
    [],
  );
});

describe('the judge', () => {
  const good = { kind: 'good', path: '/api/verified', kid: 'k1', secret: 'SIGNATURE', expected: { status: 200, body: { sub: 's' } } };
  const ok = { status: 200, body: { sub: 's' }, text: '{"sub":"s"}' };
  const error = (status, code, text = '') => ({ status, body: { code }, text });

  test('the expected response is right, and another status, code or subject is wrong', () => {
    const { judge } = oracle();
    assert.deepEqual(judge(good, ok, 0, 1), {});
    assert.ok(judge(good, { ...ok, body: { sub: 'other' } }, 2, 3).wrong);
    const expired = { ...good, expected: { status: 401, code: 'ERR_JWT_EXPIRED' } };
    assert.deepEqual(judge(expired, error(401, 'ERR_JWT_EXPIRED'), 2, 3), {});
    assert.ok(judge(expired, ok, 2, 3).wrong);
    assert.ok(judge(expired, error(401, 'ERR_JWT_CLAIM_VALIDATION_FAILED'), 2, 3).wrong);
  });

  test('a response that holds the token is wrong', () => {
    assert.match(oracle().judge(good, { ...ok, text: '…SIGNATURE…' }, 0, 1).wrong, /holds the token/);
  });

  test('503 for want of keys is allowed while the issuer fails, until the back-off is over, and never with a known key', () => {
    const unavailable = error(503, 'ERR_JWKS_FETCH_FAILED');
    const world = oracle();
    assert.ok(world.judge(good, unavailable, 0, 1).wrong, 'without a fault');
    const end = world.fault('keys', 1000);
    assert.ok(world.judge(good, unavailable, 1500, 1600).exception);
    end(2000);
    assert.ok(world.judge(good, unavailable, 30_000, 30_100).exception, 'backed off');
    assert.ok(world.judge(good, unavailable, 34_100, 34_200).wrong, 'after the back-off');
    assert.ok(world.judge({ ...good, path: '/other' }, unavailable, 30_000, 30_100).wrong, 'a route that had no failure');
    assert.deepEqual(world.judge(good, ok, 35_000, 35_100), {});
    world.fault('keys', 36_000);
    assert.ok(world.judge(good, unavailable, 36_500, 36_600).wrong, 'the route has the key');
    assert.ok(world.judge({ ...good, kid: 'k2' }, unavailable, 36_500, 36_600).exception, 'a key that it does not have yet');
  });

  test('a new key may be unknown for 7 s', () => {
    const world = oracle();
    world.signsWith('k1', 1000);
    assert.ok(world.judge(good, error(401, 'ERR_JWKS_NO_MATCHING_KEY'), 7000, 7001).exception);
    assert.ok(world.judge(good, error(401, 'ERR_JWKS_NO_MATCHING_KEY'), 8100, 8200).wrong);
  });

  test('ERR_INTERNAL is allowed only while a module traps', () => {
    const world = oracle();
    const end = world.trap(100);
    end(110);
    assert.ok(world.judge(good, error(503, 'ERR_INTERNAL'), 90, 105).exception);
    assert.ok(world.judge(good, error(503, 'ERR_INTERNAL'), 111, 120).wrong);
  });

  test('an exchange may fail while the token service does, and this identity until the back-off is over', () => {
    const request = { kind: 'exchange', path: '/api/exchange', identity: 'a', expected: { status: 200 } };
    const world = oracle();
    const failed = error(503, 'ERR_EXCHANGE_FAILED');
    assert.ok(world.judge(request, failed, 0, 1).wrong);
    world.fault('tokens', 10)(20);
    assert.ok(world.judge(request, failed, 15, 25).exception);
    assert.ok(world.judge(request, failed, 20_000, 20_001).exception);
    assert.ok(world.judge({ ...request, identity: 'b' }, failed, 20_000, 20_001).wrong);
  });
});

describe('the figures', () => {
  test('percentiles are right to 2 %, also of what is added up', () => {
    const buckets = {};
    for (let i = 1; i <= 500; i += 1) record(buckets, i);
    const more = {};
    for (let i = 501; i <= 1000; i += 1) record(more, i);
    merge(buckets, JSON.parse(JSON.stringify(more)));
    for (const [share, ms] of Object.entries({ 0.5: 500, 0.99: 990, 0.999: 999 })) {
      const found = percentile(buckets, Number(share));
      assert.ok(found >= ms && found <= ms * 1.02, `${share}: ${found}`);
    }
  });

  const state = (heapUsed, wasm = 3) => ({
    heapUsed: heapUsed * 2 ** 20,
    rss: 200 * 2 ** 20,
    wasm: wasm * 2 ** 20,
    files: 40,
    resources: 20,
  });
  const run = (heapOf, wasm) =>
    Array.from({ length: 15 }, (_, minute) => ({
      begin: { at: 'now', state: state(40) },
      seconds: 60,
      state: state(heapOf(minute), wasm),
    }));
  const tooMuch = (parts) =>
    growth(parts)
      .filter(({ isTooMuch }) => isTooMuch)
      .map(({ name }) => name);

  test('growth after the warm-up is seen, and an outlier or the warm-up is not taken for it', () => {
    assert.deepEqual(tooMuch(run((minute) => 40 + 0.6 * minute)), ['JavaScript heap after garbage collection, MiB']);
    assert.deepEqual(tooMuch(run((minute) => (minute < 2 ? 30 : 40))), []);
    assert.deepEqual(tooMuch(run((minute) => (minute === 14 ? 60 : 40))), []);
    assert.deepEqual(tooMuch(run(() => 40, 13)), ['linear memory of the WebAssembly modules, MiB']);
  });

  test('runs are judged each by itself', () => {
    const second = run(() => 60).map((part) => ({ ...part, begin: { ...part.begin, at: 'later' } }));
    assert.deepEqual(tooMuch([...run(() => 40), ...second]), []);
  });
});

// A short run of `cargo xtask chaos`: faults of every service under load, then everything comes back by itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chaos } from './chaos/run.mjs';

test('under load with faults: no wrong result, and all operations succeed after the last fault', async () => {
  const report = await chaos({ seconds: 15, seed: 20_261_129, processes: 2, callers: 6 });
  assert.deepEqual(report.wrong, []);
  assert.ok(Object.keys(report.faults).length >= 5, JSON.stringify(report.faults));
  const { verify, refuse, guard, aws, exchange, relay } = report.operations;
  assert.ok(
    verify.accepted > 0 && guard.passed > 0 && aws.keys > 0 && exchange.token > 0 && relay.token > 0,
    JSON.stringify(report.operations),
  );
  assert.ok(refuse.ERR_JWT_EXPIRED > 0 && refuse.ERR_JWT_CLAIM_VALIDATION_FAILED > 0, JSON.stringify(refuse));
});

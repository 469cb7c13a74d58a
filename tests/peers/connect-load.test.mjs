// A sample of `cargo xtask chaos --deliveries`: deliveries under load, through an issuer that goes down and comes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveries } from './chaos/deliveries.mjs';

for (const [store, what] of [
  ['memory', 'one process, replays in its memory'],
  ['redis', 'two processes, replays in Redis'],
]) {
  test(`${what}: no delivery lost that was repeated, none accepted twice, none forged accepted`, async (context) => {
    const report = await deliveries({ count: 100, store });
    context.diagnostic(JSON.stringify(report));
    assert.deepEqual(report.wrong, []);
    assert.equal(report.handled, 100);
    assert.ok(report.outages === 4 && report.statuses[503] >= 4 * 40, 'the issuer was down while deliveries came');
    assert.ok(report.statuses[500] > 0, 'handlers failed, and the deliveries were repeated');
  });
}

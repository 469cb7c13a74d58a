// What a refusal costs grows with the length of the token and no faster. Not a time, which differs by machine, but how two times compare: what is
// quadratic would take 32 times as long for each byte.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { prepare } from './project.mjs';
import { SHAPES } from './refusals.mjs';
import { subject } from './tokens.mjs';

const [SHORT, LONG] = [32 * 1024, 1024 * 1024];

let verifier;
before(async () => {
  const { entries, policy } = await prepare('linear');
  const { jwk } = subject('RS256 2048', {}, 0);
  verifier = entries.countersign.createVerifier({ ...policy, jwks: { keys: [jwk] }, maxTokenBytes: LONG, cache: { tokens: 0 } });
});

/** The least that it took, of many times: what else the machine does only adds to it. */
function nsPerByte(token, times) {
  let least = Infinity;
  for (let time = 0; time < times; time += 1) {
    const start = process.hrtime.bigint();
    assert.throws(() => verifier.verifySync(token), { name: 'CountersignError' });
    least = Math.min(least, Number(process.hrtime.bigint() - start));
  }
  return least / token.length;
}

for (const [name, make] of Object.entries(SHAPES)) {
  test(`refusing ${name}`, () => {
    const [short, long] = [nsPerByte(make(SHORT), 100), nsPerByte(make(LONG), 10)];
    assert.ok(long < 6 * short, `${long.toFixed(1)} ns a byte at 1 MiB, ${short.toFixed(1)} ns at 32 KiB`);
  });
}

// The differential run as a test: each verdict that differs from jose's has a reason on a list.
// SEED and COUNT in the environment ask for another run than the one that is always made.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { COUNT, SEED, differential, report } from './differential.mjs';
import { MUTATIONS } from './differential/mutations.mjs';
import { STRICTER, WIDER } from './differential/reasons.mjs';

const seed = Number(process.env.SEED ?? SEED);
const count = Number(process.env.COUNT ?? COUNT);

describe(`${count} mutated tokens, judged here and by jose (seed ${seed})`, () => {
  let tally;
  before(async () => {
    tally = await differential({ seed, count });
    console.log(report(tally));
  });

  test('every difference has a reason, and `verify`, `verifySync` and a second look agree', () => {
    assert.equal(tally.wrongCount, 0, JSON.stringify(tally.wrong, null, 1));
  });

  test('both accept some and both refuse some', () => {
    for (const verdict of ['accepted here, accepted by jose', 'refused here, refused by jose'])
      assert.ok(tally.verdicts[verdict] > count / 10, verdict);
  });

  test('every mutation was tried', () => {
    for (const { name } of MUTATIONS) assert.ok(tally.mutations[name]?.cases > 0, name);
  });

  // A reason that explains nothing any more would only hide what comes next. Shorter runs may miss some.
  if (count < COUNT) return;
  for (const reason of new Set([...STRICTER, ...WIDER].map(({ reason }) => reason))) {
    test(`a reason to differ: ${reason}`, () => assert.ok(tally.explained[reason] > 0, 'it no longer turns up: take it off the list'));
  }
});

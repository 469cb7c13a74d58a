// The differential run as a test: each verdict that differs from a peer's has a reason on a list.
// SEED, COUNT and PEERS_EVERY in the environment ask for another run than the one that is always made.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { COUNT, PEERS_EVERY, SEED, differential, report } from './differential.mjs';
import { MUTATIONS } from './differential/mutations.mjs';
import { PEER_READING, PEER_STRICTER, PEER_WIDER } from './differential/peer-reasons.mjs';
import { PEERS } from './differential/peers.mjs';
import { STRICTER, WIDER } from './differential/reasons.mjs';

const seed = Number(process.env.SEED ?? SEED);
const count = Number(process.env.COUNT ?? COUNT);
const peersEvery = Number(process.env.PEERS_EVERY ?? PEERS_EVERY);

describe(`${count} mutated tokens, judged here, by jose, and one in ${peersEvery} by the other peers (seed ${seed})`, () => {
  let tally;
  before(async () => {
    tally = await differential({ seed, count, peersEvery });
    console.log(report(tally));
  });

  test('every difference has a reason, and `verify`, `verifySync` and a second look agree', () => {
    assert.equal(tally.wrongCount, 0, JSON.stringify(tally.wrong, null, 1));
  });

  test('both accept some and both refuse some', () => {
    for (const verdict of ['accepted here, accepted by jose', 'refused here, refused by jose'])
      assert.ok(tally.verdicts[verdict] > count / 10, verdict);
  });

  test('each of the other peers accepts some and refuses some, with this package', () => {
    for (const peer of Object.keys(PEERS)) {
      for (const verdict of ['accepted', 'refused'])
        assert.ok(tally.peerVerdicts[peer][`${verdict} here, ${verdict} by ${peer}`] > count / peersEvery / 25, `${peer} ${verdict}`);
    }
  });

  test('every mutation was tried', () => {
    for (const { name } of MUTATIONS) assert.ok(tally.mutations[name]?.cases > 0, name);
  });

  // A reason that explains nothing any more would only hide what comes next. Shorter runs may miss some.
  if (count < COUNT) return;
  for (const reason of new Set([...STRICTER, ...WIDER].map(({ reason }) => reason))) {
    test(`a reason to differ: ${reason}`, () => assert.ok(tally.explained[reason] > 0, 'it no longer turns up: take it off the list'));
  }
  for (const { reason, peers, rare } of [...PEER_STRICTER, ...PEER_WIDER, ...PEER_READING]) {
    for (const peer of rare && peersEvery > 1 ? [] : peers) {
      test(`a reason to differ from ${peer}: ${reason}`, () =>
        assert.ok(tally.peerExplained[`${peer}: ${reason}`] > 0, 'it no longer turns up: take it off the list'));
    }
  }
});

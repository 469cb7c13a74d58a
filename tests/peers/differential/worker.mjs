// One half (or another share) of the cases, judged in a thread of its own.
import { parentPort, workerData } from 'node:worker_threads';
import { makeCase } from './case.mjs';
import { makeJudge } from './judge.mjs';
import { makePeers } from './peers.mjs';
import { Tally } from './tally.mjs';

const { entries, seed, first, step, count, peersEvery } = workerData;
const { countersign } = await import(entries);
const judge = makeJudge(countersign);
const askPeers = makePeers();
const tally = new Tally();

/** WebCrypto works beside us, so that many can be under way. */
const TOGETHER = 32;

for (let start = first; start < count; start += step * TOGETHER) {
  const numbers = Array.from({ length: TOGETHER }, (_, index) => start + index * step).filter((number) => number < count);
  await Promise.all(
    numbers.map(async (number) => {
      const given = makeCase(seed, number);
      const verdicts = await judge(given);
      tally.add(given, verdicts);
      if (number % peersEvery === 0) tally.addPeers(given, verdicts.here, askPeers(given));
    }),
  );
}
parentPort.postMessage(tally);

// The differential run: many mutated tokens, each judged by this package and by jose, and a share of them by the other peers.
//
//   node differential.mjs [--seed N] [--count N] [--peers-every N]      the whole run, as a table
//   node differential.mjs --seed N --case N                             one case again, in full
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { makeCase } from './differential/case.mjs';
import { makeJudge } from './differential/judge.mjs';
import { makePeers } from './differential/peers.mjs';
import { Tally } from './differential/tally.mjs';
import { installPackage } from './package-under-test.mjs';

export const SEED = 20_261_122;
export const COUNT = 200_000;
/** Of so many cases, aws-jwt-verify, fast-jwt and jsonwebtoken judge one. They are slower, and 20,000 cases show each reason. */
export const PEERS_EVERY = 10;

/** Judges the cases from 0 to `count` in all threads there are, two at least. */
export async function differential({ seed = SEED, count = COUNT, peersEvery = PEERS_EVERY } = {}) {
  const entries = await installPackage('peers-differential');
  const step = Math.max(2, availableParallelism());
  const shares = Array.from({ length: step }, (_, first) => share({ entries, seed, first, step, count, peersEvery }));
  return Tally.sum(await Promise.all(shares));
}

function share(workerData) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('differential/worker.mjs', import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a worker ended with ${code} and no result`)));
  });
}

/** What came out, as text. */
export function report({ verdicts, explained, peerVerdicts, peerExplained, mutations, wrong, wrongCount }) {
  const table = (title, rows) => {
    const width = Math.max(...rows.map(([, count]) => String(count).length), 0);
    return [title, ...rows.sort(([, a], [, b]) => b - a).map(([name, count]) => `  ${String(count).padStart(width)}  ${name}`), ''];
  };
  return [
    ...table('Verdicts', Object.entries(verdicts)),
    ...table('Verdicts that differ: the reasons', Object.entries(explained)),
    ...table('Verdicts of the other peers', Object.values(peerVerdicts).flatMap(Object.entries)),
    ...table('Verdicts that differ from theirs: the reasons', Object.entries(peerExplained)),
    ...table(
      'Cases by mutation',
      Object.entries(mutations).map(([name, { cases, acceptedByJose }]) => [`${name} (${acceptedByJose} accepted by jose)`, cases]),
    ),
    `Unexplained: ${wrongCount}`,
    ...wrong.map((example) => JSON.stringify(example)),
  ].join('\n');
}

async function main() {
  const option = { type: 'string' };
  const { values } = parseArgs({ options: { seed: option, count: option, case: option, 'peers-every': option } });
  const seed = Number(values.seed ?? SEED);
  if (values.case !== undefined) {
    const given = makeCase(seed, Number(values.case));
    const { countersign } = await import(await installPackage('peers-differential'));
    console.dir({ ...given, ...(await makeJudge(countersign)(given)), peers: makePeers()(given) }, { depth: null, maxStringLength: null });
    return;
  }
  const count = Number(values.count ?? COUNT);
  const start = performance.now();
  const tally = await differential({ seed, count, peersEvery: Number(values['peers-every'] ?? PEERS_EVERY) });
  console.log(`seed ${seed}, ${count} cases, ${((performance.now() - start) / 1000).toFixed(1)} s\n\n${report(tally)}`);
  if (tally.wrongCount > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

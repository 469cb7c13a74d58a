// Times functions against each other within one process. Runs in every runtime: nothing but `performance`.

/** How long one batch of calls takes at least: short against what else the machine does. */
const BATCH_MS = 3;
/** And in steps of the timer, which are a millisecond long in some runtimes. */
const BATCH_STEPS = 20;
/** How long each candidate runs before it is measured: engines compile a hot function, or a hot module, once more. */
const WARM_UP_MS = 1000;
const ROUNDS = 81;

/**
 * @typedef {object} Candidate
 * @property {string} name
 * @property {(i: number) => unknown} run one call; `i` counts them, to choose among inputs
 * @property {boolean} [asynchronous] whether `run` gives a promise, which is awaited before the next call
 * @property {number} [target] the most that the first candidate may take, as a multiple of this one
 */

/**
 * Measures the candidates in turn, round after round, so that whatever disturbs one disturbs all.
 *
 * @param {Candidate[]} candidates
 * @returns microseconds a call over the rounds; and how many times as long the first candidate took as each other: the median
 *   of what it was in each round, so that a machine that is slower for a while slows both sides of it
 */
export async function measure(candidates, { rounds = ROUNDS, warmUpMs = WARM_UP_MS } = {}) {
  const batchMs = Math.max(BATCH_MS, BATCH_STEPS * timerStep());
  const lanes = [];
  for (const candidate of candidates) lanes.push({ candidate, calls: await warmUp(candidate, warmUpMs, batchMs), times: [] });
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < lanes.length; i += 1) {
      // Another one begins each round: what comes first may pay for the garbage of what came last.
      const { candidate, calls, times } = lanes[(round + i) % lanes.length];
      times.push((1000 * (await batch(candidate, calls))) / calls);
    }
  }
  const results = lanes.map(({ candidate: { name, target }, calls, times }) => ({ name, target, calls: calls * rounds, ...spread(times) }));
  const ratios = (times) => spread(times.map((time, round) => lanes[0].times[round] / time)).median;
  return results.map((result, i) => (i === 0 ? result : { ...result, ratio: ratios(lanes[i].times) }));
}

/** Measures a benchmark; returns its rows of the report. */
export async function rowsOf({ name, candidates }) {
  return (await measure(candidates)).map(({ name: subject, ...figures }) => ({ section: 'time', unit: 'µs', name, subject, ...figures }));
}

/** Median, least and most. */
export function spread(figures) {
  const sorted = figures.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], min: sorted[0], max: sorted.at(-1) };
}

/** The smallest step that the timer was seen to make. */
function timerStep() {
  let least = Infinity;
  for (let seen = 0, last = performance.now(); seen < 5; ) {
    const now = performance.now();
    if (now === last) continue;
    least = Math.min(least, now - last);
    last = now;
    seen += 1;
  }
  return least;
}

/** Runs the candidate until it is warm; returns how many calls fill a batch. */
async function warmUp(candidate, warmUpMs, batchMs) {
  let calls = 1;
  // The fastest batch tells: others were slowed down, by the compiler or by somebody else.
  let fastest = Infinity;
  for (let spent = 0; spent < warmUpMs || fastest === Infinity; ) {
    const ms = await batch(candidate, calls);
    spent += ms;
    if (ms < batchMs) calls *= 2;
    else fastest = Math.min(fastest, ms / calls);
  }
  return Math.ceil(batchMs / fastest);
}

async function batch({ run, asynchronous }, calls) {
  const start = performance.now();
  if (asynchronous) {
    for (let i = 0; i < calls; i += 1) await run(i);
  } else {
    for (let i = 0; i < calls; i += 1) run(i);
  }
  return performance.now() - start;
}

// Times functions against each other within one process. Runs in every runtime: CPU time is measured where there is `process.cpuUsage`.

/** How long one batch of calls takes at least: short against what else the machine does. */
const BATCH_MS = 1;
/** And in steps of the timer, which are a millisecond long in some runtimes. */
const BATCH_STEPS = 20;
/** How long each candidate runs before it is measured: engines compile a hot function, or a hot module, once more. */
const WARM_UP_MS = 1000;
const ROUNDS = 243;

/**
 * @typedef {object} Candidate
 * @property {string} name
 * @property {(i: number) => unknown} run one call; `i` counts them, to choose among inputs
 * @property {boolean} [asynchronous] whether `run` gives a promise, which is awaited before the next call
 * @property {number} [target] the most that the first candidate may take, as a multiple of this one: of CPU time where that is measured
 */

/** Milliseconds of CPU time that all threads of the process have taken, in user and in kernel mode; undefined where no runtime says so. */
const cpuTime =
  globalThis.process?.cpuUsage &&
  (() => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  });

/** The clock that decides how long a batch is: on a busy machine, a second of wall time may be a tenth of that in work. */
const work = cpuTime ?? (() => performance.now());

/**
 * Measures the candidates in turn, round after round, so that whatever disturbs one disturbs all.
 *
 * @param {Candidate[]} candidates
 * @returns microseconds a call over the rounds; and how many times as long the first candidate took as each other: the median
 *   of what it was in each round, so that a machine that is slower for a while slows both sides of it. The same of CPU time, as
 *   `cpu` and `cpuRatio`, where it is measured
 */
export async function measure(candidates, { rounds = ROUNDS, warmUpMs = WARM_UP_MS } = {}) {
  const batchMs = Math.max(BATCH_MS, BATCH_STEPS * timerStep());
  const lanes = [];
  for (const candidate of candidates) lanes.push({ candidate, calls: await warmUp(candidate, warmUpMs, batchMs), wall: [], cpu: [] });
  for (let round = 0; round < rounds; round += 1) {
    // In another order each round: none always pays for the garbage of the same one, nor always meets the end of a time slice.
    for (const lane of shuffled(lanes)) {
      const { candidate, calls, wall, cpu } = lane;
      const cpuStart = cpuTime?.();
      wall.push((1000 * (await batch(candidate, calls))) / calls);
      if (cpuTime) cpu.push((1000 * (cpuTime() - cpuStart)) / calls);
    }
  }
  const [first] = lanes;
  const ratio = (kind, lane) => spread(lane[kind].map((time, round) => first[kind][round] / time)).median;
  return lanes.map((lane) => {
    const { candidate, calls, wall, cpu } = lane;
    const row = {
      name: candidate.name,
      target: candidate.target,
      calls: calls * rounds,
      ...spread(wall),
      ...(cpuTime && { cpu: spread(cpu) }),
    };
    if (lane === first) return row;
    return { ...row, ratio: ratio('wall', lane), ...(cpuTime && { cpuRatio: ratio('cpu', lane) }) };
  });
}

function shuffled(list) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
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
    const start = work();
    await batch(candidate, calls);
    const ms = work() - start;
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

// Time that passes only when a case says so: the runtime's clock and timers, replaced while the case runs.

/**
 * Runs with a clock that stands still. `pass(seconds)` lets time go by and runs the timers that come due, in order; `settle()` lets promises settle, but
 * nothing that needs the event loop, such as a signature; `jump(seconds)` sets the clock without letting time go by; `longest()` is the longest timer that
 * was ever set, in seconds.
 */
export async function withFakeClock(run) {
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, now: Date.now };
  let elapsed = 0;
  let offset = real.now.call(Date);
  let longest = 0;
  let count = 0;
  const timers = new Map();
  // Promises only: a real turn of the event loop for each timer would take its time.
  const settle = async () => {
    for (let step = 0; step < 200; step++) await undefined;
  };
  globalThis.setTimeout = (callback, ms = 0, ...args) => {
    longest = Math.max(longest, ms);
    const timer = { at: elapsed + ms, run: () => callback(...args), unrefs: 0, id: ++count };
    timers.set(timer.id, timer);
    return { [Symbol.toPrimitive]: () => timer.id, timer, unref: () => (timer.unrefs += 1) };
  };
  globalThis.clearTimeout = (handle) => void timers.delete(handle === undefined ? undefined : Number(handle));
  Date.now = () => offset + elapsed;
  const clock = {
    settle,
    jump: (seconds) => void (offset += seconds * 1000),
    longest: () => longest / 1000,
    pending: () => [...timers.values()],
    async pass(seconds) {
      const end = elapsed + seconds * 1000;
      await settle();
      for (;;) {
        const due = [...timers.values()].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
        if (!due) break;
        elapsed = Math.max(elapsed, due.at);
        timers.delete(due.id);
        due.run();
        await settle();
      }
      elapsed = end;
    },
  };
  try {
    return await run(clock);
  } finally {
    globalThis.setTimeout = real.setTimeout;
    globalThis.clearTimeout = real.clearTimeout;
    Date.now = real.now;
  }
}

// The clock of the runtime, moved.

/** Runs with the clock moved on by so many seconds. */
export async function later(seconds, run) {
  const real = Date.now;
  Date.now = () => real.call(Date) + seconds * 1000;
  try {
    return await run();
  } finally {
    Date.now = real;
  }
}

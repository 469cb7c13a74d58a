// The clock of the runtime, moved or stopped.

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

/** Runs with the clock stopped, where what follows at once must count as at once on a busy machine. */
export async function stopped(run) {
  const real = Date.now;
  const now = real.call(Date);
  Date.now = () => now;
  try {
    return await run();
  } finally {
    Date.now = real;
  }
}

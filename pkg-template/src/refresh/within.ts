// Work that may take so long and no longer, whether or not it listens to its signal.

/** Why work was given up, under the names that the platform uses. Its message is made here, so it may be shown. */
export class GivenUp extends Error {
  constructor(name: 'AbortError' | 'TimeoutError', message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * Runs work under a time-out. Rejects with `GivenUp` when the time is up or one of the signals aborts; the work's own signal aborts then too, and work
 * that does not listen is left behind.
 */
export async function within<T>(
  ms: number,
  signals: readonly (AbortSignal | undefined)[],
  run: (signal: AbortSignal) => T | PromiseLike<T>,
): Promise<T> {
  const abort = new AbortController();
  let give: (reason: GivenUp) => void = () => {};
  const givenUp = new Promise<never>((_, reject) => {
    give = (reason) => {
      reject(reason);
      abort.abort(reason);
    };
  });
  // It may reject before anyone waits for it.
  givenUp.catch(() => {});
  const timer = setTimeout(() => give(new GivenUp('TimeoutError', `timed out after ${ms / 1000} s`)), ms);
  const listening = signals.map((signal) => {
    const aborted = () => give(signal?.reason instanceof GivenUp ? signal.reason : new GivenUp('AbortError', 'aborted'));
    if (signal?.aborted) aborted();
    signal?.addEventListener('abort', aborted, { once: true });
    return () => signal?.removeEventListener('abort', aborted);
  });
  try {
    // Inside an async function, so that work that throws at once is no different; and none begins that was given up before.
    const work = async () => (abort.signal.aborted ? givenUp : await run(abort.signal));
    return await Promise.race([work(), givenUp]);
  } finally {
    clearTimeout(timer);
    for (const stop of listening) stop();
  }
}

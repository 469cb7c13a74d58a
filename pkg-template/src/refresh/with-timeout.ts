// Work under a time-out, whether or not it listens to its signal.

import { type AbortGroup, Cancelled } from './abort-group.js';

/**
 * Runs work under a time-out. Rejects with `Cancelled` when the time is up or one of `groups` is aborted. The signal of the work aborts then too; work
 * that does not listen is left behind.
 */
export async function withTimeout<T>(
  ms: number,
  groups: readonly AbortGroup[],
  run: (signal: AbortSignal) => T | PromiseLike<T>,
): Promise<T> {
  const abort = new AbortController();
  let cancel: (reason: Cancelled) => void = () => {};
  const cancelled = new Promise<never>((_, reject) => {
    cancel = (reason) => {
      reject(reason);
      abort.abort(reason);
    };
  });
  // It may reject before anyone waits for it.
  cancelled.catch(() => {});
  const timer = setTimeout(() => cancel(new Cancelled('TimeoutError', `timed out after ${ms / 1000} s`)), ms);
  const disposers = groups.map((group) => group.onAbort(cancel));
  try {
    // Inside an async function, so that work that throws at once is no different; and none begins that was cancelled before.
    const work = async () => (abort.signal.aborted ? cancelled : await run(abort.signal));
    return await Promise.race([work(), cancelled]);
  } finally {
    clearTimeout(timer);
    for (const dispose of disposers) dispose();
  }
}

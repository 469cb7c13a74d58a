// Work that may take so long and no longer, whether or not it listens to its signal.

/** Why work was given up, under the names that the platform uses. Its message is made here, so it may be shown. */
export class GivenUp extends Error {
  constructor(name: 'AbortError' | 'TimeoutError', message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * What ends any number of works at once. It takes one listener at the caller's signal for all of them: Node.js warns of more than ten, and a long run
 * must not leave one behind for each target.
 */
export class Halt {
  /** Why; undefined until then. */
  reason: GivenUp | undefined;
  readonly #hearers = new Set<(reason: GivenUp) => void>();
  readonly #leave: () => void;

  constructor(signal?: AbortSignal) {
    const aborted = () => this.call(new GivenUp('AbortError', 'aborted'));
    this.#leave = () => signal?.removeEventListener('abort', aborted);
    signal?.addEventListener('abort', aborted, { once: true });
    if (signal?.aborted) aborted();
  }

  /** Ends the works. Only the first reason counts. */
  call(reason: GivenUp): void {
    if (this.reason) return;
    this.reason = reason;
    this.leave();
    for (const hear of this.#hearers) hear(reason);
    this.#hearers.clear();
  }

  /** Hears of it, at once if it has been called already. Returns what ends the hearing. */
  hear(hear: (reason: GivenUp) => void): () => void {
    if (this.reason) hear(this.reason);
    else this.#hearers.add(hear);
    return () => void this.#hearers.delete(hear);
  }

  /** Lets the caller's signal go: all works are done. */
  leave(): void {
    this.#leave();
  }
}

/**
 * Runs work under a time-out. Rejects with `GivenUp` when the time is up or one of `halts` is called; the work's signal aborts then too, and work that
 * does not listen is left behind.
 */
export async function within<T>(ms: number, halts: readonly Halt[], run: (signal: AbortSignal) => T | PromiseLike<T>): Promise<T> {
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
  const hearings = halts.map((halt) => halt.hear(give));
  try {
    // Inside an async function, so that work that throws at once is no different; and none begins that was given up before.
    const work = async () => (abort.signal.aborted ? givenUp : await run(abort.signal));
    return await Promise.race([work(), givenUp]);
  } finally {
    clearTimeout(timer);
    for (const end of hearings) end();
  }
}

// Aborting any number of operations at once.

/**
 * Why work was cancelled, under the names that the platform uses and with the codes of Node.js: `ABORT_ERR` for an abort, `ETIMEDOUT` for a
 * time-out. The message is made here, so it may be shown.
 */
export class Cancelled extends Error {
  readonly code: 'ABORT_ERR' | 'ETIMEDOUT';

  constructor(name: 'AbortError' | 'TimeoutError', message: string) {
    super(message);
    this.name = name;
    this.code = name === 'AbortError' ? 'ABORT_ERR' : 'ETIMEDOUT';
  }
}

/**
 * Aborts any number of operations at once. It adds one listener to the caller's signal for all of them: Node.js warns of more than ten, and a long run
 * must not leave one behind for each target.
 */
export class AbortGroup {
  /** Why the group was aborted; undefined until then. */
  reason: Cancelled | undefined;
  readonly #listeners = new Set<(reason: Cancelled) => void>();
  readonly #dispose: () => void;

  constructor(signal?: AbortSignal) {
    const aborted = () => this.abort(new Cancelled('AbortError', 'aborted'));
    this.#dispose = () => signal?.removeEventListener('abort', aborted);
    signal?.addEventListener('abort', aborted, { once: true });
    if (signal?.aborted) aborted();
  }

  /** Aborts the operations. Only the first reason counts. */
  abort(reason: Cancelled): void {
    if (this.reason) return;
    this.reason = reason;
    this.dispose();
    for (const listener of this.#listeners) listener(reason);
    this.#listeners.clear();
  }

  /** Calls the listener on abort, or at once if the group is aborted already. Returns a function that removes the listener. */
  onAbort(listener: (reason: Cancelled) => void): () => void {
    if (this.reason) listener(this.reason);
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Removes the listener from the caller's signal: all operations are done. */
  dispose(): void {
    this.#dispose();
  }
}

// One operation for all callers that need its result at the same time.

import { sharePromises } from './runtime.js';

/** How long a caller waits each time, in milliseconds, where it cannot await another request's promise. */
const POLL_MS = [1, 2, 5, 10, 25, 50] as const;

/** Operations in flight by key. */
export class SingleFlight<K, T> {
  readonly #operations = new Map<K, Promise<T>>();

  /** The operation of this key, which is started where none is in flight. */
  run(key: K, start: () => Promise<T>): Promise<T> {
    return this.#operations.get(key) ?? this.start(key, start());
  }

  /** Notes that an operation has started. */
  start(key: K, operation: Promise<T>): Promise<T> {
    const ended = operation.finally(() => this.#operations.delete(key));
    this.#operations.set(key, ended);
    return ended;
  }

  /**
   * The operation of another caller; undefined where there is none, and where the runtime ties a promise to the request that
   * made it.
   */
  shared(key: K): Promise<T> | undefined {
    return sharePromises() ? this.#operations.get(key) : undefined;
  }

  /** Waits until the operation of another caller may have ended, without awaiting its promise. */
  async poll(key: K): Promise<void> {
    for (const ms of POLL_MS) {
      await sleep(ms);
      if (!this.#operations.has(key)) return;
    }
  }
}

const timers = new Map<number, Promise<void>>();

/**
 * Waits. Callers of one turn of the event loop share a timer, since runtimes limit how many there may be. One turn belongs to
 * one request, so no promise is shared between two.
 */
export function sleep(ms: number): Promise<void> {
  let shared = timers.get(ms);
  if (!shared) {
    shared = new Promise((resolve) => setTimeout(resolve, ms));
    timers.set(ms, shared);
    // Microtasks end with the turn.
    queueMicrotask(() => timers.delete(ms));
  }
  return shared;
}

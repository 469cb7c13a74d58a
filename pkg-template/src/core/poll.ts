// Waits for an operation of another request without awaiting its promise: a caller polls.

/** Delays between two polls, in milliseconds. */
export const POLL_MS = [1, 2, 5, 10, 25, 50] as const;

const timers = new Map<number, Promise<void>>();

/**
 * Waits. Callers of one turn of the event loop share a timer, since runtimes limit how many there may be; one turn belongs to
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

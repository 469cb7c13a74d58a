// Waiting for another request's flight without awaiting its promise: a caller looks again after a while.

/** How long it waits each time, in milliseconds. */
export const POLL_MS = [1, 2, 5, 10, 25, 50] as const;

const pauses = new Map<number, Promise<void>>();

/**
 * Waits. Callers of one turn of the event loop share a timer, since runtimes limit how many there may be; one turn belongs to
 * one request, so no promise is shared between two.
 */
export function pause(ms: number): Promise<void> {
  let shared = pauses.get(ms);
  if (!shared) {
    shared = new Promise((resolve) => setTimeout(resolve, ms));
    pauses.set(ms, shared);
    // Microtasks end with the turn.
    queueMicrotask(() => pauses.delete(ms));
  }
  return shared;
}

// A worker pool with bounded concurrency and back-pressure.

import type { AbortGroup } from './abort-group.js';

const END = Symbol('end');

/**
 * Works on everything that the source yields, with this concurrency, until it ends or `abortGroup` is aborted. `work` must not throw. Rejects with what
 * the source throws, once everything that was begun is done.
 */
export async function pool<T>(
  source: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  abortGroup: AbortGroup,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  // One after the other, since not every iterator can be asked for the next one while it looks for this one.
  let turn: Promise<unknown> = Promise.resolve();
  let ended = abortGroup.reason !== undefined;
  const take = (): Promise<T | typeof END> => {
    const taken = turn.then(async () => {
      if (ended || abortGroup.reason) return END;
      const next = await unlessAborted(iterator.next(), abortGroup);
      if (next === END || next.done) {
        ended = true;
        return END;
      }
      return next.value;
    });
    turn = taken;
    return taken;
  };
  const worker = async () => {
    for (let item = await take(); item !== END; item = await take()) await work(item);
  };
  try {
    const done = await Promise.allSettled(Array.from({ length: concurrency }, worker));
    const broken = done.find((outcome) => outcome.status === 'rejected');
    if (broken) throw broken.reason;
  } finally {
    // Not awaited: a source that is stuck stays stuck.
    if (abortGroup.reason) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/** Waits for a promise, or rejects once `abortGroup` is aborted. Leaves no listener behind, since a run may be long. */
function unlessAborted<T>(promise: T | PromiseLike<T>, abortGroup: AbortGroup): Promise<T | typeof END> {
  return new Promise((resolve, reject) => {
    const dispose = abortGroup.onAbort(() => resolve(END));
    void Promise.resolve(promise).then(resolve, reject).finally(dispose);
  });
}

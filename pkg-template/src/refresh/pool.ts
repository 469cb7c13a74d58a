// Going through many with a few hands: as many are taken from the source as are being worked on, never more.

import type { Halt } from './within.js';

const END = Symbol('end');

/**
 * Works on everything that the source yields, at most `hands` at a time, until it ends or `halt` is called. `work` must not throw. Rejects with what
 * the source throws, once everything that was begun is done.
 */
export async function pool<T>(
  source: Iterable<T> | AsyncIterable<T>,
  hands: number,
  halt: Halt,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  // One after the other, since not every iterator can be asked for the next one while it looks for this one.
  let turn: Promise<unknown> = Promise.resolve();
  let ended = halt.reason !== undefined;
  const take = (): Promise<T | typeof END> => {
    const taken = turn.then(async () => {
      if (ended || halt.reason) return END;
      const next = await unlessHalted(iterator.next(), halt);
      if (next === END || next.done) {
        ended = true;
        return END;
      }
      return next.value;
    });
    turn = taken;
    return taken;
  };
  const hand = async () => {
    for (let item = await take(); item !== END; item = await take()) await work(item);
  };
  try {
    const done = await Promise.allSettled(Array.from({ length: hands }, hand));
    const broken = done.find((outcome) => outcome.status === 'rejected');
    if (broken) throw broken.reason;
  } finally {
    // Not awaited: a source that is stuck stays stuck.
    if (halt.reason) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/** What a promise resolves to, or the end once `halt` is called. It leaves nothing behind: a run may be long. */
function unlessHalted<T>(promise: T | PromiseLike<T>, halt: Halt): Promise<T | typeof END> {
  return new Promise((resolve, reject) => {
    const end = halt.hear(() => resolve(END));
    void Promise.resolve(promise).then(resolve, reject).finally(end);
  });
}

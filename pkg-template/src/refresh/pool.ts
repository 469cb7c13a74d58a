// Going through many with a few hands: as many are taken from the source as are being worked on, never more.

/**
 * Works on everything that the source yields, at most `hands` at a time, until it ends or `signal` aborts. `work` must not throw. Rejects with what
 * the source throws, once everything that was begun is done.
 */
export async function pool<T>(
  source: Iterable<T> | AsyncIterable<T>,
  hands: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const END = Symbol();
  let stop: () => void = () => {};
  const stopped = new Promise<typeof END>((resolve) => {
    stop = () => resolve(END);
  });
  signal.addEventListener('abort', stop, { once: true });
  // One after the other, since not every iterator can be asked for the next one while it looks for this one.
  let turn: Promise<unknown> = Promise.resolve();
  let ended = signal.aborted;
  const take = (): Promise<T | typeof END> => {
    const taken = turn.then(async () => {
      if (ended || signal.aborted) return END;
      const next = await Promise.race([iterator.next(), stopped]);
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
    signal.removeEventListener('abort', stop);
    // Not awaited: a source that is stuck stays stuck.
    if (signal.aborted) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

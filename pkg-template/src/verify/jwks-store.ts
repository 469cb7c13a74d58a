// Key sets shared between isolates. What goes wrong with the store is never a failed verification: the issuer is asked instead.

/** A store that isolates share: Redis, Vercel Runtime Cache, Workers KV. Whoever can write to it can choose the keys. */
export interface JwksStore {
  get(key: string): Promise<string | null | undefined>;
  set(key: string, value: string, ttlSeconds: number): Promise<unknown>;
}

/** Time-out of the store in milliseconds: a request to the issuer takes hardly longer. */
const TIMEOUT_MS = 1000;

/** How long a set is worth keeping: as long as the core would use it in an outage. */
const TTL_SECONDS = 86_400;

/** What the store has under this name; undefined where it has nothing, fails or stalls. */
export async function recall(store: JwksStore, name: string): Promise<string | undefined> {
  const text = await tryWithTimeout(() => store.get(name));
  return typeof text === 'string' ? text : undefined;
}

/** Keeps a text under this name, if the store lets us. */
export async function share(store: JwksStore, name: string, text: string): Promise<void> {
  await tryWithTimeout(() => store.set(name, text, TTL_SECONDS));
}

/** Runs work of the store under the time-out. Resolves to undefined where it fails or takes too long. */
export async function tryWithTimeout<T>(work: () => Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), TIMEOUT_MS);
  });
  // Inside an async function, so that a store that throws at once is no different.
  const attempt = async () => await work();
  try {
    return await Promise.race([attempt().catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

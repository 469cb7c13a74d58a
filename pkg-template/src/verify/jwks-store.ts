// JWK Sets that isolates share.

import type { StoreGuard } from '../stores/guard.js';

/**
 * A store that isolates share: Redis, Vercel Runtime Cache, Workers KV.
 *
 * **It is as powerful as the issuer.** A writer of the store chooses the keys, and with them which tokens are accepted. Use it as it
 * is only where all writers may do that; else wrap it with `authenticatedStore`.
 */
export interface JwksStore {
  get(key: string): Promise<string | null | undefined>;
  set(key: string, value: string, ttlSeconds: number): Promise<unknown>;
}

/** The seconds that a JWK Set is kept: as long as the core would use it in an outage. */
const TTL_SECONDS = 86_400;

/** Returns whether a value has the functions of a store. */
export function isJwksStore(value: unknown): value is JwksStore {
  const { get, set } = (value ?? {}) as Partial<JwksStore>;
  return typeof get === 'function' && typeof set === 'function';
}

/** The text that the store has under this name; undefined where it is missing, and where the store fails. */
export async function recall(store: JwksStore, guard: StoreGuard, name: string): Promise<string | undefined> {
  const text = (await guard.run('get', () => store.get(name)))?.value;
  return typeof text === 'string' ? text : undefined;
}

/** Keeps a text under this name, unless the store fails. */
export async function share(store: JwksStore, guard: StoreGuard, name: string, text: string): Promise<void> {
  await guard.run('set', () => store.set(name, text, TTL_SECONDS));
}

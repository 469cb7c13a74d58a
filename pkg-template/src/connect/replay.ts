// Detects replays of deliveries. A token is bound to the first body that it came with, and a success uses it up.

import { CountersignError, invalidOption } from '../core/errors.js';
import { assertKnown, ownOptions } from '../core/options.js';
import type { CredentialStore } from '../exchange/shared-cache.js';
import { type StoreGuard, monotonic } from '../stores/guard.js';
import { verifyModule } from '../verify/module.js';

/** A store that remembers deliveries, such as that of `redisStore`. It holds hashes, never a token or a body. */
export interface ReplayStore extends Pick<CredentialStore, 'get' | 'set' | 'lease'> {}

/** Options of {@link createMemoryReplayStore}. */
export interface MemoryReplayOptions {
  /** The number of deliveries that are remembered. Beyond it the oldest is forgotten. Default: 65,536. */
  maxEntries?: number;
}

/** The seconds for which a handler has a delivery to itself. Then a repetition is let through, since the handler may have crashed. */
const LEASE_SECONDS = 60;

const DEFAULT_ENTRIES = 65_536;

/**
 * Makes a replay store in this process's memory. Other instances do not see it: share `redisStore(client)` between them.
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function createMemoryReplayStore(options: MemoryReplayOptions = {}): ReplayStore {
  const own = ownOptions(options);
  assertKnown(verifyModule, own, ['maxEntries']);
  const { maxEntries = DEFAULT_ENTRIES } = own;
  if (!(Number.isInteger(maxEntries) && maxEntries >= 1)) throw invalidOption('maxEntries', 'must be a whole number from 1');
  const entries = new Map<string, { value: string; until: number }>();
  const leases = new Map<string, { until: number }>();
  return {
    async get(name) {
      const entry = entries.get(name);
      return entry && monotonic() < entry.until ? entry.value : undefined;
    },
    async set(name, value, ttlSeconds) {
      // Deleted first, so that the oldest entry stays the first of the map.
      entries.delete(name);
      entries.set(name, { value, until: monotonic() + ttlSeconds * 1000 });
      for (const [oldest, { until }] of entries) {
        if (entries.size <= maxEntries && monotonic() < until) break;
        entries.delete(oldest);
      }
    },
    async lease(name, ttlSeconds) {
      const present = leases.get(name);
      if (present && monotonic() < present.until) return undefined;
      const lease = { until: monotonic() + ttlSeconds * 1000 };
      leases.set(name, lease);
      return async () => {
        if (leases.get(name) === lease) leases.delete(name);
      };
    },
  };
}

/** Returns whether a value has the functions of a store. */
export function isReplayStore(value: unknown): value is ReplayStore {
  const { get, set, lease } = (value ?? {}) as Partial<ReplayStore>;
  return [get, set, lease].every((member) => typeof member === 'function');
}

/** A delivery that its handler has to itself until it ends. */
export interface Begun {
  /** Ends the delivery. After a success its token is refused; else the same body is let through again. */
  end(succeeded: boolean): Promise<void>;
}

/** Decides about deliveries by what a store remembers of their tokens. */
export class Replays {
  readonly #store: ReplayStore;
  readonly #guard: StoreGuard;

  constructor(store: ReplayStore, guard: StoreGuard) {
    this.#store = store;
    this.#guard = guard;
  }

  /**
   * Begins a delivery. `name` and `body` are hashes of its token and its body; the store forgets them after so many seconds.
   *
   * Rejects with `ERR_DELIVERY_REFUSED`. The reasons `in_progress` and `store_unavailable` are retryable, `other_body` and `replayed`
   * are not.
   */
  async begin(name: string, body: string, ttlSeconds: number): Promise<Begun> {
    const giveBack = (release: (() => Promise<unknown>) | undefined) => release?.();
    const lease = await this.#guard.run('lease', () => this.#store.lease(`${name}.lease`, LEASE_SECONDS), undefined, giveBack);
    if (!lease) throw unavailable();
    const release = lease.value;
    // Checked without the lease too: a token with another body is never accepted.
    await this.#check(name, body).catch(async (thrown) => {
      if (release) await this.#guard.release(release);
      throw thrown;
    });
    if (!release) throw refused('in_progress', 'another request with this delivery is being handled');
    if (!(await this.#write(name, body, false, ttlSeconds))) {
      await this.#guard.release(release);
      throw unavailable();
    }
    return {
      end: async (succeeded) => {
        if (succeeded) await this.#write(name, body, true, ttlSeconds);
        await this.#guard.release(release);
      },
    };
  }

  async #check(name: string, body: string): Promise<void> {
    const found = await this.#guard.run('get', () => this.#store.get(name));
    if (!found) throw unavailable();
    verifyModule.call((wasm) => wasm.check_replay(found.value ?? undefined, body));
  }

  #write(name: string, body: string, done: boolean, ttlSeconds: number): Promise<unknown> {
    const entry = verifyModule.call((wasm) => wasm.replay_entry(body, done));
    return this.#guard.run('set', () => this.#store.set(name, entry, ttlSeconds));
  }
}

/** The reasons for refusing a delivery that do not come from its token. */
export type DeliveryProblem = 'body_too_large' | 'in_progress' | 'other_body' | 'replayed' | 'store_unavailable' | 'token_missing';

/** The error for a delivery that is refused here and not in the core. */
export const refused = (reason: Exclude<DeliveryProblem, 'other_body' | 'replayed'>, message: string): CountersignError =>
  new CountersignError({
    code: 'ERR_DELIVERY_REFUSED',
    message,
    reason,
    retryable: reason === 'in_progress' || reason === 'store_unavailable',
  });

const unavailable = () => refused('store_unavailable', 'the replay store is unavailable');

/** The SHA-256 of a text or of bytes, in hexadecimal. */
export async function sha256(content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

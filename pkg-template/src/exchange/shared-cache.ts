// Credentials that instances share through a store: encrypted, under keyed names, and obtained by one instance at a time. A failure
// of the store never fails an exchange: it is made without the store then.

import { invalidOption } from '../core/errors.js';
import { assertKnown, ownOptions } from '../core/options.js';
import { sleep } from '../core/single-flight.js';
import { credentialsModule } from '../credentials/module.js';
import { StoreGuard, type StoreOptions, monotonic } from '../stores/guard.js';
import { Sealer, type StoreKey, readKey } from '../stores/keys.js';

/** A store that instances share, such as Redis. It sees neither credentials nor who they are for. */
export interface CredentialStore {
  get(name: string): Promise<string | null | undefined>;
  set(name: string, value: string, ttlSeconds: number): Promise<unknown>;
  /** Takes a lease unless another caller holds it. Resolves to the function that gives it back, or to undefined. */
  lease(name: string, ttlSeconds: number): Promise<(() => Promise<unknown>) | undefined>;
}

/** How long an instance may take to obtain a credential before another one tries. Longer than an exchange can take. */
const LEASE_SECONDS = 30;

/** The first wait for another instance that obtains the credential. Each wait is twice as long as the one before. */
const FIRST_WAIT_MS = 50;

/** Credentials in a store, under a key. Make it with `shareCredentials`. */
export class SharedCredentials {
  readonly #store: CredentialStore;
  readonly #sealer: Sealer;
  readonly #guard: StoreGuard;

  /** @internal */
  constructor(store: CredentialStore, sealer: Sealer, guard: StoreGuard) {
    this.#store = store;
    this.#sealer = sealer;
    this.#guard = guard;
  }

  /** The key under which the core names credentials. @internal */
  nameKey(): Promise<Uint8Array> {
    return this.#sealer.nameKey();
  }

  /**
   * Returns a credential from the store, if `accept` takes it, else one that is fetched and stored. While another instance holds the
   * lease it waits, but not longer than a lease may take.
   *
   * @internal
   */
  async getCredential(name: string, accept: (text: string) => boolean, fetchCredential: () => Promise<string>): Promise<string> {
    const end = monotonic() + this.#guard.leaseMs;
    for (let wait = FIRST_WAIT_MS; ; wait *= 2) {
      const present = await this.#recall(name, accept);
      if (present !== undefined) return present;
      const rest = end - monotonic();
      if (rest <= 0) break;
      const lease = await this.#lease(name, rest);
      if (!lease) break;
      if (lease.value) return this.#fill(name, accept, fetchCredential, lease.value);
      // Chance spreads the instances that wait for the same credential.
      await sleep(Math.ceil(Math.min(wait * (0.75 + Math.random() / 2), Math.max(rest, 1))));
    }
    const text = await fetchCredential();
    await this.keep(name, text);
    return text;
  }

  /** Puts a credential into the store, as long as it lives. @internal */
  async keep(name: string, text: string): Promise<void> {
    const { expiresAt } = JSON.parse(text) as { expiresAt?: number };
    const seconds = Math.floor((expiresAt ?? 0) - Date.now() / 1000);
    if (seconds <= 0 || this.#guard.isBypassed) return;
    const sealed = await this.#sealer.seal(name, text);
    await this.#guard.run('set', () => this.#store.set(name, sealed, seconds));
  }

  /** A lease that is answered too late is given back. */
  #lease(name: string, timeoutMs: number) {
    const giveBack = (release: (() => Promise<unknown>) | undefined) => release?.();
    return this.#guard.run('lease', () => this.#store.lease(`${name}.lease`, LEASE_SECONDS), timeoutMs, giveBack);
  }

  async #fill(name: string, accept: (text: string) => boolean, fetchCredential: () => Promise<string>, release: () => Promise<unknown>) {
    try {
      // The holder of the lease before may have filled it between the look and the lease.
      const present = await this.#recall(name, accept);
      if (present !== undefined) return present;
      const text = await fetchCredential();
      await this.keep(name, text);
      return text;
    } finally {
      await this.#guard.release(release);
    }
  }

  async #recall(name: string, accept: (text: string) => boolean): Promise<string | undefined> {
    const sealed = (await this.#guard.run('get', () => this.#store.get(name)))?.value;
    if (typeof sealed !== 'string' || sealed === '') return undefined;
    const text = await this.#sealer.open(name, sealed);
    if (text === undefined) this.#guard.reportInvalid('get');
    return text !== undefined && accept(text) ? text : undefined;
  }
}

/**
 * Shares credentials through a store, encrypted with a key: 32 random bytes, or their base64. All instances need the same.
 *
 * Throws `ERR_INVALID_OPTION` for a store or a key that is not usable, such as a key that is a password.
 */
export function shareCredentials(store: CredentialStore, key: StoreKey, options: StoreOptions = {}): SharedCredentials {
  const { get, set, lease } = (store ?? {}) as Partial<CredentialStore>;
  if ([get, set, lease].some((member) => typeof member !== 'function')) {
    throw invalidOption('store', 'must have the functions `get`, `set` and `lease`');
  }
  const own = ownOptions(options);
  assertKnown(credentialsModule, own, ['storeTimeout', 'onStoreError']);
  return new SharedCredentials(store, new Sealer(readKey(key)), new StoreGuard(own));
}

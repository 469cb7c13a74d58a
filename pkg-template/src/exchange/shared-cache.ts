// Credentials that instances share through a store: encrypted, under names that say nothing, and obtained by one instance at a
// time. What goes wrong with the store never fails an exchange: it is made without the store then.

import { invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import { sleep } from '../core/single-flight.js';
import { tryWithTimeout } from '../verify/jwks-store.js';

/** A store that instances share, such as Redis. It sees neither credentials nor who they are for. */
export interface CredentialStore {
  get(name: string): Promise<string | null | undefined>;
  set(name: string, value: string, ttlSeconds: number): Promise<unknown>;
  /** Takes a lease, unless somebody holds it: resolves to the function that gives it back, or to undefined. */
  lease(name: string, ttlSeconds: number): Promise<(() => Promise<unknown>) | undefined>;
}

/** How long an instance may take to obtain a credential before another one tries. Longer than an exchange can take. */
const LEASE_SECONDS = 30;

/** How often, and how many times, an instance looks whether another one has obtained it. */
const LOOK_MS = 50;
const LOOKS = (LEASE_SECONDS * 1000) / LOOK_MS;

const encoder = new TextEncoder();

/** Credentials in a store, under a key. Make it with `shareCredentials`. */
export class SharedCredentials {
  readonly #store: CredentialStore;
  readonly #keys: Promise<{ names: Uint8Array<ArrayBuffer>; values: CryptoKey }>;

  /** @internal */
  constructor(store: CredentialStore, key: Uint8Array<ArrayBuffer>) {
    this.#store = store;
    this.#keys = derive(key);
    // Whoever needs the keys is told; until then nobody waits for them.
    this.#keys.catch(() => {});
  }

  /** The key under which the core names credentials. @internal */
  async nameKey(): Promise<Uint8Array> {
    return (await this.#keys).names;
  }

  /** Returns a credential from the store, if `accept` takes it, else one that is fetched and stored. @internal */
  async getCredential(name: string, accept: (text: string) => boolean, fetchCredential: () => Promise<string>): Promise<string> {
    for (let looks = 0; looks < LOOKS; looks++) {
      const there = await this.#recall(name, accept);
      if (there !== undefined) return there;
      const lease = await tryWithTimeout(async () => ({ giveBack: await this.#store.lease(`${name}.lease`, LEASE_SECONDS) }));
      if (!lease) break;
      if (lease.giveBack) return this.#fill(name, accept, fetchCredential, lease.giveBack);
      await sleep(LOOK_MS);
    }
    return fetchCredential();
  }

  /** Puts a credential into the store, as long as it lives. @internal */
  async keep(name: string, text: string): Promise<void> {
    const { expiresAt } = JSON.parse(text) as { expiresAt?: number };
    const seconds = Math.floor((expiresAt ?? 0) - Date.now() / 1000);
    if (seconds > 0) await tryWithTimeout(async () => this.#store.set(name, await this.#seal(name, text), seconds));
  }

  async #fill(name: string, accept: (text: string) => boolean, fetchCredential: () => Promise<string>, giveBack: () => Promise<unknown>) {
    try {
      // Whoever held the lease before may have filled it between the look and the lease.
      const there = await this.#recall(name, accept);
      if (there !== undefined) return there;
      const text = await fetchCredential();
      await this.keep(name, text);
      return text;
    } finally {
      await tryWithTimeout(giveBack);
    }
  }

  async #recall(name: string, accept: (text: string) => boolean): Promise<string | undefined> {
    const text = await tryWithTimeout(async () => {
      const sealed = await this.#store.get(name);
      return typeof sealed === 'string' && sealed !== '' ? this.#open(name, sealed) : undefined;
    });
    return text !== undefined && accept(text) ? text : undefined;
  }

  /** The name is authenticated with the text: what lies under another name cannot be opened. */
  async #seal(name: string, text: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const { values } = await this.#keys;
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: encoder.encode(name) }, values, encoder.encode(text));
    return btoa(String.fromCharCode(...iv, ...new Uint8Array(sealed)));
  }

  async #open(name: string, sealed: string): Promise<string> {
    const bytes = decode(sealed);
    const { values } = await this.#keys;
    const algorithm = { name: 'AES-GCM', iv: bytes.subarray(0, 12), additionalData: encoder.encode(name) };
    return new TextDecoder('utf-8', { fatal: true }).decode(await crypto.subtle.decrypt(algorithm, values, bytes.subarray(12)));
  }
}

/** Shares credentials through a store. `key`: 32 random octets, as such or in base64; all instances need the same. */
export function shareCredentials(store: CredentialStore, key: string | Uint8Array): SharedCredentials {
  const { get, set, lease } = (store ?? {}) as Partial<CredentialStore>;
  if ([get, set, lease].some((member) => typeof member !== 'function')) {
    throw invalidOption('store', 'must have the functions `get`, `set` and `lease`');
  }
  return new SharedCredentials(store, keyBytes(key));
}

function keyBytes(key: unknown): Uint8Array<ArrayBuffer> {
  try {
    const bytes = typeof key === 'string' ? decode(key.trim().replace(/-/g, '+').replace(/_/g, '/')) : Uint8Array.from(key as Uint8Array);
    if (bytes.length === 32) return bytes;
  } catch {
    // It is no base64, or nothing that octets could be made of.
  }
  throw invalidOption('key', 'must be 32 random octets, or their base64');
}

/** Two keys out of one (RFC 5869), so that names and values have nothing in common. */
async function derive(key: Uint8Array<ArrayBuffer>): Promise<{ names: Uint8Array<ArrayBuffer>; values: CryptoKey }> {
  const material = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveBits', 'deriveKey']);
  const hkdf = (info: string) => ({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(`countersign ${info}`) });
  const names = new Uint8Array(await crypto.subtle.deriveBits(hkdf('names'), material, 256));
  const values = await crypto.subtle.deriveKey(hkdf('values'), material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  return { names, values };
}

const decode = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** The part of the client of the npm package `redis` that is needed. */
export interface RedisClient {
  sendCommand(command: string[]): Promise<unknown>;
}

/** Deletes a lease only where it is still the same: it may have run out and be somebody else's by now. */
const GIVE_BACK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";

/** A store in Redis, through a connected client of the npm package `redis`. */
export function redisStore(client: RedisClient, options: { prefix?: string } = {}): CredentialStore {
  const { prefix = 'countersign:' } = ownOptions(options);
  if (typeof prefix !== 'string') throw invalidOption('prefix', 'must be a string');
  return {
    get: async (name) => (await client.sendCommand(['GET', prefix + name])) as string | null,
    set: (name, value, ttlSeconds) => client.sendCommand(['SET', prefix + name, value, 'EX', String(ttlSeconds)]),
    async lease(name, ttlSeconds) {
      const mark = crypto.randomUUID();
      const taken = await client.sendCommand(['SET', prefix + name, mark, 'NX', 'EX', String(ttlSeconds)]);
      return taken === null ? undefined : () => client.sendCommand(['EVAL', GIVE_BACK, '1', prefix + name, mark]);
    },
  };
}

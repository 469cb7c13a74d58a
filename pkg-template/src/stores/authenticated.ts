// A store of JWK Sets whose content is authenticated: a writer without the key cannot choose the keys.

import { invalidOption } from '../core/errors.js';
import { clock } from '../core/runtime.js';
import { type JwksStore, isJwksStore } from '../verify/jwks-store.js';
import { Authenticator, type StoreKey, readKey } from './keys.js';

/**
 * Authenticates the JWK Sets of a store with a key (HMAC-SHA256), for the option `jwksStore` of a verifier. A JWK Set that was
 * written without the key, under another name or longer ago than it may be kept counts as missing, and the issuer is requested
 * instead.
 *
 * ```ts
 * const jwksStore = authenticatedStore(redisStore(client), process.env.STORE_KEY ?? '');
 * ```
 *
 * `key`: 32 random bytes, or their base64. It may be the key of `shareCredentials`. All instances need the same. Throws
 * `ERR_INVALID_OPTION` for a store or a key that is not usable.
 */
export function authenticatedStore(store: JwksStore, key: StoreKey): JwksStore {
  if (!isJwksStore(store)) throw invalidOption('store', 'must have the functions `get` and `set`');
  const authenticator = new Authenticator(readKey(key), 'jwks');
  const content = (name: string, expiresAt: string, value: string) => JSON.stringify([name, expiresAt, value]);
  return {
    async get(name) {
      const entry = await store.get(name);
      const [, tag, expiresAt, value] = (typeof entry === 'string' && /^([0-9a-f]{64}) (\d{1,15}) ([^]*)$/.exec(entry)) || [];
      if (tag === undefined || expiresAt === undefined || value === undefined || Number(expiresAt) <= clock()) return undefined;
      return (await authenticator.verify(content(name, expiresAt, value), tag)) ? value : undefined;
    },
    async set(name, value, ttlSeconds) {
      const expiresAt = String(Math.floor(clock() + ttlSeconds));
      const tag = await authenticator.sign(content(name, expiresAt, value));
      return store.set(name, `${tag} ${expiresAt} ${value}`, ttlSeconds);
    },
  };
}

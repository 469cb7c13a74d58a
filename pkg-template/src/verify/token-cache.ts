// Tokens that were verified, so that the same token again costs a look-up. No check is skipped that could have another result:
// the text is compared whole, the times are compared at each hit, and whatever changes the keys empties the cache.

/** When a verified token and the keys that verified it may be used; seconds since the epoch, each end as the core counts it. */
export interface Validity {
  /** From when and until when the policy accepts the token. */
  from: number;
  until: number;
  /** From when the keys are used, until when without renewing them, and until when at all. */
  keysFrom: number;
  keysFresh: number;
  keysUsable: number;
}

interface Entry<T> {
  value: T;
  validity: Validity;
}

/** Verified tokens by their text; the oldest makes room for a new one. */
export class TokenCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /**
   * Returns a verified token, if verifying it now with the same keys would have the same result. `freshKeys`: not with keys that
   * ought to be renewed first.
   */
  get(token: string, now: number, clock: number, freshKeys: boolean): T | undefined {
    const entry = this.#entries.get(token);
    if (!entry) return undefined;
    const { from, until, keysFrom, keysFresh, keysUsable } = entry.validity;
    const accepted = from <= now && now < until && keysFrom <= clock && clock < (freshKeys ? keysFresh : keysUsable);
    return accepted ? entry.value : undefined;
  }

  set(token: string, value: T, validity: Validity): void {
    if (this.#capacity === 0) return;
    this.#entries.delete(token);
    if (this.#entries.size >= this.#capacity) this.#entries.delete(this.#entries.keys().next().value as string);
    this.#entries.set(token, { value, validity });
  }

  clear(): void {
    this.#entries.clear();
  }
}

// Calls of a store under a time-out. A failure of the store never fails the caller.

import { invalidOption } from '../core/errors.js';
import type { TargetRegistry } from '../refresh/registry.js';

/** Options of everything that uses a store. */
export interface StoreOptions {
  /**
   * The seconds that one call of the store may take, from 0.001 to 60. Default: 0.25. Taking a lease, and waiting for another
   * instance that holds it, may take eight times as long.
   */
  storeTimeout?: number;
  /** Called with each failure of the store. An error that it throws is ignored. */
  onStoreError?: (error: StoreError, context: StoreErrorContext) => unknown;
}

/** The circumstances of a failure of a store. */
export interface StoreErrorContext {
  /** The function of the store that was called. */
  readonly operation: StoreOperation;
  /** `timeout`: it took longer than it may. `failed`: it threw or rejected. `invalid`: its value could not be opened with the key. */
  readonly reason: 'timeout' | 'failed' | 'invalid';
  /** The seconds for which the store is not called now. */
  readonly bypassedFor: number;
}

/** The functions of stores. `release` is the function that `lease` resolves to. */
export type StoreOperation =
  | 'get'
  | 'set'
  | 'lease'
  | 'release'
  | 'getLatest'
  | 'setLatest'
  // Those of a registry.
  | Exclude<keyof TargetRegistry, 'release'>;

/**
 * A failure of a store, in words of this package. It repeats the code or the class of the store's own error, never its message,
 * which may quote names, values or a password.
 */
export class StoreError extends Error {
  readonly operation: StoreOperation;
  readonly reason: StoreErrorContext['reason'];
  /** The code or the class of the store's own error, such as `ECONNREFUSED` or `ReplyError`. */
  declare readonly found?: string;

  /** @internal */
  constructor(operation: StoreOperation, reason: StoreErrorContext['reason'], problem: string, found?: string) {
    super(`\`${operation}\` of the store ${problem}`);
    this.operation = operation;
    this.reason = reason;
    if (found !== undefined) this.found = found;
  }
}
// Minifiers rename classes.
Object.defineProperty(StoreError.prototype, 'name', { value: 'StoreError' });

const DEFAULT_TIMEOUT = 0.25;
const LEASE_FACTOR = 8;
const BYPASS_MS = 30_000;

/** Milliseconds of a clock that is never set. */
export const monotonic = (): number => performance.now();

/** Calls one store under a time-out, and bypasses it for a while after a failure. */
export class StoreGuard {
  /** The milliseconds that taking a lease may take, and waiting for one. */
  readonly leaseMs: number;
  readonly #timeoutMs: number;
  readonly #bypassMs: number;
  readonly #onError: StoreOptions['onStoreError'];
  /** Until when the store is bypassed, by the monotonic clock; 0 while it works. */
  #bypassedUntil = 0;

  /** Throws `ERR_INVALID_OPTION` for options that are not usable. */
  constructor({ storeTimeout = DEFAULT_TIMEOUT, onStoreError }: StoreOptions, bypassMs = BYPASS_MS) {
    if (!(typeof storeTimeout === 'number' && storeTimeout >= 0.001 && storeTimeout <= 60)) {
      throw invalidOption('storeTimeout', 'must be a number of seconds from 0.001 to 60');
    }
    if (onStoreError !== undefined && typeof onStoreError !== 'function') throw invalidOption('onStoreError', 'must be a function');
    this.#timeoutMs = storeTimeout * 1000;
    this.leaseMs = this.#timeoutMs * LEASE_FACTOR;
    this.#bypassMs = bypassMs;
    this.#onError = onStoreError;
  }

  /** Returns whether the store is not called at present. */
  get isBypassed(): boolean {
    return monotonic() < this.#bypassedUntil;
  }

  /**
   * Calls the store. Resolves to undefined where the store fails, takes too long or is bypassed. `onLate` gets the value of a call
   * that succeeds after its time-out.
   */
  async run<T>(
    operation: StoreOperation,
    call: () => Promise<T>,
    timeoutMs = this.#timeoutMs,
    onLate?: (value: T) => unknown,
  ): Promise<{ value: T } | undefined> {
    if (this.isBypassed) return undefined;
    // After a bypass one call tries the store. Until it succeeds the others bypass it.
    if (this.#bypassedUntil > 0) this.#bypassedUntil = monotonic() + this.#bypassMs;
    const result = await this.#attempt(operation, call, timeoutMs, onLate);
    this.#bypassedUntil = result instanceof StoreError ? monotonic() + this.#bypassMs : 0;
    return result instanceof StoreError ? undefined : result;
  }

  /** Calls a store that has no substitute, under the time-out of leases. Throws `StoreError`, and bypasses nothing. */
  async require<T>(operation: StoreOperation, call: () => Promise<T>, onLate?: (value: T) => unknown): Promise<T> {
    const result = await this.#attempt(operation, call, this.leaseMs, onLate, 0);
    if (result instanceof StoreError) throw result;
    return result.value;
  }

  /** Gives a lease back, also while the store is bypassed. It ends by itself where that fails. */
  async release(release: () => Promise<unknown>): Promise<void> {
    const attempt = this.#attempt('release', release, this.#timeoutMs);
    if (!this.isBypassed) await attempt;
  }

  /** Reports a value that cannot be opened with the key. The store itself works, so it is not bypassed. */
  reportInvalid(operation: StoreOperation): void {
    this.#report(new StoreError(operation, 'invalid', 'returned a value that the key does not open'), 0);
  }

  async #attempt<T>(
    operation: StoreOperation,
    call: () => Promise<T>,
    timeoutMs: number,
    onLate?: (value: T) => unknown,
    bypassMs = operation === 'release' ? 0 : this.#bypassMs,
  ): Promise<{ value: T } | StoreError> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), timeoutMs);
    });
    // Inside an async function, so that a store that throws at once is treated like one that rejects.
    const attempt = (async () => ({ value: await call() }))();
    let error: StoreError;
    try {
      const result = await Promise.race([attempt, late]);
      if (result !== 'late') return result;
      error = new StoreError(operation, 'timeout', `timed out after ${timeoutMs / 1000} s`);
      void attempt.then(async ({ value }) => onLate?.(value)).catch(() => {});
    } catch (thrown) {
      const found = nameOf(thrown);
      error = new StoreError(operation, 'failed', found === undefined ? 'failed' : `failed: ${found}`, found);
    } finally {
      clearTimeout(timer);
    }
    this.#report(error, bypassMs / 1000);
    return error;
  }

  #report(error: StoreError, bypassedFor: number): void {
    const { operation, reason } = error;
    const report = async () => this.#onError?.(error, { operation, reason, bypassedFor });
    report().catch(() => {});
  }
}

/** The code or the class of an error: never its message. */
export function nameOf(thrown: unknown): string | undefined {
  try {
    const { code, name } = thrown as { code?: unknown; name?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code)) return code;
    return typeof name === 'string' && /^[A-Za-z]{1,40}$/.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

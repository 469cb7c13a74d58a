// Holding a lease while work goes on.

import { AbortGroup, Cancelled } from './abort-group.js';
import type { TargetRegistry } from './registry.js';

/** Tried this many times in the life of one lease, the last time when it has just ended: two that fail lose nothing. */
const RENEWALS = 4;

/** Why the work of a lost lease is cancelled: another run may have begun it. */
export const LOST = 'lost its lease';

/** Two runs never have the same name. */
export const newOwner = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Renews a lease until `done` is called. Aborts `lost` once the lease is lost. */
export function keepLease(registry: TargetRegistry, id: string, owner: string, ttlMs: number): { lost: AbortGroup; done(): void } {
  const lost = new AbortGroup();
  let timer: ReturnType<typeof setTimeout>;
  let over = false;
  let misses = 0;
  const later = () => {
    timer = setTimeout(renew, ttlMs / RENEWALS);
  };
  const renew = async () => {
    // A renewal that does not come back in its time is one that failed.
    const silence = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), ttlMs / RENEWALS);
    });
    const attempt = async () => registry.renew(id, owner, ttlMs);
    const renewed = await Promise.race([attempt().catch(() => undefined), silence]);
    clearTimeout(timer);
    if (over) return;
    misses = renewed === undefined ? misses + 1 : 0;
    // Without an answer it may still be ours, until it must have ended.
    if (renewed === false || misses >= RENEWALS) lost.abort(new Cancelled('AbortError', LOST));
    else later();
  };
  later();
  return {
    lost,
    done() {
      over = true;
      clearTimeout(timer);
    },
  };
}

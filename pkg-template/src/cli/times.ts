// Instants, as they are shown.

import { duration, isTime } from '../explain/words.js';

/** Date and time in UTC: `2026-11-24 13:05:00 UTC`. */
export function utc(at: number): string {
  const text = new Date(at * 1000).toISOString();
  return `${text.slice(0, -14)} ${text.slice(-13, -5)} UTC`;
}

/** How far away an instant is: `in 47 minutes 3 seconds`. */
export function relative(at: number, now: number): string {
  const difference = Math.round(at - now);
  if (difference === 0) return 'now';
  return difference > 0 ? `in ${duration(difference)}` : `${duration(difference)} ago`;
}

export type Validity = 'in force' | 'expired' | 'not yet valid' | 'never valid' | 'without expiry';

/** What the times alone say: valid from `nbf` on, and before `exp` (RFC 7519 sections 4.1.4 and 4.1.5). */
export function validityAt({ nbf, exp }: { nbf?: unknown; exp?: unknown }, at: number): Validity {
  if (!isTime(exp)) return 'without expiry';
  if (isTime(nbf) && nbf >= exp) return 'never valid';
  if (at >= exp) return 'expired';
  if (isTime(nbf) && at < nbf) return 'not yet valid';
  return 'in force';
}

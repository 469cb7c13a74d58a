// Instants, as they are shown.

import { duration, isTime } from '../explain/words.js';

export { utc } from '../explain/words.js';

/** How far away an instant is: `in 47 minutes 3 seconds`. */
export function relative(at: number, now: number): string {
  const difference = Math.round(at - now);
  if (difference === 0) return 'now';
  return difference > 0 ? `in ${duration(difference)}` : `${duration(difference)} ago`;
}

export type Validity = 'in force' | 'expired' | 'not yet valid' | 'never valid' | 'without expiry';

/**
 * The verdict of the times alone: valid from `nbf` on, and before `exp` (RFC 7519 sections 4.1.4 and 4.1.5). A time that no verifier
 * takes, such as one in milliseconds, makes the token invalid.
 */
export function validityAt({ nbf, exp }: { nbf?: unknown; exp?: unknown }, at: number): Validity {
  if (exp === undefined) return 'without expiry';
  if (!isTime(exp) || (nbf !== undefined && !isTime(nbf)) || (isTime(nbf) && nbf >= exp)) return 'never valid';
  if (at >= exp) return 'expired';
  if (isTime(nbf) && at < nbf) return 'not yet valid';
  return 'in force';
}

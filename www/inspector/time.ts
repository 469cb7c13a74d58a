/** Seconds since the epoch, as tokens count (RFC 7519, NumericDate). */
export type Seconds = number;

/** The end of the year 9999: no verifier takes a later time. Milliseconds since 1978 are beyond it. */
const LAST_TIME = 253_402_300_799;

export const isTime = (value: unknown): value is Seconds =>
  typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= LAST_TIME;

export const nowInSeconds = (): Seconds => Math.floor(Date.now() / 1000);

export function utc(at: Seconds): string {
  const text = new Date(at * 1000).toISOString();
  return `${text.slice(0, -14)} ${text.slice(-13, -5)} UTC`;
}

let localFormat: Intl.DateTimeFormat | undefined;

/** Date, time and zone where the reader is. */
export function local(at: Seconds): string {
  localFormat ??= new Intl.DateTimeFormat(undefined, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  });
  return localFormat.format(new Date(at * 1000));
}

/** The clock where the reader is, with the date when that is another day than `today`. */
export function clock(at: Seconds, today: Seconds): string {
  const date = new Date(at * 1000);
  const time = date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  return date.toDateString() === new Date(today * 1000).toDateString()
    ? time
    : `${date.toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' })}, ${time}`;
}

const UNITS: [number, string, string][] = [
  [31_557_600, 'y', 'year'],
  [86_400, 'd', 'day'],
  [3_600, 'h', 'hour'],
  [60, 'min', 'minute'],
  [1, 's', 'second'],
];

/** A length of time in its two largest units: `1 h 12 min`. With `long`, for reading aloud: `1 hour 12 minutes`. */
export function duration(seconds: number, long = false): string {
  let rest = Math.abs(Math.round(seconds));
  const texts: string[] = [];
  for (const [size, short, name] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) {
      texts.push(long ? `${count.toLocaleString('en')} ${name}${count === 1 ? '' : 's'}` : `${count.toLocaleString('en')} ${short}`);
      rest -= count * size;
    } else if (texts.length > 0) break;
    if (texts.length === 2) break;
  }
  return texts.join(' ') || (long ? '0 seconds' : '0 s');
}

export function relative(at: Seconds, now: Seconds): string {
  const difference = at - now;
  if (Math.abs(difference) < 1) return 'now';
  return difference > 0 ? `in ${duration(difference)}` : `${duration(difference)} ago`;
}

export type Validity = 'in force' | 'expired' | 'not yet valid' | 'never valid' | 'without expiry';

/**
 * What the times alone say at one moment: valid from `nbf` on, and before `exp` (RFC 7519, sections 4.1.4 and 4.1.5). A time
 * that no verifier takes makes the token invalid.
 */
export function validityAt(claims: Record<string, unknown>, at: Seconds): Validity {
  const { nbf, exp } = claims;
  if (exp === undefined) return 'without expiry';
  if (!isTime(exp) || (nbf !== undefined && !isTime(nbf)) || (isTime(nbf) && nbf >= exp)) return 'never valid';
  if (at >= exp) return 'expired';
  if (isTime(nbf) && at < nbf) return 'not yet valid';
  return 'in force';
}

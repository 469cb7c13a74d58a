// Lengths of time and values, as words.

const UNITS: [seconds: number, name: string][] = [
  [31_557_600, 'year'],
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** A length of time in its two largest units: `1 hour 12 minutes`. */
export function duration(seconds: number): string {
  let rest = Math.abs(Math.round(seconds));
  const texts: string[] = [];
  for (const [size, name] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) {
      texts.push(`${count.toLocaleString('en')} ${name}${count === 1 ? '' : 's'}`);
      rest -= count * size;
    } else if (texts.length > 0) break;
    if (texts.length === 2) break;
  }
  return texts.join(' ') || '0 seconds';
}

/** The last instant that a `Date` can show, and no token needs a later one. */
const LAST_DATE = 8_640_000_000_000;

/** Whether a value is an instant that can be shown. */
export const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= LAST_DATE;

/** Whether a value is an object with members. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

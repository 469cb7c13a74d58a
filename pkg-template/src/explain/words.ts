// Lengths of time and values, as words.

import { invalidOption } from '../core/errors.js';

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

/** The end of the year 9999, as the verifier has it. Milliseconds since 1978 are beyond it. */
const LAST_TIME = 253_402_300_799;

/** Returns whether a value is an instant that a verifier takes. */
export const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= LAST_TIME;

/** Returns whether a value is a time in milliseconds, where seconds are wanted. */
export const isMilliseconds = (value: unknown): value is number => typeof value === 'number' && value > LAST_TIME && isTime(value / 1000);

/** Date and time in UTC: `2026-11-24 13:05:00 UTC`. */
export function utc(at: number): string {
  const text = new Date(at * 1000).toISOString();
  return `${text.slice(0, -14)} ${text.slice(-13, -5)} UTC`;
}

/** Characters that are not seen, or change the order in which others are seen. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** Returns whether a text has such characters. */
export const hasHidden = (text: string): boolean => HIDDEN.test(text);

/** Writes characters that are not seen, or change the order of others, as escapes: `\\u202e`. For text that a person reads. Throws `ERR_INVALID_OPTION` for anything but a string. */
export function escapeHidden(text: string): string {
  if (typeof text !== 'string') throw invalidOption('text', 'must be a string');
  return text.replace(new RegExp(HIDDEN, 'gu'), escaped);
}

/** The escape of a character, by its code units. */
export const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');

/** Returns whether a value is an object with members. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

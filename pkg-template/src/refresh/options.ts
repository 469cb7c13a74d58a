// Reading options: what is not known is refused by its name.

import { invalidOption } from '../core/errors.js';

/** Refuses what is no object, and members that are not known. */
export function checkKnown(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'must be an object');
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw invalidOption(unknown, 'is not known here');
}

/** A number between two others. */
export function number(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw invalidOption(name, `must be a number from ${least} to ${most}`);
}

/** A function, or nothing. */
export function optionalFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') throw invalidOption(name, 'must be a function');
}

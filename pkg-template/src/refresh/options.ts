// Reading options: what is not known is refused by its name.

import { invalidOption } from '../core/errors.js';
import { assertKnown, ownOptions } from '../core/options.js';
import { credentialsModule } from '../credentials/module.js';

/** Returns the own members of an options object. Throws `ERR_INVALID_OPTION` for anything else, and for members that are not known. */
export function knownOptions<T extends object>(options: T, known: readonly string[]): T {
  const own = ownOptions(options);
  assertKnown(credentialsModule, own, known);
  return own;
}

/** Throws `ERR_INVALID_OPTION` unless it is an `AbortSignal` or left out. By its members: tests and frameworks have their own. */
export function optionalSignal(name: string, value: unknown): void {
  const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>;
  const isSignal = typeof aborted === 'boolean' && typeof addEventListener === 'function';
  if (value !== undefined && !isSignal) throw invalidOption(name, 'must be an AbortSignal');
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

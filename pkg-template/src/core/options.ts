// Options on their way to the core: only own members count, and what is not plain data is told from what is.

import { invalidOption } from './errors.js';
import type { Glue, WasmModule } from './wasm-module.js';

/**
 * The own members of an options object, in an object without a prototype: what lies on a polluted `Object.prototype` is not
 * an option. A member that is undefined counts as left out. The same goes for the results of the core, which leaves out what
 * it does not have.
 */
export function ownOptions<T extends object>(options: T, name = 'options'): T {
  assertObject(options, name);
  const own = Object.create(null);
  for (const [member, value] of Object.entries(options)) if (value !== undefined) own[member] = value;
  return own;
}

/** One own member of a value that may be anything. */
export const ownMember = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;

/** Describes a value that is of the wrong type: "undefined", "a Promise", "an array". Never the value itself. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (typeof (value as Partial<PromiseLike<unknown>>).then === 'function') return 'a Promise: await it';
  const name = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return /^(Request|Headers|URL|Map|Uint8Array|ArrayBuffer)$/.test(name) ? `a ${name}` : 'an object';
}

/** An object that can have members of its own. A `Map` or a `Set` has none, and would pass for an empty object. */
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !(Symbol.iterator in value);

/** A `URL` of whichever realm. */
export const isUrl = (value: unknown): value is URL => Object.prototype.toString.call(value) === '[object URL]';

/** Throws `ERR_INVALID_OPTION` for anything else than an object that can have members of its own. */
export function assertObject(value: unknown, name: string): void {
  if (!isObject(value)) throw invalidOption(name, 'must be an object');
}

/** Stands for a value that is not plain data. No option takes it, so the core refuses it by the option's name. */
const NOT_PLAIN = [[]];

/** How deeply arrays and objects may be nested. Objects can hold themselves. */
const MAX_DEPTH = 8;

/** Half of a character. Text with one has no UTF-8, so it would reach the core as other text. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A copy of plain data: well-formed strings, finite numbers, Booleans, null, arrays, and objects by their own members. */
export function plainData(value: unknown, depth = MAX_DEPTH): unknown {
  if (typeof value === 'string') return LONE_SURROGATE.test(value) ? NOT_PLAIN : value;
  if (typeof value === 'boolean' || value === null || Number.isFinite(value)) return value;
  if (depth === 0) return NOT_PLAIN;
  if (Array.isArray(value)) return value.map((element) => plainData(element, depth - 1));
  if (!isObject(value)) return NOT_PLAIN;
  const copy = Object.create(null);
  for (const [name, member] of Object.entries(value)) {
    if (LONE_SURROGATE.test(name)) return NOT_PLAIN;
    if (member !== undefined) copy[name] = plainData(member, depth - 1);
  }
  return copy;
}

/**
 * The JSON text of plain data. Throws `ERR_INVALID_OPTION` with the path of what is not. `path` is that of the value; empty where
 * its members are options themselves.
 */
export function plainJson(value: object, path: string): string {
  const refuseOthers = (value: unknown, path: string): void => {
    if (value === NOT_PLAIN) throw invalidOption(path, `must be plain data, nested at most ${MAX_DEPTH} levels deep`);
    if (typeof value !== 'object' || value === null) return;
    const inside = (member: string) => (Array.isArray(value) ? `${path}[${member}]` : path === '' ? member : `${path}.${member}`);
    for (const [member, inner] of Object.entries(value)) refuseOthers(inner, inside(member));
  };
  const plain = plainData(value);
  refuseOthers(plain, path);
  return JSON.stringify(plain);
}

/** A module that knows which option a caller most likely meant. */
export type NamesGlue = Glue & { refuse_option(path: string, name: string, known: string[]): void };

/**
 * Throws `ERR_INVALID_OPTION` for an option that is not known, with the one that was most likely meant. `path` is the option
 * that these are inside.
 */
export function assertKnown<G extends NamesGlue>(module: WasmModule<G>, options: object, known: readonly string[], path = ''): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) module.call((wasm) => wasm.refuse_option(path, unknown, [...known]));
}

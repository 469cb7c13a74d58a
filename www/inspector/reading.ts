import { CountersignError, decode } from 'countersign';
import { escapeHidden, tidyToken } from 'countersign/explain';

export type Json = Record<string, unknown>;

/** What the page knows about the pasted text. */
export type Reading =
  | { state: 'empty' }
  | { state: 'decoded'; token: string; removed: string[]; header: Json; claims: Json; parts: [string, string, string] }
  | { state: 'refused'; token: string; removed: string[]; code: string; message: string; parts: string[]; fault?: Fault };

/** Where the text stops being a token. */
export type Fault = { index: number; what: string };

export function read(text: string): Reading {
  const { token, removed } = tidyToken(text);
  if (token === '') return { state: 'empty' };
  const parts = token.split('.');
  try {
    const { header, claims } = decode(token);
    return {
      state: 'decoded',
      token,
      removed,
      header: header as Json,
      claims: claims as Json,
      parts: parts as [string, string, string],
    };
  } catch (error) {
    const { code, message } =
      error instanceof CountersignError ? error : { code: 'ERR_INTERNAL', message: 'this page failed while reading the text' };
    const fault = findFault(token);
    return { state: 'refused', token, removed, code, message, parts, ...(fault && { fault }) };
  }
}

function findFault(token: string): Fault | undefined {
  const index = token.search(/[^A-Za-z0-9_.-]/);
  if (index < 0) return undefined;
  const character = String.fromCodePoint(token.codePointAt(index) ?? 0);
  const names: Record<string, string> = {
    '+': '“+” belongs to plain base64; a token uses “-” there',
    '/': '“/” belongs to plain base64; a token uses “_” there',
    '=': '“=” is padding, which a token never has',
    ' ': 'a space',
  };
  return { index, what: names[character] ?? `“${character}” is not a base64url character` };
}

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The length in bytes of what a base64url text encodes. */
export const decodedLength = (base64url: string): number => Math.floor((base64url.length * 3) / 4);

/** A value as a person reads it: what is not seen, or changes the order of other characters, as escapes. */
export const visible = (value: unknown): string => show(value).split('\n').map(escapeHidden).join('\n');

/** A value as it is copied: text bare, all else as JSON. */
export const show = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, isObject(value) || (Array.isArray(value) && value.length > 1) ? 2 : 0);

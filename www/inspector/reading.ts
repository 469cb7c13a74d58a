import { CountersignError, decode } from 'countersign';

export type Json = Record<string, unknown>;

/** What the page knows about the pasted text. */
export type Reading =
  | { state: 'empty' }
  | { state: 'decoded'; token: string; removed: string[]; header: Json; claims: Json; parts: [string, string, string] }
  | { state: 'refused'; token: string; removed: string[]; code: string; message: string; parts: string[]; fault?: Fault };

/** Where the text stops being a token. */
export type Fault = { index: number; what: string };

export function read(text: string): Reading {
  const { token, removed } = tidy(text);
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

/** Longer texts are read as they are: no token is that long, and pattern matching takes its time. */
const TIDY_LIMIT = 65_536;

/** Takes off what people copy along with a token, and says what it took. */
export function tidy(text: string): { token: string; removed: string[] } {
  const removed: string[] = [];
  let token = text.trim();
  if (token.length > TIDY_LIMIT) return { token, removed };
  const strip = (pattern: RegExp, what: string): void => {
    const next = token.replace(pattern, '');
    if (next !== token) {
      token = next;
      removed.push(what);
    }
  };
  strip(/^(?:export\s+)?[A-Z][A-Z0-9_]*=/, 'the variable name');
  strip(/^["'`]|["'`];?$/g, 'the quotes');
  strip(/^(?:authorization|x-vercel-oidc-token)\s*:\s*/i, 'the header name');
  strip(/^bearer\s+/i, '“Bearer”');
  if (token.includes('.')) strip(/[\r\n]+[ \t]*/g, 'the line breaks');
  return { token, removed };
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

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The length in bytes of what a base64url text encodes. */
export const decodedLength = (base64url: string): number => Math.floor((base64url.length * 3) / 4);

// Removes the text that people copy along with a token.

import { invalidOption } from '../core/errors.js';

/** Longer texts are read as they are: no token is that long, and pattern matching takes its time. */
const LIMIT = 65_536;

/** A token without what was copied along with it, and names for what was taken off. */
export function tidyToken(text: string): { token: string; removed: string[] } {
  if (typeof text !== 'string') throw invalidOption('text', 'must be a string');
  const removed: string[] = [];
  let token = text.trim();
  if (token.length > LIMIT) return { token, removed };
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

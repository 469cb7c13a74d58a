import type { Reading } from './reading';

type Refused = Extract<Reading, { state: 'refused' }>;

/** What a decode error means, and what to look at. */
export function explainError({ code, token, parts }: Refused): { meaning: string; hint?: string } {
  switch (code) {
    case 'ERR_JWS_INVALID':
      return {
        meaning:
          'A token is a JWS in compact serialization: three base64url texts separated by dots, the first of which encodes a JSON object with an `alg`.',
        ...hint(shapeHint(token, parts)),
      };
    case 'ERR_JWT_INVALID':
      return {
        meaning: 'The outer form is right, but the middle part is not the JSON object that a claims set must be.',
        ...hint('Check that the middle part was copied whole, and that nothing edited it.'),
      };
    case 'ERR_JOSE_NOT_SUPPORTED':
      return {
        meaning:
          'The header asks for an extension (`crit`) that this reader does not know. Skipping an extension that its author calls critical would be a mistake, so it stops.',
      };
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
      return { meaning: 'The header names an algorithm that is never accepted here. `none` is the famous one: an unsigned token.' };
    default:
      return { meaning: 'The text could not be read as a token.' };
  }
}

const hint = (text: string | undefined): { hint?: string } => (text === undefined ? {} : { hint: text });

function shapeHint(token: string, parts: string[]): string | undefined {
  if (/^(vck|vcp|vca|vci|vcr|ghp|gho|ghs|github_pat|sk|xox[a-z])[_-]/.test(token)) {
    return 'This looks like an opaque key. It has no claims to read, and whoever holds it can use it: treat it as a secret.';
  }
  if (token.startsWith('{'))
    return 'This looks like JSON. Paste the token itself, often the value of a member called `token` or `id_token`.';
  if (parts.length === 5) return 'Five parts: an encrypted token (JWE). Only the holder of the key can read its claims.';
  if (parts.length === 2) return 'Two parts: the signature is missing. It may have been cut off while copying.';
  if (parts.length === 1) return 'No dot at all: this is one part, or something else.';
  if (parts.length !== 3) return `${parts.length} parts where three belong.`;
  const empty = parts.indexOf('');
  if (empty >= 0) return `The ${['header', 'claims', 'signature'][empty]} part is empty.`;
  return undefined;
}

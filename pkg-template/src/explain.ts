/**
 * Tokens in words: what each claim means and where that is defined, the subject taken apart, and what to look at twice. It is
 * what the command line and the inspector page show. **Nothing is verified**: anyone may have written what is explained.
 *
 * @module
 */

import { invalidOption } from './core/errors.js';
import { assertObject, ownOptions } from './core/options.js';
import { type ExplainedGroup, type ExplainedMember, explainClaims } from './explain/claims.js';
import { explainHeader } from './explain/header.js';
import { type KnownIssuer, knownIssuer } from './explain/issuers.js';
import { type Note, takeNotes } from './explain/notes.js';
import { sentenceOf } from './explain/sentence.js';
import { type SubjectPart, readSubject } from './explain/subject.js';
import type { JwsHeader, JwtClaims } from './verify/types.js';

export type { ExplainedGroup, ExplainedMember, Source } from './explain/claims.js';
export { algorithmName } from './explain/header.js';
export type { KnownIssuer } from './explain/issuers.js';
export type { Note } from './explain/notes.js';
export type { SubjectPart } from './explain/subject.js';
export { tidyToken } from './explain/tidy.js';
export { escapeHidden } from './explain/words.js';

/** A decoded token in words. */
export interface Explanation {
  /** All of it in one sentence, without its full stop: who says what about whom to whom. */
  readonly sentence: string;
  readonly header: readonly ExplainedMember[];
  /** The claims, by the question that they answer. */
  readonly claims: readonly ExplainedGroup[];
  /** Whose token it is, by its own words. */
  readonly issuer?: KnownIssuer;
  /** `sub` taken apart, where its form is that of a well-known issuer. */
  readonly subject?: readonly SubjectPart[];
  /** The point that deserves a second look. */
  readonly notes: readonly Note[];
}

/**
 * Explains a token that `decode` has read. Needs no key and no network.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION` for what is not such a token.
 */
export function explain(token: { header: JwsHeader; claims: JwtClaims }, options: { now?: number } = {}): Explanation {
  assertObject(token, 'token');
  const { header, claims } = token;
  assertObject(header, 'token.header');
  assertObject(claims, 'token.claims');
  const { now = Date.now() / 1000 } = ownOptions(options);
  if (!Number.isFinite(now)) throw invalidOption('now', 'must be a number of seconds');
  const issuer = knownIssuer(claims.iss, claims.sub);
  const subject = readSubject(claims);
  return {
    sentence: sentenceOf(claims),
    header: explainHeader(header),
    claims: explainClaims(claims),
    ...(issuer && { issuer }),
    ...(subject && { subject }),
    notes: takeNotes(header, claims, now),
  };
}

// The caller of a route, as Eve describes it.

import type { JwtClaims } from '../../verify/types.js';

/** The caller that a verified token names. */
export interface EveSessionAuth {
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
  readonly authenticator: string;
  readonly issuer?: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly subject?: string;
}

/** A route auth callback of Eve. `null` leaves the request to the next one. */
export type EveAuthFn = (request: Request) => Promise<EveSessionAuth | null>;

/** Claims that are not attributes. */
const REGISTERED = new Set(['aud', 'exp', 'iat', 'iss', 'jti', 'nbf', 'sub']);

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** A claim that Eve compares: a string, or an array of strings. */
const texts = (value: unknown): string[] | undefined =>
  typeof value === 'string' ? [value] : Array.isArray(value) && value.every((element) => typeof element === 'string') ? value : undefined;

/** Describes a caller by its claims: the issuer is the first of `issuers` that is there. */
export function sessionOf(
  claims: JwtClaims,
  principalType: string,
  subjectClaim = 'sub',
  issuers: readonly string[] = ['iss'],
): EveSessionAuth | null {
  const issuer = issuers.map((name) => claims[name]).find(isText);
  const subject = claims[subjectClaim];
  if (issuer === undefined || !isText(subject)) return null;
  const attributes: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(claims)) {
    if (!REGISTERED.has(name) && texts(value) !== undefined) attributes[name] = value as string | string[];
  }
  return { attributes, authenticator: 'oidc', issuer, principalId: `${issuer}:${subject}`, principalType, subject };
}

/** Returns whether a claim has one of these values. */
export const hasOneOf = (claim: unknown, values: readonly string[]): boolean =>
  texts(claim)?.some((text) => values.includes(text)) ?? false;

/** Returns whether a text fits one of these patterns, in which `*` stands for any text. */
export const fitsPattern = (text: unknown, patterns: readonly string[]): boolean =>
  isText(text) && patterns.some((pattern) => fits(text, pattern.split('*')));

/** Compares without a regular expression: those with many `*` take quadratic time and more. */
function fits(text: string, [first = '', ...rest]: string[]): boolean {
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - at >= last.length && text.endsWith(last);
}

// The token that is handed on: got once, replaced only when it has become too old.

import { CountersignError, invalidOption } from '../core/errors.js';
import type { OnEvent } from '../core/events.js';
import { redact } from '../core/redact.js';
import { getBearerToken } from '../credentials/bearer-token.js';
import { credentialsModule } from '../credentials/module.js';
import { type AbortGroup, Cancelled } from './abort-group.js';
import { withTimeout } from './with-timeout.js';

/** A token on its way to its consumer. Printing it, or making it JSON, shows no secret. */
export interface RefreshToken {
  /** The token itself. Not enumerable. */
  readonly value: string;
  /** Unknown for what is no token with an expiry, such as a static key. */
  readonly expiresAt?: Date;
}

/** The source of a fresh token, such as `() => getBearerToken({ request })`. The expiry of a bare JWT is read from it. */
export type TokenSource = (context: { readonly signal: AbortSignal }) => string | RefreshToken | Promise<string | RefreshToken>;

/** Returns the token of the credential chain, if it lives at least so many seconds. */
export const fromChain =
  (minValidity: number, onEvent?: OnEvent): TokenSource =>
  () =>
    getBearerToken({ minValidity, ...(onEvent && { onEvent }) });

/** How a source is asked. */
export interface Asking {
  source: TokenSource;
  /** Seconds that the answer must still live. */
  minValidity: number;
  timeoutMs: number;
  abortGroup: AbortGroup;
}

/** Asks a source, and refuses what it answers if that is no token, or none that lives long enough. */
export async function askSource({ source, minValidity, timeoutMs, abortGroup }: Asking): Promise<RefreshToken> {
  const given = await withTimeout(timeoutMs, [abortGroup], (signal) => source({ signal })).catch((thrown) => {
    throw thrown instanceof Cancelled && !abortGroup.reason ? noToken(thrown.message) : thrown;
  });
  const value = typeof given === 'string' ? given : given?.value;
  if (typeof value !== 'string' || value.trim() === '')
    throw invalidOption('token', 'must be a function that returns a token, or an object with its `value`');
  const token = redactedToken(value, typeof given === 'string' ? expiryOf(given) : given.expiresAt);
  if (!livesFor(token, minValidity)) throw noToken(minValidity === 0 ? 'it has expired' : `it expires within ${minValidity} s`);
  return token;
}

/** Returns whether it lives longer than so many seconds. */
export function livesFor(token: RefreshToken, seconds: number): boolean {
  return token.expiresAt === undefined || token.expiresAt.getTime() - Date.now() > seconds * 1000;
}

const noToken = (reason: string): CountersignError =>
  new CountersignError({
    code: 'ERR_CREDENTIALS_NOT_FOUND',
    message: `the source has no token to hand out: ${reason}`,
    retryable: true,
    causes: [{ source: 'token', reason }],
  });

/** Not verified: the token may be forged. It only decides when the next one is requested. */
function expiryOf(value: string): Date | undefined {
  const expiresAt = credentialsModule.call((wasm) => wasm.read_expiry(value));
  return expiresAt === undefined ? undefined : new Date(expiresAt * 1000);
}

/** A token that does not print itself. */
export function redactedToken(value: string, expiresAt?: Date): RefreshToken {
  const isDate = expiresAt instanceof Date && !Number.isNaN(expiresAt.getTime());
  return Object.freeze(redact(isDate ? { expiresAt } : {}, { value })) as RefreshToken;
}

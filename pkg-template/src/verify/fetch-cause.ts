// Why there was no response, without what the host's error may hold: the request, a proxy's password.

import { CountersignError } from '../core/errors.js';

/** The codes of Node.js and of TLS, such as `ECONNREFUSED` and `CERT_HAS_EXPIRED`. */
const CODE = /^(?:E[A-Z0-9]{2,20}|[A-Z]{2,12}(?:_[A-Z0-9]{1,12}){1,6})$/;

/** How many causes behind each other are looked at. */
const MAX_DEPTH = 8;

/**
 * The error that stands for what `fetch` has thrown. Its `code` is that of the innermost cause which has one. The package's own
 * errors hold no secrets and stand for themselves.
 */
export function fetchCause(thrown: unknown): Error & { code?: string } {
  if (thrown instanceof CountersignError) return thrown;
  const code = codeOf(thrown);
  if (code === undefined) return new Error('fetch threw an error without a code');
  return Object.assign(new Error(`the connection failed: ${code}`), { code });
}

function codeOf(thrown: unknown, depth = MAX_DEPTH): string | undefined {
  if (!(thrown instanceof Error) || depth === 0) return undefined;
  // Where several addresses were tried, each has an error of its own.
  const inner = codeOf(thrown.cause, depth - 1) ?? (thrown instanceof AggregateError ? codeOf(thrown.errors[0], depth - 1) : undefined);
  const { code } = thrown as { code?: unknown };
  return inner ?? (typeof code === 'string' && CODE.test(code) ? code : undefined);
}

// A token taken along from a request, into work that has none: workflow steps, queue jobs.

import type { RequestLike } from '../host/request.js';
import { type CapturedToken, resolveSync } from './resolve.js';

/**
 * Takes the OIDC token of the request that is being handled, for work that goes on when it has ended: pass the value on, and
 * give it to `getBearerToken` as `captured`. Without an argument it is the token of Vercel's request context, or else of
 * `VERCEL_OIDC_TOKEN`.
 *
 * The value is plain: JSON and the serialisation of workflow steps carry the token on purpose, so it belongs in nothing that
 * others read. Printing this object shows no token; printing a copy of it does.
 *
 * Throws `ERR_CREDENTIALS_NOT_FOUND` where there is no token, or only an expired one.
 */
export function captureToken(request?: RequestLike): CapturedToken {
  const { value, expiresAt } = resolveSync(request === undefined ? {} : { request });
  const captured = { token: value, expiresAt: expiresAt as number };
  // Not enumerable: serialisers refuse objects with members that they cannot carry.
  Object.defineProperty(captured, Symbol.for('nodejs.util.inspect.custom'), {
    value: () => ({ ...captured, token: '[redacted]' }),
  });
  return Object.freeze(captured);
}

// A token taken along from a request, into work that has none: workflow steps, queue jobs.

import { type CredentialCause, CountersignError } from '../core/errors.js';
import { variable } from '../host/environment.js';
import { type RequestLike, assertRequest, contextToken, oidcHeader } from '../host/request.js';
import { decode } from '../verify/verifier.js';
import type { CapturedToken } from './chain-options.js';

/**
 * Takes the OIDC token of the request that is being handled, for work that goes on when it has ended: pass the value on, and
 * give it to `getBearerToken` as `captured`. Without an argument it is the token of Vercel's request context, or else of
 * `VERCEL_OIDC_TOKEN`.
 *
 * A captured token is not renewed. For work that may outlive it, publish tokens with `publishToken` of `countersign/refresh`, and
 * give the relay to `getBearerToken` too: `{ captured, relay }`.
 *
 * The value is plain: JSON and the serialisation of workflow steps carry the token on purpose, so it belongs in nothing that
 * others read. Printing this object shows no token; printing a copy of it does.
 *
 * Throws `ERR_CREDENTIALS_NOT_FOUND` where there is no token, or only an expired one.
 */
export function captureToken(request?: RequestLike): CapturedToken {
  const captured = findToken(request);
  // Not enumerable: serialisers refuse objects with members that they cannot carry.
  Object.defineProperty(captured, Symbol.for('nodejs.util.inspect.custom'), {
    value: () => ({ ...captured, token: '[redacted]' }),
  });
  return Object.freeze(captured);
}

/** The first token that has not expired. A token that is broken ends the search, as everywhere in the chain. */
function findToken(request: RequestLike | undefined): CapturedToken {
  assertRequest(request);
  const sources: [string, string | undefined][] = [
    request === undefined ? ['context', contextToken()] : ['header', oidcHeader(request)],
    ['env', variable('VERCEL_OIDC_TOKEN', undefined)],
  ];
  const causes: CredentialCause[] = [];
  for (const [source, text] of sources) {
    const token = text?.trim();
    if (!token) {
      causes.push({ source, reason: 'not configured' });
      continue;
    }
    const expiresAt = expiryOf(token);
    if (typeof expiresAt === 'string') {
      causes.push({ source, reason: expiresAt });
      throw noToken('ERR_CREDENTIAL_INVALID', 'invalid credential in a configured source', causes);
    }
    if (Date.now() / 1000 < expiresAt) return { token, expiresAt };
    causes.push({ source, reason: 'the token has expired' });
  }
  throw noToken('ERR_CREDENTIALS_NOT_FOUND', 'no credential found', causes);
}

/** When a token expires, in seconds since the epoch; or why that is not known. Nothing is verified: the receiver does that. */
function expiryOf(token: string): number | string {
  try {
    const { exp } = decode(token).claims;
    return Number.isFinite(exp) ? (exp as number) : 'has no usable `exp` claim';
  } catch {
    if (/^(["'`]).*\1$/s.test(token)) return 'is in quotes; remove them';
    return /^bearer(\s|$)/i.test(token) ? 'begins with `Bearer`; give the credential alone' : 'is not a JWT';
  }
}

function noToken(
  code: 'ERR_CREDENTIALS_NOT_FOUND' | 'ERR_CREDENTIAL_INVALID',
  problem: string,
  causes: CredentialCause[],
): CountersignError {
  const reasons = causes.map(({ source, reason }) => `${source}: ${reason}`).join('; ');
  return new CountersignError({ code, message: `${problem}: ${reasons}`, causes });
}

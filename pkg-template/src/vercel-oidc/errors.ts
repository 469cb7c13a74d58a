// The error classes of `@vercel/oidc`. Programs tell them apart by class or by name.

import type { CountersignError } from '../core/errors.js';

/** No token could be had. */
export class VercelOidcTokenError extends Error {
  override name = 'VercelOidcTokenError';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** Nobody is logged in on this machine. */
export class AccessTokenMissingError extends Error {
  override name = 'AccessTokenMissingError';

  constructor() {
    super('nobody is logged in on this machine: run `vercel login`');
  }
}

/** The login on this machine could not be renewed; `cause` says why. */
export class RefreshAccessTokenFailedError extends Error {
  override name = 'RefreshAccessTokenFailedError';

  constructor(cause?: unknown) {
    super('the login on this machine could not be renewed', cause === undefined ? undefined : { cause });
  }
}

/**
 * A token that is valid and of another issuer, owner, project or environment; `cause` says more. Programs tell it by its code from an
 * outage of the keys.
 */
export class VercelOidcTokenValidationError extends TypeError {
  override name = 'VercelOidcTokenValidationError';
  readonly code = 'ERR_VERCEL_OIDC_TOKEN_VALIDATION';

  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

/** Throws what this package has thrown under the name that callers of `@vercel/oidc` expect. */
export function tokenError(thrown: unknown, prefix = ''): never {
  const { message, causes } = thrown as CountersignError;
  throw new VercelOidcTokenError(`${prefix}${withoutOthers(message, causes)}`, thrown);
}

/** The message without the sources that functions of `@vercel/oidc` do not have. */
function withoutOthers(message: string, causes: CountersignError['causes']): string {
  const others = (causes ?? []).filter(({ source }) => OTHER_SOURCES.includes(source));
  return others.reduce((text, { source, reason }) => text.replace(`${source}: ${reason}; `, ''), message);
}

const OTHER_SOURCES = ['static-key', 'captured', 'shared'];

// The error classes of `@vercel/oidc`. Programs tell them apart by class or by name.

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

/** Throws what this package has thrown under the name that callers of `@vercel/oidc` expect. */
export function tokenError(thrown: unknown, prefix = ''): never {
  throw new VercelOidcTokenError(`${prefix}${(thrown as Error).message}`, thrown);
}

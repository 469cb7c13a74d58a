/**
 * `countersign/vercel-oidc` for browsers, React Native and the sandbox of workflows, where no token ever is.
 *
 * @module
 */

export { getContext } from './vercel-oidc/context.js';
export { AccessTokenMissingError, RefreshAccessTokenFailedError, VercelOidcTokenError } from './vercel-oidc/errors.js';
export { type VercelOidcPayload, type VerifyVercelOidcTokenOptions, verifyVercelOidcToken } from './vercel-oidc/verify.js';

/** The empty string: a page has no OIDC token. */
export async function getVercelOidcToken(): Promise<string> {
  return '';
}

/** The empty string: a page has no OIDC token. */
export function getVercelOidcTokenSync(): string {
  return '';
}

/** Rejects: a page has no files. */
export async function getVercelToken(): Promise<string> {
  throw new Error('getVercelToken needs the files of a developer’s machine: a page has none');
}

// An obtained token, in a form that is not printed by mistake.

import { redact } from '../core/redact.js';

/** A token to send as `Authorization: Bearer <value>`. Printing it, or making it JSON, shows no secret. */
export interface AccessToken {
  /** The token itself. Not an own member, so a copy of the object does not have it. */
  readonly value: string;
  /** `Bearer`, where the service says so. */
  readonly tokenType?: string;
  /** The type of the token, as RFC 8693 section 3 names it. */
  readonly issuedTokenType?: string;
  /** The granted scope, where the service says so. */
  readonly scope?: string;
  /** A token for renewing it, where the service gives one. Not an own member either. */
  readonly refreshToken?: string;
  readonly expiresAt?: Date;
}

/** A token as the core hands it out. */
export interface ObtainedToken extends Omit<AccessToken, 'expiresAt'> {
  expiresAt?: number;
}

/** Makes the object that callers get. */
export function accessToken({ value, refreshToken, expiresAt, ...shown }: ObtainedToken): AccessToken {
  const visible = { ...shown, ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt * 1000) }) };
  const token = redact(visible, { value, ...(refreshToken !== undefined && { refreshToken }) });
  return Object.freeze(token) as AccessToken;
}

// A token that was obtained, in a form that nobody prints by mistake.

/** A token to send as `Authorization: Bearer <value>`. Printing it, or making it JSON, shows no secret. */
export interface AccessToken {
  /** The token itself. Not enumerable. */
  readonly value: string;
  /** `Bearer`, where the service says so. */
  readonly tokenType?: string;
  /** What kind of token it is, as RFC 8693 section 3 names it. */
  readonly issuedTokenType?: string;
  /** What it was granted for, where the service says so. */
  readonly scope?: string;
  /** A token for renewing it, where the service gives one. Not enumerable. */
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

/**
 * Makes an object whose secrets can be read, while `JSON.stringify` and `util.inspect` get `[redacted]`. With `copyable` the
 * secrets are enumerable, so that `{ ...object }` has them too.
 */
export function redact(visible: object, secrets: Record<string, string>, copyable = false): object {
  const redacted = () => ({ ...visible, ...Object.fromEntries(Object.keys(secrets).map((name) => [name, '[redacted]'])) });
  const object: object = { ...visible };
  const define = (name: string | symbol, property: PropertyDescriptor) => Object.defineProperty(object, name, property);
  for (const [name, secret] of Object.entries(secrets)) define(name, { get: () => secret, enumerable: copyable });
  define('toJSON', { value: redacted });
  define('toString', { value: () => '[redacted]' });
  define(Symbol.for('nodejs.util.inspect.custom'), { value: redacted });
  return object;
}

// The errors of `eve/connections`. Eve tells them by name, so they need no import of it.

import { CountersignError } from '../../core/errors.js';
import type { ConnectError } from '../errors.js';

/** The user has to agree first. Eve then starts the authorization. */
export class ConnectionAuthorizationRequiredError extends CountersignError {
  readonly connectionName = 'connect';

  /** @internal */
  constructor(cause: ConnectError, message = cause.message) {
    super({ ...detailsOf(cause), message });
  }
}

/** The authorization failed. `reason` says why, and `retryable` whether another attempt may succeed. */
export class ConnectionAuthorizationFailedError extends CountersignError {
  readonly connectionName = 'connect';

  /** @internal */
  constructor(cause: ConnectError, failure: { reason?: string; retryable: boolean; message?: string }) {
    super({ ...detailsOf(cause), ...failure });
  }
}

const detailsOf = (cause: ConnectError) => {
  const { code, message, status, provider } = cause;
  return { code, message, status, provider, cause };
};

// Written out, since bundlers rename classes.
for (const [name, Class] of Object.entries({ ConnectionAuthorizationRequiredError, ConnectionAuthorizationFailedError })) {
  Object.defineProperty(Class.prototype, 'name', { value: name });
}

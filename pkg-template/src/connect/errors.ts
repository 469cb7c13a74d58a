// Refusals of Vercel Connect, under the names of its published SDK.

import { CountersignError, type ErrorDetails } from '../core/errors.js';
import type { ConnectVendorErrorPayload } from './types.js';

/** A refusal to construct, for mocks. */
export interface ConnectErrorOptions {
  /** The service's own code, such as `forbidden`: `provider.code` of the error. */
  code?: string;
  status?: number;
  statusText?: string;
  vendor?: ConnectVendorErrorPayload;
}

/**
 * A refusal of Vercel Connect. `code` is `ERR_EXCHANGE_REJECTED` for all of them; the service's own code, such as `forbidden`, is
 * `provider.code`.
 */
export class ConnectError extends CountersignError {
  /** The answer of the provider behind the connector. */
  declare readonly vendor?: ConnectVendorErrorPayload;

  constructor(message: string | ErrorDetails, options: ConnectErrorOptions = {}) {
    const { code, status, vendor } = options;
    const provider = { name: 'connect', ...(code !== undefined && { code }) };
    super(typeof message === 'string' ? { code: 'ERR_EXCHANGE_REJECTED', message, status, provider } : message);
    if (vendor !== undefined) this.vendor = vendor;
  }
}

/** There is no token for this subject, and no way to one. */
export class NoValidTokenError extends ConnectError {}

/** The user has to agree first: see `startAuthorization`. */
export class UserAuthorizationRequiredError extends ConnectError {}

/** The connector has to be installed first. */
export class ConnectorInstallationRequiredError extends ConnectError {}

const CLASSES: Record<string, typeof ConnectError> = {
  no_token: NoValidTokenError,
  user_authorization_required: UserAuthorizationRequiredError,
  connector_installation_required: ConnectorInstallationRequiredError,
  client_installation_required: ConnectorInstallationRequiredError,
};

// Written out, since bundlers rename classes.
const NAMES = { ConnectError, NoValidTokenError, UserAuthorizationRequiredError, ConnectorInstallationRequiredError };
for (const [name, Class] of Object.entries(NAMES)) Object.defineProperty(Class.prototype, 'name', { value: name });

/** Waits for what the service answers; its refusals become errors of this module. */
export async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw thrown instanceof CountersignError && thrown.code === 'ERR_EXCHANGE_REJECTED' ? connectError(thrown) : thrown;
  }
}

function connectError(error: CountersignError): CountersignError {
  // A token of the chain may have been refused elsewhere before.
  if (error.provider?.name !== 'connect') return error;
  const { code, message, retryable, status } = error;
  const { details, ...provider } = error.provider;
  const Class = (provider.code !== undefined && Object.hasOwn(CLASSES, provider.code) && CLASSES[provider.code]) || ConnectError;
  const vendor = details === undefined ? undefined : parse(details);
  return new Class({ code, message, retryable, status, provider }, vendor === undefined ? {} : { vendor });
}

/** Redaction may have broken the details. */
function parse(details: string): ConnectVendorErrorPayload | undefined {
  try {
    return JSON.parse(details);
  } catch {
    return undefined;
  }
}

// The calls of Vercel Connect, under the names of its published SDK.

import { type ConnectCallOptions, call, setting, splitOptions } from './call.js';
import { evictTokens } from './client.js';
import { refusing } from './errors.js';
import type {
  ConnectAuthorizationResponse,
  ConnectInstallationParams,
  ConnectInstallationResponse,
  ConnectRevocationParams,
  ConnectTokenParams,
  ConnectTokenResponse,
  ConnectorMetadata,
} from './types.js';
import { invalidOption } from '../core/errors.js';
import { ownOptions, plainData, plainJson } from '../core/options.js';
import type { ConnectorOptions } from '../credentials_bg.js';
import { redact } from '../core/redact.js';
import { Exchange } from '../exchange/client.js';
import type { Environment } from '../host/environment.js';

/** Options of {@link getToken} and {@link getTokenResponse}. */
export interface ConnectOptions extends ConnectCallOptions {
  /** Not the token that is in the cache: the service looks anew whether it is still granted. Default: false. */
  forceRefresh?: boolean;
}

/** Options of {@link startAuthorization}. */
export interface ConnectAuthorizationOptions extends ConnectCallOptions {
  /** The URL to which the user returns: https, or http on `localhost`, `*.localhost` or `127.0.0.1`. */
  callbackUrl?: string;
  /** The URL that is called at the end; https only. */
  webhook?: string;
  /** Asks for a code that the user types in elsewhere. Default: only where `VERCEL_CONNECT_INTERACTIVE_AUTH_MODE` is `detached`. */
  deviceCode?: boolean;
  expiresInMs?: number;
  /** The OAuth parameter `prompt`. */
  prompt?: string;
}

/** Options of {@link experimental_startInstallation}. */
export interface ConnectInstallationOptions extends Omit<ConnectAuthorizationOptions, 'callbackUrl' | 'prompt'> {
  /** The URL to which the operator returns, as with `callbackUrl`. */
  returnUrl?: string;
  tenantId?: string;
}

/** The token of {@link getTokenResponse}. */
export async function getToken(connector: string, params: ConnectTokenParams, options: ConnectOptions = {}): Promise<string> {
  return (await getTokenResponse(connector, params, options)).token;
}

/**
 * A provider's token for a subject: from the cache, or asked of the service.
 *
 * The cache tells apart who asks (by the exact text of the token that is presented), the connector, everything that is asked
 * for, and the region. Rejects with a {@link ConnectError} where the service refuses, else with `ERR_EXCHANGE_…`,
 * `ERR_INVALID_OPTION`, or as `getBearerToken` does.
 */
export async function getTokenResponse(
  connector: string,
  params: ConnectTokenParams,
  options: ConnectOptions = {},
): Promise<ConnectTokenResponse> {
  const { forceRefresh, ...rest } = ownOptions(options);
  if (forceRefresh !== undefined && typeof forceRefresh !== 'boolean') throw invalidOption('forceRefresh', 'must be true or false');
  const own = ownOptions(params, 'params');
  const { place, subject, fetcher } = splitOptions(connector, rest);
  const wanted = plainJson(own, '');
  const exchange = new Exchange('connect', (wasm) => wasm.create_connect_exchange(place, wanted));
  const host = { fetch: fetcher, forceRefresh, minValidity: (own.validityBufferMs ?? DEFAULT_VALIDITY_MS) / 1000 };
  const obtained = async () => exchange.once<{ response: ConnectTokenResponse }>(await subject(), host);
  const { response } = await refusing(obtained());
  const { token, ...visible } = response;
  return redact(visible, { token }) as ConnectTokenResponse;
}

/** How long a token from the cache must still live, in milliseconds, unless the caller says otherwise. */
const DEFAULT_VALIDITY_MS = 30_000;

/** Revokes the tokens of a subject. Those of it that are in the cache, or on their way there, are forgotten whatever comes of it. */
export async function revokeToken(connector: string, params: ConnectRevocationParams, options: ConnectCallOptions = {}): Promise<void> {
  await call('revoke', connector, params, options);
}

/** Evicts the token of exactly these parameters, of any caller, so that the next call requests a new one. */
export function deleteTokenCacheEntry(connector: string, params: ConnectTokenParams): void {
  evictTokens(plainData({ connector }) as ConnectorOptions, plainJson(ownOptions(params, 'params'), ''));
}

/** Asks a user to agree; `url` of the result is where. */
export async function startAuthorization(
  connector: string,
  params: ConnectTokenParams,
  options: ConnectAuthorizationOptions = {},
): Promise<ConnectAuthorizationResponse> {
  const { callbackUrl, webhook, deviceCode, expiresInMs, prompt, ...rest } = ownOptions(options);
  const consent = { callbackUrl, webhook, deviceCode, expiresInMs, prompt };
  return call('authorize', connector, { ...ownOptions(params, 'params'), ...detached(consent, rest.env) }, rest);
}

/** Asks an operator to install a connector. Vercel calls this experimental, and opens it on request. */
export async function experimental_startInstallation(
  connector: string,
  params: ConnectInstallationParams = {},
  options: ConnectInstallationOptions = {},
): Promise<ConnectInstallationResponse> {
  const { returnUrl, webhook, deviceCode, expiresInMs, tenantId, ...rest } = ownOptions(options);
  const consent = { returnUrl, webhook, deviceCode, expiresInMs, tenantId };
  return call('install', connector, { ...ownOptions(params, 'params'), ...detached(consent, rest.env) }, rest);
}

/** A connector, as a project sees it that it is linked to. */
export async function getConnectorMetadata(connector: string, options: ConnectCallOptions = {}): Promise<ConnectorMetadata> {
  type WireMetadata = Omit<ConnectorMetadata, 'vendor'> & { data?: ConnectorMetadata['vendor'] };
  const { data, ...metadata } = await call<WireMetadata>('describe', connector, {}, options);
  return { ...metadata, vendor: data ?? {} };
}

/** A device code takes the place of the callback where no browser can return to this process. */
function detached<Consent extends { deviceCode?: boolean | undefined }>(consent: Consent, env: Environment | undefined): object {
  if (setting('VERCEL_CONNECT_INTERACTIVE_AUTH_MODE', env) !== 'detached') return consent;
  return { ...consent, callbackUrl: undefined, returnUrl: undefined, deviceCode: consent.deviceCode ?? true };
}

/**
 * Provider tokens from Vercel Connect: the names and shapes of `@vercel/connect`, one cache that tells callers apart, and one
 * billed request for callers that ask for the same at the same time. And the deliveries of its triggers, verified.
 *
 * @module
 */

import { type Action, callConnect, evictTokens } from './connect/client.js';
import { refusing } from './connect/errors.js';
import type {
  ConnectAuthorizationResponse,
  ConnectInstallationParams,
  ConnectInstallationResponse,
  ConnectRevocationParams,
  ConnectTokenParams,
  ConnectTokenResponse,
  ConnectorMetadata,
} from './connect/types.js';
import { invalidOption } from './core/errors.js';
import { assertKnown, assertObject, ownOptions, plainData, plainJson } from './core/options.js';
import { credentialsModule } from './credentials/module.js';
import type { ConnectorOptions } from './credentials_bg.js';
import type { ChainOptions } from './credentials/bearer-token.js';
import { redact } from './core/redact.js';
import { Exchange } from './exchange/client.js';
import { type SubjectOptions, subjectToken } from './exchange/subject-token.js';
import { type Environment, variable } from './host/environment.js';

export {
  ConnectError,
  ConnectorInstallationRequiredError,
  NoValidTokenError,
  UserAuthorizationRequiredError,
} from './connect/errors.js';
export {
  type ConnectDelivery,
  type ConnectDeliveryRouteOptions,
  type ConnectDeliveryTarget,
  type ConnectRefusal,
  type ConnectWebhookVerifier,
  type ConnectWebhookVerifierOptions,
  type MemoryReplayOptions,
  type ReplayStore,
  createConnectWebhookVerifier,
  createMemoryReplayStore,
  withConnectDelivery,
} from './connect/deliveries.js';
export { type ConnectEvent, type ConnectEventsOptions, experimental_withConnectEvents } from './connect/events.js';
export type * from './connect/types.js';

/** Who asks, and where. Unknown members are refused. */
export interface ConnectCallOptions extends Pick<ChainOptions, 'request' | 'env' | 'fetch'> {
  /** The OIDC token, or an access token of Vercel. Default: the OIDC token that `getBearerToken` finds. */
  vercelToken?: string;
  /** Vercel's region to ask, such as `iad1`. Default: the environment variable `VERCEL_REGION`, else the nearest. */
  region?: string;
  /** Another server in Vercel's place, such as that of `createTestConnect`: an https URL, or http on this machine. */
  endpoint?: string;
}

/** Options of {@link getToken} and {@link getTokenResponse}. */
export interface ConnectOptions extends ConnectCallOptions {
  /** Not the token that is in the cache: the service looks anew whether it is still granted. Default: false. */
  forceRefresh?: boolean;
}

/** Options of {@link startAuthorization}. */
export interface ConnectAuthorizationOptions extends ConnectCallOptions {
  /** Where the user goes afterwards: https, or http on `localhost`, `*.localhost` or `127.0.0.1`. */
  callbackUrl?: string;
  /** What is told of the end; https only. */
  webhook?: string;
  /** Asks for a code that the user types in elsewhere. Default: only where `VERCEL_CONNECT_INTERACTIVE_AUTH_MODE` is `detached`. */
  deviceCode?: boolean;
  expiresInMs?: number;
  /** The OAuth parameter `prompt`. */
  prompt?: string;
}

/** Options of {@link experimental_startInstallation}. */
export interface ConnectInstallationOptions extends Omit<ConnectAuthorizationOptions, 'callbackUrl' | 'prompt'> {
  /** Where the operator goes afterwards, as with `callbackUrl`. */
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
  const { validityBufferMs = DEFAULT_VALIDITY_MS, ...tokenParams } = ownOptions(params, 'params');
  if (!(Number.isFinite(validityBufferMs) && validityBufferMs >= 0)) {
    throw invalidOption('validityBufferMs', 'must be a number of milliseconds, not negative');
  }
  const { place, subject, fetcher } = splitOptions(connector, rest);
  const wanted = plainJson(tokenParams, '');
  const exchange = new Exchange((wasm) => wasm.create_connect_exchange(place, wanted));
  const host = { fetch: fetcher, forceRefresh, minValidity: validityBufferMs / 1000 };
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
  const { validityBufferMs: _, ...tokenParams } = ownOptions(params, 'params');
  evictTokens(plainData({ connector }) as ConnectorOptions, plainJson(tokenParams, ''));
}

/** Asks a user to agree; `url` of the result is where. */
export async function startAuthorization(
  connector: string,
  params: ConnectTokenParams,
  options: ConnectAuthorizationOptions = {},
): Promise<ConnectAuthorizationResponse> {
  const { callbackUrl, webhook, deviceCode, expiresInMs, prompt, ...rest } = ownOptions(options);
  const { validityBufferMs: _, ...tokenParams } = ownOptions(params, 'params');
  const consent = { callbackUrl, webhook, deviceCode, expiresInMs, prompt };
  return call('authorize', connector, { ...tokenParams, ...detached(consent, rest.env) }, rest);
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

/** What a connector is, for a project that it is linked to. */
export async function getConnectorMetadata(connector: string, options: ConnectCallOptions = {}): Promise<ConnectorMetadata> {
  type WireMetadata = Omit<ConnectorMetadata, 'vendor'> & { data?: ConnectorMetadata['vendor'] };
  const { data, ...metadata } = await call<WireMetadata>('describe', connector, {}, options);
  return { ...metadata, vendor: data ?? {} };
}

async function call<T>(action: Action, connector: string, params: object, options: ConnectCallOptions): Promise<T> {
  const { place, subject, fetcher } = splitOptions(connector, options);
  return refusing(callConnect<T>(action, place, plainJson(params, ''), subject, fetcher));
}

/** Where no browser can come back to this process, a code takes the place of the way back. */
function detached<Consent extends { deviceCode?: boolean | undefined }>(consent: Consent, env: Environment | undefined): object {
  if (setting('VERCEL_CONNECT_INTERACTIVE_AUTH_MODE', env) !== 'detached') return consent;
  return { ...consent, callbackUrl: undefined, returnUrl: undefined, deviceCode: consent.deviceCode ?? true };
}

const CALL_OPTIONS = ['vercelToken', 'region', 'endpoint', 'request', 'env', 'fetch'];

/** The options of one call, split by who reads them. */
function splitOptions(connector: string, given: ConnectCallOptions) {
  const options = ownOptions(given);
  assertKnown(credentialsModule, options, CALL_OPTIONS);
  const { vercelToken, endpoint, request, env, fetch: fetcher } = options;
  if (env !== undefined) assertObject(env, 'env');
  const { region = endpoint === undefined ? setting('VERCEL_REGION', env) : undefined } = options;
  if (fetcher !== undefined && typeof fetcher !== 'function') throw invalidOption('fetch', 'must be a function');
  if (vercelToken !== undefined && (typeof vercelToken !== 'string' || vercelToken === '')) {
    throw invalidOption('vercelToken', 'must be a string, not empty');
  }
  const subject = ownOptions({ token: vercelToken, request, env, fetch: fetcher } as SubjectOptions);
  const place = plainData({ connector, region, endpoint }) as ConnectorOptions;
  return { place, subject: () => subjectToken(subject), fetcher };
}

/** An environment variable; a blank one counts as not set. */
const setting = (name: string, env: Environment | undefined): string | undefined => variable(name, env)?.trim() || undefined;

/**
 * Provider tokens from Vercel Connect: the names and shapes of `@vercel/connect`, one cache that tells callers apart, and one
 * billed request for callers that ask for the same at the same time. And the deliveries of its triggers, verified.
 *
 * @module
 */

export type { ConnectCallOptions } from './connect/call.js';
export {
  type ConnectAuthorizationOptions,
  type ConnectInstallationOptions,
  type ConnectOptions,
  deleteTokenCacheEntry,
  experimental_startInstallation,
  getConnectorMetadata,
  getToken,
  getTokenResponse,
  revokeToken,
  startAuthorization,
} from './connect/calls.js';
export {
  ConnectError,
  type ConnectErrorOptions,
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

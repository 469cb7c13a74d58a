/**
 * Vercel Connect for the adapters of the Chat SDK: fragments of their configuration, with the names and shapes of
 * `@vercel/connect/chat`. Provider tokens come from a connector, and deliveries are verified by this package.
 *
 * @module
 */

import { type ConnectOptions, getConnectorMetadata, getToken, getTokenResponse } from '../connect.js';
import { CountersignError, invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import { type ConnectWebhookVerifier, type ConnectWebhookVerifierOptions, createConnectWebhookVerifier } from './deliveries.js';
import type { ConnectTokenParams } from './types.js';

export * from './deliveries.js';

/** Options of every fragment: those of `getToken`, and those of the verifier. Unknown members are refused. */
export interface ConnectAdapterOptions extends ConnectOptions {
  /** Options of `webhookVerifier`, such as `team` or `audience`. Default: see `createConnectWebhookVerifier`. */
  webhook?: ConnectWebhookVerifierOptions;
}

/** Options of {@link connectDiscordAdapter}. */
export interface ConnectDiscordAdapterOptions extends ConnectAdapterOptions {
  /**
   * The application's id, from Discord's developer portal. Default: that of the connector's token. The adapter asks for the id before
   * it verifies a delivery, and a token is billed: name the id, or wrap the route in `withConnectDelivery`.
   */
  applicationId?: string;
}

/** Parameters of the tokens. The subject is always the application itself. */
type AppParams = Omit<ConnectTokenParams, 'subject'>;

export type ConnectDiscordAdapterParams = AppParams;
export type ConnectGitHubAdapterParams = AppParams;
export type ConnectLinearAdapterParams = AppParams;
export type ConnectLinqAdapterParams = AppParams;
export type ConnectNotionAdapterParams = AppParams;
export type ConnectSlackAdapterParams = AppParams;
/** The adapter names the scopes of each token. */
export type ConnectTeamsAdapterParams = Omit<ConnectTokenParams, 'subject' | 'scopes'>;
export type ConnectTelegramAdapterParams = AppParams;
export type ConnectSendblueAdapterParams = AppParams & {
  /** The line to send from, for a connector that has several. */
  fromNumber?: string | (() => Promise<string>);
};

/** Resolves to a token, or another value of the connector, when an adapter needs it. */
export type ConnectTokenResolver = () => Promise<string>;

export interface ConnectDiscordAdapterConfig {
  applicationId: ConnectTokenResolver;
  botToken: ConnectTokenResolver;
  webhookVerifier: ConnectWebhookVerifier;
}

export interface ConnectGitHubAdapterConfig {
  installationToken: ConnectTokenResolver;
  webhookVerifier: ConnectWebhookVerifier;
}

export interface ConnectLinearAdapterConfig {
  accessToken: ConnectTokenResolver;
  webhookVerifier: ConnectWebhookVerifier;
}

/** The credentials of the Linq adapter. */
export interface ConnectLinqCredentials {
  apiKey: string;
}

export interface ConnectLinqAdapterConfig {
  credentials: () => Promise<ConnectLinqCredentials>;
  webhookVerifier: ConnectWebhookVerifier;
}

export interface ConnectNotionAdapterConfig {
  token: ConnectTokenResolver;
}

export interface ConnectSendblueAdapterConfig {
  accessToken: ConnectTokenResolver;
  defaultFromNumber: ConnectTokenResolver;
  allowedFromNumbers: () => Promise<readonly string[]>;
  webhookVerifier: ConnectWebhookVerifier;
}

export interface ConnectSlackAdapterConfig {
  botToken: ConnectTokenResolver;
  webhookVerifier: ConnectWebhookVerifier;
}

export interface ConnectTeamsAdapterConfig {
  appId: ConnectTokenResolver;
  token: (scope: string | string[], tenantId?: string) => Promise<string>;
  webhookVerifier: ConnectWebhookVerifier;
}

export interface ConnectTelegramAdapterConfig {
  botToken: ConnectTokenResolver;
}

/** The options of a fragment, split by who reads them, and a function for its tokens. */
function fragment(connector: string, params: AppParams, options: ConnectAdapterOptions | undefined) {
  const { webhook = {}, ...rest } = ownOptions(options ?? {});
  const token = (more: AppParams = {}) => getToken(connector, { ...params, ...more, subject: { type: 'app' } }, rest);
  return { rest, token, webhookVerifier: () => createConnectWebhookVerifier(webhook) };
}

/** A value of the connector that does not change. A failure is not remembered. */
function once<T>(resolve: () => Promise<T>): () => Promise<T> {
  let known: { value: T } | undefined;
  return async () => (known ??= { value: await resolve() }).value;
}

const incomplete = (connector: string, missing: string): CountersignError =>
  new CountersignError({ code: 'ERR_EXCHANGE_INVALID', message: `the connector \`${connector}\` has no ${missing}` });

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** For `createSlackAdapter` of `@chat-adapter/slack`. Throws `ERR_INVALID_OPTION`. */
export function connectSlackAdapter(
  connector: string,
  params: ConnectSlackAdapterParams = {},
  options?: ConnectAdapterOptions,
): ConnectSlackAdapterConfig {
  const { token, webhookVerifier } = fragment(connector, params, options);
  return { botToken: () => token(), webhookVerifier: webhookVerifier() };
}

/** For `createGitHubAdapter` of `@chat-adapter/github`. Throws `ERR_INVALID_OPTION`. */
export function connectGitHubAdapter(
  connector: string,
  params: ConnectGitHubAdapterParams = {},
  options?: ConnectAdapterOptions,
): ConnectGitHubAdapterConfig {
  const { token, webhookVerifier } = fragment(connector, params, options);
  return { installationToken: () => token(), webhookVerifier: webhookVerifier() };
}

/** For `createLinearAdapter` of `@chat-adapter/linear`. Throws `ERR_INVALID_OPTION`. */
export function connectLinearAdapter(
  connector: string,
  params: ConnectLinearAdapterParams = {},
  options?: ConnectAdapterOptions,
): ConnectLinearAdapterConfig {
  const { token, webhookVerifier } = fragment(connector, params, options);
  return { accessToken: () => token(), webhookVerifier: webhookVerifier() };
}

/** For `createDiscordAdapter` of `@chat-adapter/discord`. Throws `ERR_INVALID_OPTION`. */
export function connectDiscordAdapter(
  connector: string,
  params: ConnectDiscordAdapterParams = {},
  options: ConnectDiscordAdapterOptions = {},
): ConnectDiscordAdapterConfig {
  const { applicationId, ...others } = ownOptions(options);
  if (applicationId !== undefined && !isText(applicationId)) throw invalidOption('applicationId', 'must be a string, not empty');
  const { rest, token, webhookVerifier } = fragment(connector, params, others);
  const resolveId = once(async () => {
    const { metadata } = await getTokenResponse(connector, { ...params, subject: { type: 'app' } }, rest);
    const id = metadata?.['applicationId'];
    if (!isText(id)) throw incomplete(connector, 'Discord application id');
    return id;
  });
  return {
    applicationId: async () => applicationId ?? resolveId(),
    botToken: () => token(),
    webhookVerifier: webhookVerifier(),
  };
}

/** For `createTeamsAdapter` of `@chat-adapter/teams`. Connect chooses the tenant. Throws `ERR_INVALID_OPTION`. */
export function connectTeamsAdapter(
  connector: string,
  params: ConnectTeamsAdapterParams = {},
  options?: ConnectAdapterOptions,
): ConnectTeamsAdapterConfig {
  const { rest, token, webhookVerifier } = fragment(connector, params, options);
  const { forceRefresh: _, ...call } = rest;
  return {
    appId: once(async () => {
      const { vendor } = await getConnectorMetadata(connector, call);
      if (!isText(vendor['appId'])) throw incomplete(connector, 'Microsoft Teams app id');
      return vendor['appId'];
    }),
    token: (scope) => token({ scopes: [scope].flat() }),
    webhookVerifier: webhookVerifier(),
  };
}

/** For `createLinqAdapter` of `@linqapp/chat-sdk-adapter`. Throws `ERR_INVALID_OPTION`. */
export function connectLinqAdapter(
  connector: string,
  params: ConnectLinqAdapterParams = {},
  options?: ConnectAdapterOptions,
): ConnectLinqAdapterConfig {
  const { token, webhookVerifier } = fragment(connector, params, options);
  return { credentials: async () => ({ apiKey: await token() }), webhookVerifier: webhookVerifier() };
}

/**
 * For `createSendblueAdapter` of `chat-adapter-sendblue`. A connector with one line sends from it; `params.fromNumber` chooses among
 * several. Throws `ERR_INVALID_OPTION`, which the resolvers reject with where the line is not one of the connector's.
 */
export function connectSendblueAdapter(
  connector: string,
  params: ConnectSendblueAdapterParams = {},
  options?: ConnectAdapterOptions,
): ConnectSendblueAdapterConfig {
  const { fromNumber, ...tokenParams } = ownOptions(params, 'params');
  const { rest, token, webhookVerifier } = fragment(connector, tokenParams, options);
  const { forceRefresh: _, ...call } = rest;
  const lines = once(async () => {
    const { vendor } = await getConnectorMetadata(connector, call);
    const numbers = ([vendor['lines'] ?? []].flat() as ({ phone_number?: unknown } | null)[]).map((line) => line?.phone_number);
    if (numbers.length === 0 || !numbers.every(isText)) throw incomplete(connector, 'Sendblue lines');
    return Object.freeze(numbers as string[]);
  });
  return {
    accessToken: () => token(),
    allowedFromNumbers: lines,
    defaultFromNumber: async () => {
      const numbers = await lines();
      const chosen = typeof fromNumber === 'function' ? await fromNumber() : fromNumber;
      if (chosen === undefined && numbers.length > 1)
        throw invalidOption('fromNumber', `is required: the connector \`${connector}\` has several lines`);
      const number = chosen ?? numbers[0];
      if (number === undefined || !numbers.includes(number))
        throw invalidOption('fromNumber', `must be a line of the connector \`${connector}\``);
      return number;
    },
    webhookVerifier: webhookVerifier(),
  };
}

/** For `createNotionAdapter` of `@chat-adapter/notion`. Notion signs its webhooks itself: keep the adapter's `verificationToken`. */
export function connectNotionAdapter(
  connector: string,
  params: ConnectNotionAdapterParams = {},
  options?: ConnectOptions,
): ConnectNotionAdapterConfig {
  const { token } = fragment(connector, params, options);
  return { token: () => token() };
}

/** For `createTelegramAdapter` of `@chat-adapter/telegram`. Telegram calls the bot itself: keep the adapter's `secretToken`. */
export function connectTelegramAdapter(
  connector: string,
  params: ConnectTelegramAdapterParams = {},
  options?: ConnectOptions,
): ConnectTelegramAdapterConfig {
  const { token } = fragment(connector, params, options);
  return { botToken: () => token() };
}

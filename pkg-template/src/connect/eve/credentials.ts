// The credentials of Eve's channels, from Vercel Connect.

import { type ConnectOptions, getConnectorMetadata, getToken, getTokenResponse } from '../calls.js';
import { CountersignError } from '../../core/errors.js';
import { ownOptions } from '../../core/options.js';
import type { ConnectTokenParams, ConnectTokenResponse } from '../types.js';
import type { EveAuthFn } from './session.js';
import { type VercelOidcOptions, vercelOidc } from './vercel-oidc.js';

/** Options of the credentials of a channel. */
export interface ConnectCredentialsOptions extends ConnectOptions {
  /** The requirements on forwarded webhooks. Default: a token of this project and environment. */
  readonly webhook?: VercelOidcOptions;
}

type Params = Omit<ConnectTokenParams, 'subject'>;

export type ConnectDiscordCredentialsParams = Params;
export type ConnectGitHubCredentialsParams = Params;
export type ConnectLinearCredentialsParams = Params;
export type ConnectLinqCredentialsParams = Params;
export type ConnectPhotonCredentialsParams = Params;
export type ConnectSlackCredentialsParams = Params;
export type ConnectTeamsCredentialsParams = Omit<ConnectTokenParams, 'subject' | 'scopes'>;
export type ConnectSendblueCredentialsParams = Params & {
  /** The line to send from, where the connector has several. */
  fromNumber?: string | (() => Promise<string>);
};

export interface ConnectLinqCredentials {
  apiKey: () => Promise<string>;
  webhookVerifier: EveAuthFn;
}

export interface ConnectSendblueCredentials {
  accessToken: () => Promise<string>;
  defaultFromNumber: () => Promise<string>;
  allowedFromNumbers: () => Promise<readonly string[]>;
  webhookVerifier: EveAuthFn;
}

export interface PhotonCredentials {
  projectId: string;
  projectSecret: string;
}

export type ConnectPhotonCredentialProvider = () => Promise<PhotonCredentials>;

/** The common part of every channel: tokens of the application, its connector's metadata, and a check of webhooks. */
function channel(connector: string, params: Params, given: ConnectCredentialsOptions) {
  const { webhook, ...options } = ownOptions(given);
  const { forceRefresh: _, ...call } = options;
  // A subject that was smuggled in is not that of the application.
  const wanted: ConnectTokenParams = { ...params, subject: { type: 'app' } };
  return {
    token: () => getToken(connector, wanted, options),
    response: (more: Params = {}): Promise<ConnectTokenResponse> => getTokenResponse(connector, { ...wanted, ...more }, options),
    vendor: async () => (await getConnectorMetadata(connector, call)).vendor,
    webhookVerifier: vercelOidc(webhook),
  };
}

/** A member that the service must have sent. */
function required(connector: string, value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new CountersignError({ code: 'ERR_EXCHANGE_INVALID', message: `connector \`${connector}\` has no ${name}` });
}

/** Makes the `credentials` of `discordChannel`. Its two functions share one token. */
export function connectDiscordCredentials(
  connector: string,
  params: ConnectDiscordCredentialsParams = {},
  options: ConnectCredentialsOptions = {},
) {
  const { response, webhookVerifier } = channel(connector, params, options);
  const credentials = async () => {
    const { token, metadata } = await response();
    return { botToken: token, applicationId: required(connector, metadata?.['applicationId'], 'application id of Discord') };
  };
  return {
    applicationId: async (): Promise<string> => (await credentials()).applicationId,
    botToken: async (): Promise<string> => (await credentials()).botToken,
    webhookVerifier,
  };
}

/** Makes the `credentials` of `githubChannel`. */
export function connectGitHubCredentials(
  connector: string,
  params: ConnectGitHubCredentialsParams = {},
  options: ConnectCredentialsOptions = {},
) {
  const { token, vendor, webhookVerifier } = channel(connector, params, options);
  return {
    appSlug: async (): Promise<string> => required(connector, (await vendor())['appSlug'], 'slug of a GitHub App'),
    installationToken: token,
    webhookVerifier,
  };
}

/** Makes the `credentials` of `linearChannel`. */
export function connectLinearCredentials(
  connector: string,
  params: ConnectLinearCredentialsParams = {},
  options: ConnectCredentialsOptions = {},
) {
  const { token, webhookVerifier } = channel(connector, params, options);
  return { accessToken: token, webhookVerifier };
}

/** Makes the `credentials` of `linqChannel`. */
export function connectLinqCredentials(
  connector: string,
  params: ConnectLinqCredentialsParams = {},
  options: ConnectCredentialsOptions = {},
): ConnectLinqCredentials {
  const { token, webhookVerifier } = channel(connector, params, options);
  return { apiKey: token, webhookVerifier };
}

/** Makes a provider of the `credentials` of Photon. */
export function connectPhotonCredentials(
  connector: string,
  params: ConnectPhotonCredentialsParams = {},
  options: ConnectOptions = {},
): ConnectPhotonCredentialProvider {
  const { response } = channel(connector, params, options);
  return async () => {
    const { token, metadata } = await response();
    return { projectId: required(connector, metadata?.['projectId'], 'project id of Photon'), projectSecret: token };
  };
}

/** Makes the credentials of Sendblue. */
export function connectSendblueCredentials(
  connector: string,
  params: ConnectSendblueCredentialsParams = {},
  options: ConnectCredentialsOptions = {},
): ConnectSendblueCredentials {
  const { fromNumber, ...rest } = ownOptions(params, 'params');
  const { token, vendor, webhookVerifier } = channel(connector, rest, options);
  const invalid = (problem: string) =>
    new CountersignError({ code: 'ERR_EXCHANGE_INVALID', message: `connector \`${connector}\` ${problem}` });
  const allowedFromNumbers = async () => {
    const numbers = linesOf((await vendor())['lines']);
    if (numbers.length === 0) throw invalid('has no lines of Sendblue');
    return numbers;
  };
  return {
    accessToken: token,
    async defaultFromNumber() {
      const numbers = await allowedFromNumbers();
      const chosen = typeof fromNumber === 'function' ? await fromNumber() : fromNumber;
      if (chosen === undefined && numbers.length > 1) throw invalid('has several lines of Sendblue; choose one with `fromNumber`');
      if (chosen !== undefined && !numbers.includes(chosen)) throw invalid('has no such line as `fromNumber`');
      return chosen ?? (numbers[0] as string);
    },
    allowedFromNumbers,
    webhookVerifier,
  };
}

/** The numbers of Sendblue's lines; none where one of them has no number. */
function linesOf(lines: unknown): string[] {
  const numbers = Array.isArray(lines) ? lines.map((line) => (line as { phone_number?: unknown } | null)?.phone_number) : [];
  return numbers.every((number) => typeof number === 'string' && number !== '') ? (numbers as string[]) : [];
}

/** Makes the `credentials` of `slackChannel`. */
export function connectSlackCredentials(
  connector: string,
  params: ConnectSlackCredentialsParams = {},
  options: ConnectCredentialsOptions = {},
) {
  const { token, webhookVerifier } = channel(connector, params, options);
  return { botToken: token, webhookVerifier };
}

/** Makes the `credentials` of `teamsChannel`. Its tokens are those of the Bot Framework. */
export function connectTeamsCredentials(
  connector: string,
  params: ConnectTeamsCredentialsParams = {},
  options: ConnectCredentialsOptions = {},
) {
  const { response, vendor, webhookVerifier } = channel(connector, params, options);
  return {
    appId: async (): Promise<string> => required(connector, (await vendor())['appId'], 'app id of Microsoft Teams'),
    async tokenProvider(): Promise<{ accessToken: string; expiresAt: number }> {
      const { token, expiresAt } = await response({ scopes: ['https://api.botframework.com/.default'] });
      return { accessToken: token, expiresAt };
    },
    webhookVerifier,
  };
}

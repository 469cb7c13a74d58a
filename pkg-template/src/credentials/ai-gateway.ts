// The credential for Vercel's AI Gateway: alone, as headers, and in the gateway provider of the AI SDK.

import { ownOptions } from '../core/options.js';
import type { AiGatewayHeaders } from './ai-gateway-fetch.js';
import { gatewayWith } from './ai-gateway-provider.js';
import { settingsWith } from './ai-gateway-settings.js';
import { getBearerToken, getBearerTokenOptional } from './bearer-token.js';
import type { ChainOptions } from './resolve.js';

const forAiGateway = (options: ChainOptions): ChainOptions => ({ staticKey: { env: 'AI_GATEWAY_API_KEY' }, ...ownOptions(options) });

/** What Vercel's AI Gateway wants as its bearer token: `AI_GATEWAY_API_KEY` if set, else the OIDC token. */
export async function getAiGatewayBearerToken(options: ChainOptions = {}): Promise<string> {
  return (await getBearerToken(forAiGateway(options))).value;
}

/** The same; undefined only where no source is set up at all. */
export async function getAiGatewayBearerTokenOptional(options: ChainOptions = {}): Promise<string | undefined> {
  return (await getBearerTokenOptional(forAiGateway(options)))?.value;
}

/** The same credential as headers, with the one that says of which kind it is. They hold it in the open. */
export async function getAiGatewayHeaders(options: ChainOptions = {}): Promise<AiGatewayHeaders> {
  const { value, authMethod } = await getBearerToken(forAiGateway(options));
  return { Authorization: `Bearer ${value}`, 'ai-gateway-auth-method': authMethod };
}

/**
 * Makes the provider of Vercel's AI Gateway with a credential that is resolved for each request, so that a provider made once
 * never sends an expired one. `createGateway` is the caller's own, of any major of `@ai-sdk/gateway`.
 *
 * ```ts
 * export const gateway = createAiGateway(createGateway);
 * ```
 *
 * Throws `ERR_INVALID_OPTION` for an option that is unknown, or that this major of the provider does not read. Requests of the
 * provider reject, before anything is sent, where no credential is found: the `CountersignError` is in the `cause` of the
 * provider's error.
 */
export const createAiGateway: ReturnType<typeof gatewayWith> = gatewayWith({ getToken: getAiGatewayBearerToken, getHeaders: getAiGatewayHeaders });

/**
 * Makes settings with which `createGateway` of `@ai-sdk/gateway` 3 resolves a credential for each request.
 *
 * `createAiGateway` is for every major, and these are for programs that cannot pass `createGateway`. Gateway 4 refuses them,
 * with `ERR_INVALID_OPTION` as the `cause`: its sockets would send what stands for the key.
 */
export const aiGatewaySettings: ReturnType<typeof settingsWith> = settingsWith(getAiGatewayHeaders);

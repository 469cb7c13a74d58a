// Vercel's AI Gateway: what it wants in its headers, and a way to give it to its clients.

import { ownOptions } from '../core/options.js';
import { type AiGatewayHeaders, type AiGatewayOptions, type AiGatewaySettings, settingsWith } from './ai-gateway-settings.js';
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
 * Settings with which the AI SDK's gateway provider asks this package for a credential at each request, so that a provider
 * made once never sends an expired one.
 *
 * ```ts
 * const gateway = createGateway(aiGatewaySettings());
 * ```
 *
 * `fetch` adds the credential to requests of the gateway's own origin only. `apiKey` is no key: it keeps the provider from
 * looking for one itself.
 */
export const aiGatewaySettings: (options?: AiGatewayOptions) => AiGatewaySettings = settingsWith(getAiGatewayHeaders);


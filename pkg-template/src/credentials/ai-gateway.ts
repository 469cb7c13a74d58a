// The credential for Vercel's AI Gateway, alone and as headers.

import type { AiGatewayHeaders } from './ai-gateway-fetch.js';
import { getBearerToken, getBearerTokenOptional } from './bearer-token.js';
import { type ChainOptions, chainOptions } from './chain-options.js';

const forAiGateway = (options: ChainOptions): ChainOptions => ({ staticKey: { env: 'AI_GATEWAY_API_KEY' }, ...chainOptions(options) });

/** Resolves the bearer token for Vercel's AI Gateway: `AI_GATEWAY_API_KEY` if set, else the OIDC token. */
export async function getAiGatewayBearerToken(options: ChainOptions = {}): Promise<string> {
  return (await getBearerToken(forAiGateway(options))).value;
}

/** As `getAiGatewayBearerToken`; undefined only where no source is configured. */
export async function getAiGatewayBearerTokenOptional(options: ChainOptions = {}): Promise<string | undefined> {
  return (await getBearerTokenOptional(forAiGateway(options)))?.value;
}

/** Resolves the same credential as headers, with its kind in `ai-gateway-auth-method`. They hold it in the open. */
export async function getAiGatewayHeaders(options: ChainOptions = {}): Promise<AiGatewayHeaders> {
  const { value, authMethod } = await getBearerToken(forAiGateway(options));
  return { Authorization: `Bearer ${value}`, 'ai-gateway-auth-method': authMethod };
}

// Vercel's AI Gateway: what it wants in its headers, and a way to give it to its clients.

import { invalidOption } from '../core/errors.js';
import { getBearerToken, getBearerTokenOptional } from './bearer-token.js';
import type { ChainOptions } from './resolve.js';

/** The headers by which Vercel's AI Gateway knows the caller. */
export interface AiGatewayHeaders extends Record<string, string> {
  Authorization: string;
  'ai-gateway-auth-method': 'api-key' | 'oidc';
}

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

/** Options of {@link aiGatewaySettings}. */
export interface AiGatewayOptions extends ChainOptions {
  /** Where the gateway is. Default: Vercel's. */
  baseURL?: string;
}

/** Settings for `createGateway` of `@ai-sdk/gateway`. */
export interface AiGatewaySettings {
  baseURL: string;
  apiKey: string;
  fetch: typeof fetch;
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);
const BASE_URL = 'https://ai-gateway.vercel.sh/v3/ai';

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
export function aiGatewaySettings({ baseURL = BASE_URL, ...options }: AiGatewayOptions = {}): AiGatewaySettings {
  const { origin = '', protocol, hostname = '' } = typeof baseURL === 'string' && URL.canParse(baseURL) ? new URL(baseURL) : {};
  // It is sent a credential.
  if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.has(hostname))) {
    throw invalidOption('baseURL', 'must be an https URL; http only on 127.0.0.1, [::1] or localhost');
  }
  return {
    baseURL,
    apiKey: 'set-by-countersign',
    async fetch(input, init) {
      const send = options.fetch ?? globalThis.fetch;
      const url = typeof input === 'object' && 'url' in input ? input.url : String(input);
      if (!URL.canParse(url) || new URL(url).origin !== origin) return send(input, init);
      const headers = new Headers(init?.headers ?? (typeof input === 'object' && 'headers' in input ? input.headers : {}));
      for (const [name, value] of Object.entries(await getAiGatewayHeaders(options))) headers.set(name, value);
      return send(input, { ...init, headers });
    },
  };
}

const forAiGateway = (options: ChainOptions): ChainOptions => ({ staticKey: { env: 'AI_GATEWAY_API_KEY' }, ...options });

// Settings for the clients of Vercel's AI Gateway, around a function that finds the credential.

import { invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import type { ChainOptions } from './resolve.js';

/** The headers by which Vercel's AI Gateway knows the caller. */
export interface AiGatewayHeaders extends Record<string, string> {
  Authorization: string;
  'ai-gateway-auth-method': 'api-key' | 'oidc';
}

/** Options of `aiGatewaySettings`. */
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

/** Makes `aiGatewaySettings` with this way to find the credential. */
export function settingsWith(getHeaders: (options: ChainOptions) => Promise<AiGatewayHeaders>) {
  return (given: AiGatewayOptions = {}): AiGatewaySettings => {
    const { baseURL = BASE_URL, ...others } = ownOptions(given);
    const options: ChainOptions = ownOptions(others);
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
        for (const [name, value] of Object.entries(await getHeaders(options))) headers.set(name, value);
        return send(input, { ...init, headers });
      },
    };
  };
}

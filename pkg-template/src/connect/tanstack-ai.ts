/**
 * Tokens of Vercel Connect for `createMCPClient` of `@tanstack/ai-mcp`: the names and shapes of `@vercel/connect/tanstack-ai`.
 *
 * @module
 */

import { invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import { type ConnectAuthProviderOptions, type ConnectOAuthClientProvider, connectAuthProvider } from './auth-provider.js';
import type { ConnectTokenParams } from './types.js';

export * from './mcp.js';

/** The transport of an MCP client, as `createMCPClient` takes it. */
export interface ConnectMCPTransportConfig {
  readonly type: 'http' | 'sse';
  readonly url: string;
  /** Sent with every request. */
  readonly headers?: Record<string, string>;
  /** Sends the requests. Default: the runtime's own `fetch`. */
  readonly fetch?: typeof fetch;
}

/** The same with a provider, and with a `fetch` that follows no redirect. */
export type ConnectMCPTransport<T extends ConnectMCPTransportConfig> = T & {
  readonly fetch?: typeof fetch;
  readonly authProvider: ConnectOAuthClientProvider;
};

/** Options of {@link connectMCPTransport}. Unknown members are refused. */
export interface ConnectMCPTransportOptions extends ConnectAuthProviderOptions {
  /** `follow` lets the MCP server send requests elsewhere. Default: `error`. */
  readonly redirect?: 'follow' | 'error';
}

/**
 * Makes the transport of an MCP client with {@link connectAuthProvider} as its provider.
 *
 * The mode of consent is `eager` for HTTP and `transport` for SSE, unless `consent` says otherwise. Throws `ERR_INVALID_OPTION`.
 */
export function connectMCPTransport<T extends ConnectMCPTransportConfig>(
  config: T,
  connector: string,
  params: ConnectTokenParams,
  options: ConnectMCPTransportOptions = {},
): ConnectMCPTransport<T> {
  const { redirect = 'error', ...rest } = ownOptions(options);
  if (redirect !== 'error' && redirect !== 'follow') throw invalidOption('redirect', 'must be `error` or `follow`');
  const { type, fetch: fetcher } = ownOptions(config, 'config');
  if (type !== 'http' && type !== 'sse') throw invalidOption('type', 'must be `http` or `sse`');
  const authProvider = connectAuthProvider(connector, params, { consent: type === 'http' ? 'eager' : 'transport', ...rest });
  return { ...config, ...(redirect === 'error' && { fetch: withoutRedirects(fetcher, type) }), authProvider };
}

/** A `fetch` that follows no redirect. The SSE client repeats a rejected request and gives up after another status than 200. */
function withoutRedirects(fetcher: typeof fetch | undefined, type: 'http' | 'sse'): typeof fetch {
  const redirect = type === 'sse' ? 'manual' : 'error';
  // The global one is looked up at each call: some runtimes replace it per request.
  return (input, init) => (fetcher ?? globalThis.fetch)(input, { ...init, redirect });
}

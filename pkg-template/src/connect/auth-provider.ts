// The OAuth provider that clients of MCP ask for tokens, with Vercel Connect behind it.

import { CountersignError, invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import { type ConnectOptions, deleteTokenCacheEntry, getTokenResponse, startAuthorization } from './calls.js';
import { ConsentRequiredError, type ConsentChallenge, challengeOf } from './consent.js';
import { UserAuthorizationRequiredError } from './errors.js';
import type { ConnectTokenParams } from './types.js';

/** When a missing consent is raised: by the transport after a 401, or before the first request. */
export type ConnectConsentMode = 'transport' | 'eager';

/** Options of {@link connectAuthProvider}. Unknown members are refused. */
export interface ConnectAuthProviderOptions extends ConnectOptions {
  /**
   * The URL to which the user returns after the consent: https, or http on `localhost`, `*.localhost` or `127.0.0.1`. Default: the
   * connector's own.
   */
  redirectUrl?: string;
  /** Requests a code that the user types in elsewhere. Default: false. */
  deviceCode?: boolean;
  /** Called with each consent that is missing. In the mode `transport` it takes the place of the error. */
  onConsentRequired?(challenge: ConsentChallenge): void | Promise<void>;
  /**
   * `transport` lets the server answer 401 first; `eager` throws {@link ConsentRequiredError} before a request is sent. An SSE
   * transport takes an error of `tokens` for a lost connection and repeats it, so `eager` is for HTTP. Default: `transport`.
   */
  consent?: ConnectConsentMode;
}

/** Tokens as clients of MCP read them. */
export interface ConnectOAuthTokens {
  access_token: string;
  token_type: string;
  /** Seconds. */
  expires_in?: number;
  scope?: string;
  refresh_token?: string;
  id_token?: string;
}

export interface ConnectOAuthClientMetadata {
  redirect_uris: string[];
}

export interface ConnectOAuthClientInformation {
  client_id: string;
}

export interface ConnectOAuthDiscoveryState {
  authorizationServerUrl: string;
  authorizationServerMetadata: {
    issuer: string;
    authorization_endpoint: string;
    token_endpoint: string;
    response_types_supported: string[];
    code_challenge_methods_supported: string[];
  };
  resourceMetadata: {
    resource: string;
    authorization_servers: string[];
  };
}

/** The `authProvider` of `@modelcontextprotocol/sdk`, `@ai-sdk/mcp` and `@tanstack/ai-mcp`. */
export interface ConnectOAuthClientProvider {
  tokens(): Promise<ConnectOAuthTokens | undefined>;
  saveTokens(tokens: ConnectOAuthTokens): void;
  redirectToAuthorization(authorizationUrl: URL): Promise<void>;
  saveCodeVerifier(codeVerifier: string): void;
  codeVerifier(): string;
  get redirectUrl(): string;
  get clientMetadata(): ConnectOAuthClientMetadata;
  clientInformation(): ConnectOAuthClientInformation;
  discoveryState(): ConnectOAuthDiscoveryState;
  saveDiscoveryState(state: unknown): void;
  validateResourceURL(serverUrl: string | URL, resource?: string): Promise<URL | undefined>;
  validateAuthorizationServerURL(serverUrl: string | URL, authorizationServerUrl: string | URL): Promise<void>;
}

/** The `redirectUrl` of a provider without one. It is never followed: clients take an empty one for a flow without a user. */
export const CONNECT_MANAGED_REDIRECT_URL = 'https://connect.vercel.com/';

const CONNECT_ISSUER = 'https://connect.vercel.com';

/**
 * The result of a discovery that does not take place. A client that finds it fetches no address that the MCP server names.
 * None of these endpoints is called: Connect owns the flow.
 */
export const CONNECT_DISCOVERY_STATE: ConnectOAuthDiscoveryState = {
  authorizationServerUrl: CONNECT_ISSUER,
  authorizationServerMetadata: {
    issuer: CONNECT_ISSUER,
    authorization_endpoint: CONNECT_MANAGED_REDIRECT_URL,
    token_endpoint: CONNECT_MANAGED_REDIRECT_URL,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
  },
  resourceMetadata: { resource: CONNECT_MANAGED_REDIRECT_URL, authorization_servers: [CONNECT_ISSUER] },
};

/**
 * Makes a provider whose tokens come from Vercel Connect.
 *
 * A client asks for consent after the server has refused a token. So the token is evicted then, and the next one is requested anew.
 *
 * Throws `ERR_INVALID_OPTION`. `tokens` rejects with {@link ConsentRequiredError} in the mode `eager`, else as
 * {@link getTokenResponse} does.
 */
export function connectAuthProvider(
  connector: string,
  params: ConnectTokenParams,
  options: ConnectAuthProviderOptions = {},
): ConnectOAuthClientProvider {
  const { redirectUrl, deviceCode, onConsentRequired, consent = 'transport', forceRefresh, ...call } = ownOptions(options);
  if (consent !== 'transport' && consent !== 'eager') throw invalidOption('consent', 'must be `transport` or `eager`');
  if (onConsentRequired !== undefined && typeof onConsentRequired !== 'function')
    throw invalidOption('onConsentRequired', 'must be a function');
  if (redirectUrl !== undefined && typeof redirectUrl !== 'string') throw invalidOption('redirectUrl', 'must be a URL');
  if (deviceCode !== undefined && typeof deviceCode !== 'boolean') throw invalidOption('deviceCode', 'must be true or false');
  const tokenOptions = forceRefresh === undefined ? call : { ...call, forceRefresh };
  /** Whether the client has had a token since the last consent was started. */
  let served = false;

  const startConsent = async (): Promise<ConsentChallenge> => {
    const back = { ...(redirectUrl ? { callbackUrl: redirectUrl } : {}), ...(deviceCode ? { deviceCode } : {}) };
    const { url, request, verifier, deviceCode: code, expiresAt } = await startAuthorization(connector, params, { ...call, ...back });
    return challengeOf({ connector, subject: params.subject, url, request, verifier, deviceCode: code, expiresAt });
  };
  const evictServed = () => {
    if (served) deleteTokenCacheEntry(connector, params);
    served = false;
  };
  /** Starts a consent, and ends the flow of the client. */
  const requireConsent = async (): Promise<never> => {
    const challenge = await startConsent();
    await onConsentRequired?.(challenge);
    throw new ConsentRequiredError(challenge);
  };

  return {
    async tokens() {
      try {
        const { token, expiresAt } = await getTokenResponse(connector, params, tokenOptions);
        served = true;
        return { access_token: token, token_type: 'Bearer', expires_in: Math.max(1, Math.floor((expiresAt - Date.now()) / 1000)) };
      } catch (thrown) {
        if (!(thrown instanceof UserAuthorizationRequiredError)) throw thrown;
        return consent === 'eager' ? requireConsent() : undefined;
      }
    },
    async redirectToAuthorization() {
      evictServed();
      const challenge = await startConsent();
      if (onConsentRequired === undefined) throw new ConsentRequiredError(challenge);
      await onConsentRequired(challenge);
    },
    // `@ai-sdk/mcp` has no `discoveryState`. It calls this before it fetches from an address that the MCP server names.
    async validateAuthorizationServerURL() {
      evictServed();
      await requireConsent();
    },
    saveTokens() {},
    saveCodeVerifier() {},
    codeVerifier() {
      throw new CountersignError({ code: 'ERR_INTERNAL', message: 'there is no code verifier: Vercel Connect owns the flow' });
    },
    get redirectUrl() {
      return redirectUrl || CONNECT_MANAGED_REDIRECT_URL;
    },
    get clientMetadata() {
      return { redirect_uris: [] };
    },
    clientInformation: () => ({ client_id: connector }),
    discoveryState: () => CONNECT_DISCOVERY_STATE,
    saveDiscoveryState() {},
    // The metadata of the state above are not those of the MCP server.
    validateResourceURL: async () => undefined,
  };
}

// Settings for the gateway provider of the AI SDK 6 and earlier, which sends every request through `fetch`.

import { invalidOption } from '../core/errors.js';
import { assertKnown, ownOptions } from '../core/options.js';
import { verifyModule } from '../verify/module.js';
import { type AiGatewayHeaders, PLACEHOLDER, authorizedFetch, gatewayOrigin, rejectingAsInvalidRequest } from './ai-gateway-fetch.js';
import { CHAIN_OPTION_NAMES, type ChainOptions, chainOptions } from './chain-options.js';

/** Options of `aiGatewaySettings`. Unknown members are refused. */
export interface AiGatewaySettingsOptions extends ChainOptions {
  /** The base URL of the gateway: https, or http on a loopback address. Default: the provider's own. */
  baseURL?: string;
}

/** Settings for `createGateway` of `@ai-sdk/gateway` 3 and earlier. */
export interface AiGatewaySettings {
  /** The base URL that was given, if any. */
  baseURL?: string;
  /** Stands for the key. `fetch` replaces it. */
  apiKey: string;
  fetch: typeof fetch;
  /** Refuses `@ai-sdk/gateway` 4 and later, which alone reads this member, before it sends anything. */
  readonly teamIdOrSlug: UseCreateAiGateway;
}

/** The type that a later gateway's settings do not take: `createAiGateway` is for all majors. */
export interface UseCreateAiGateway {
  /** Throws `ERR_INVALID_OPTION`. */
  toString(): never;
}

/**
 * Makes the provider of gateway 4 fail as it prepares the headers or the subprotocols of a request. A value and not a getter:
 * it survives `{ ...settings }`, which gateway 3 users write.
 */
const TRAP: UseCreateAiGateway = Object.freeze({
  toString(): never {
    throw invalidOption('aiGatewaySettings', 'is for gateway 3; use `createAiGateway` for 4 and later');
  },
  toJSON: () => undefined,
});

/** The function `aiGatewaySettings`. */
export interface MakeAiGatewaySettings {
  /**
   * Makes settings with which `createGateway` of `@ai-sdk/gateway` 3 resolves a credential for each request.
   *
   * `createAiGateway` is for every major, and these are for programs that cannot pass `createGateway`. Gateway 4 refuses them,
   * with `ERR_INVALID_OPTION` as the `cause`: its sockets would send what stands for the key.
   */
  (options?: AiGatewaySettingsOptions): AiGatewaySettings;
}

/** Makes `aiGatewaySettings` with this function that resolves the credential. */
export function settingsWith(getHeaders: (options: ChainOptions) => Promise<AiGatewayHeaders>): MakeAiGatewaySettings {
  return (options = {}) => {
    const given = chainOptions(options);
    refuseApiKey(given);
    assertKnown(verifyModule, given, ['baseURL', ...CHAIN_OPTION_NAMES]);
    const { baseURL, ...others } = given;
    const chain: ChainOptions = ownOptions(others);
    const send = authorizedFetch(
      gatewayOrigin(baseURL),
      rejectingAsInvalidRequest(() => getHeaders(chain)),
      chain.fetch,
    );
    return { ...(baseURL !== undefined && { baseURL }), apiKey: PLACEHOLDER, fetch: send, teamIdOrSlug: TRAP };
  };
}

/** Refuses the option of a provider that would take the place of the resolved credential. */
export function refuseApiKey(options: object): void {
  if ('apiKey' in options) throw invalidOption('apiKey', 'is resolved per request; give your own key as `staticKey`');
}

// The gateway provider of the AI SDK, of any major, with a credential that is resolved for each request.

import { CountersignError, invalidOption } from '../core/errors.js';
import { assertKnown, assertObject, ownOptions } from '../core/options.js';
import { verifyModule } from '../verify/module.js';
import {
  AUTH_METHOD,
  type AiGatewayHeaders,
  PLACEHOLDER,
  authorizedFetch,
  gatewayOrigin,
  rejectingAsInvalidRequest,
  setHeaders,
} from './ai-gateway-fetch.js';
import { refuseApiKey } from './ai-gateway-settings.js';
import { CHAIN_OPTION_NAMES, type ChainOptions } from './chain-options.js';

/** `createGateway` of `@ai-sdk/gateway`. The settings are of another type in each major. */
// biome-ignore lint/suspicious/noExplicitAny: a parameter of type unknown would accept no function of the provider
export type CreateGateway = (settings?: any) => { getAvailableModels(): unknown };

/** Options of `createAiGateway`: those of the chain, and settings of the provider. Unknown members are refused. */
export interface AiGatewayOptions extends ChainOptions {
  /** The base URL of the gateway: https, or http on a loopback address. Default: the provider's own, which differs by its major. */
  baseURL?: string;
  /** The team that pays, for a key that reaches several teams. Visible ASCII. Gateway 4 and later. Default: the key's own. */
  teamIdOrSlug?: string;
  /** Headers for every request, read anew each time. Without `Authorization` and `ai-gateway-auth-method`, which are set here. */
  headers?: Record<string, string>;
  /** How long the list of models is kept, in milliseconds. Default: the provider's own, 5 minutes. */
  metadataCacheRefreshMillis?: number;
  /** The WebSocket constructor of streaming transcription and speech. Gateway 4 and later. Default: the global `WebSocket`. */
  webSocket?: new (
    url: string | URL,
    protocols?: string | string[],
    // biome-ignore lint/suspicious/noExplicitAny: the options differ between implementations
    options?: any,
  ) => object;
  /** Limits for the results of batches, in bytes a line. Gateway 4 and later. Default: the provider's own, 64 MiB. */
  batchResultDownloads?: { maxLineBytes?: number };
}

/** The options that are settings of the provider, and the first major that reads each. */
const SETTINGS = { baseURL: 1, headers: 1, metadataCacheRefreshMillis: 1, teamIdOrSlug: 4, webSocket: 4, batchResultDownloads: 4 };

type SettingsOf<Create extends CreateGateway> = NonNullable<Parameters<Create>[0]>;

/** Refuses the settings that this `createGateway` does not have, unless its type is not known. */
type UnknownSettings<Create extends CreateGateway> = [keyof SettingsOf<Create>] extends [never]
  ? unknown
  : { [Name in Exclude<keyof typeof SETTINGS, keyof SettingsOf<Create>>]?: never };

/** The major from which `apiKey` may be a function, and sockets carry the key. */
const FUNCTION_KEYS = 4;

/** Resolves the credential: alone, and as headers. */
interface Resolvers {
  getToken(options: ChainOptions): Promise<string>;
  getHeaders(options: ChainOptions): Promise<AiGatewayHeaders>;
}

/** The function `createAiGateway`. */
export interface CreateAiGateway {
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
  <Create extends CreateGateway>(createGateway: Create, options?: AiGatewayOptions & UnknownSettings<Create>): ReturnType<Create>;
}

/** Makes `createAiGateway` with these functions that resolve the credential. */
export function gatewayWith({ getToken, getHeaders }: Resolvers): CreateAiGateway {
  return <Create extends CreateGateway>(createGateway: Create, options: AiGatewayOptions = {}): ReturnType<Create> => {
    const major = majorOf(createGateway);
    const { settings, chain } = readOptions(options, major);
    const resolve = () => getHeaders(chain);
    const make = (apiKey: unknown, getHeaders: typeof resolve) => {
      const send = authorizedFetch(gatewayOrigin(settings.baseURL), getHeaders, chain.fetch);
      return createGateway({ ...settings, apiKey, fetch: send }) as ReturnType<Create>;
    };
    if (major < FUNCTION_KEYS) return make(PLACEHOLDER, rejectingAsInvalidRequest(resolve));
    return labelRealtime(
      make(() => getToken(chain), resolve),
      resolve,
    );
  };
}

/** Returns the major of a `createGateway`, from a provider that it makes without settings. Nothing is fetched. */
function majorOf(createGateway: unknown): number {
  let provider: unknown;
  let cause: unknown;
  try {
    provider = typeof createGateway === 'function' ? createGateway({}) : undefined;
  } catch (error) {
    cause = error;
  }
  const { getAvailableModels, specificationVersion } = Object(provider) as Record<string, unknown>;
  // Gateway 1 and 2 name no version.
  const [, major] = /^v(\d+)$/.exec(String(specificationVersion ?? 'v2')) ?? [];
  // Other providers of the AI SDK have a version too, and no list of the gateway's models.
  if (typeof getAvailableModels === 'function' && major !== undefined) return Number(major);
  const { message, option, code } = invalidOption('createGateway', 'must be the function of this name of `@ai-sdk/gateway`');
  throw new CountersignError({ code, message, option, cause });
}

/** Sorts the options into settings of the provider and options of the chain. */
function readOptions(given: AiGatewayOptions, major: number): { settings: AiGatewayOptions; chain: ChainOptions } {
  const options = ownOptions(given);
  refuseApiKey(options);
  assertKnown(verifyModule, options, [...Object.keys(SETTINGS), ...CHAIN_OPTION_NAMES]);
  assertSettings(options);
  const settings: Record<string, unknown> = {};
  const chain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    const first = ownOptions(SETTINGS)[name as keyof typeof SETTINGS];
    if (first !== undefined && major < first) throw invalidOption(name, `needs \`@ai-sdk/gateway\` ${first} or later`);
    (first === undefined ? chain : settings)[name] = value;
  }
  if (options.webSocket) settings['webSocket'] = withoutLabel(options.webSocket);
  return { settings, chain: ownOptions(chain) };
}

/** Throws `ERR_INVALID_OPTION` for a setting of the provider that is of another form than it must be. */
function assertSettings({
  teamIdOrSlug,
  headers = {},
  metadataCacheRefreshMillis: millis = 0,
  webSocket,
  batchResultDownloads = {},
}: AiGatewayOptions): void {
  if (teamIdOrSlug !== undefined && !(typeof teamIdOrSlug === 'string' && /^[!-~]+$/.test(teamIdOrSlug))) {
    throw invalidOption('teamIdOrSlug', 'must be the id or the slug of a team, in visible ASCII');
  }
  assertObject(headers, 'headers');
  for (const [name, value] of Object.entries(headers)) {
    if (/^(authorization|ai-gateway-auth-method)$/i.test(name))
      throw invalidOption(`headers.${name}`, 'is set per request; give your own key as `staticKey`');
    if (value !== undefined && typeof value !== 'string') throw invalidOption(`headers.${name}`, 'must be a string');
  }
  if (!(typeof millis === 'number' && millis >= 0))
    throw invalidOption('metadataCacheRefreshMillis', 'must be a number of milliseconds, 0 or more');
  if (webSocket !== undefined && typeof webSocket !== 'function') throw invalidOption('webSocket', 'must be a constructor');
  assertObject(batchResultDownloads, 'batchResultDownloads');
}

/**
 * A WebSocket constructor that drops the provider's label from the headers, which some implementations send. The provider
 * calls every credential of a function a key, and a constructor cannot wait for the label.
 */
// biome-ignore lint/suspicious/noExplicitAny: unknown[] would accept no constructor with typed parameters
function withoutLabel<Constructor extends new (...args: any[]) => object>(webSocket: Constructor): Constructor {
  return new Proxy(webSocket, {
    construct(target, [url, protocols, options, ...others]) {
      const { [AUTH_METHOD]: _, ...headers } = options?.headers ?? {};
      return Reflect.construct(target, [url, protocols, { ...options, headers }, ...others]);
    },
  });
}

interface RealtimeModel {
  getServerWebSocketConfig?(options?: unknown): Promise<{ headers?: Record<string, string> }>;
}

/**
 * Sets credential and label, from one resolution, in the configuration that a realtime model gives for a socket of the
 * caller's own. The provider makes it without `fetch`, and calls every credential of a function a key.
 */
function labelRealtime<Provider extends object>(provider: Provider, getHeaders: () => Promise<AiGatewayHeaders>): Provider {
  const realtime = provider as { experimental_realtime?: (modelId: string) => RealtimeModel };
  const { experimental_realtime: createModel } = realtime;
  if (typeof createModel !== 'function') return provider;
  const createLabelled = (modelId: string) => {
    const model = createModel(modelId);
    const getConfig = model.getServerWebSocketConfig;
    if (typeof getConfig !== 'function') return model;
    model.getServerWebSocketConfig = async (options) => {
      const config = await getConfig.call(model, options);
      return { ...config, headers: Object.fromEntries(setHeaders(new Headers(config.headers), await getHeaders())) };
    };
    return model;
  };
  realtime.experimental_realtime = Object.assign(createLabelled, createModel);
  return provider;
}

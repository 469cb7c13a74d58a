// The options of the functions that resolve a credential, apart from the code that loads a module.

import { invalidOption } from '../core/errors.js';
import { type EventOptions, readOnEvent } from '../core/events.js';
import { ownOptions } from '../core/options.js';
import type { Environment } from '../host/environment.js';
import type { RequestLike } from '../host/request.js';
import type { TokenRelay } from '../refresh/relay.js';

/** A token that was captured from a request, for work that goes on after it. Plain, so that anything can carry it on. */
export interface CapturedToken {
  readonly token: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** The project whose token is wanted. What is not named is taken from the nearest `.vercel/project.json`. */
export interface DevTokenTarget {
  project?: string;
  team?: string;
}

/** Options of the functions that resolve a credential. Unknown members are refused. */
export interface ChainOptions extends EventOptions {
  /** A key to use before anything else, or the environment variable that may hold one. Blank counts as not set. */
  staticKey?: string | { env: string };
  /** A token that `captureToken` took from an earlier request. */
  captured?: CapturedToken;
  /** The request being handled, or its headers, or a promise of them. Default: Vercel's request context. */
  request?: RequestLike | PromiseLike<RequestLike>;
  /**
   * A relay of `countersign/refresh`: the newest token that handlers have published, for work without a token of its own. It is
   * read at each call. After an expired token of a request, or an expired captured one, it is used only where that token is of the
   * relay's team, project and environment.
   */
  relay?: TokenRelay;
  /** Environment variables. Default: those of the process. */
  env?: Environment;
  /** How many seconds an OIDC token must still live. Default: 0. */
  minValidity?: number;
  /**
   * Whether a token for development may be fetched with the login of Vercel's command line; an object names the project and
   * the team, by id or name, whose token is wanted from whatever source. Default: true. Only in Node.js and Bun, and never in
   * a deployment.
   */
  refresh?: boolean | DevTokenTarget;
  /** Exchange an OIDC token for one with this audience. Default: the token as it is. A static key is not exchanged. */
  audience?: string;
  /** Sends the exchange, and fetches the development token. Default: the runtime's own `fetch`. */
  fetch?: typeof fetch;
}

/** Every option of the functions that resolve a credential. */
export const CHAIN_OPTION_NAMES = [
  'staticKey',
  'captured',
  'request',
  'relay',
  'env',
  'minValidity',
  'refresh',
  'audience',
  'fetch',
  'onEvent',
];

/** Returns the caller's own options. Throws `ERR_INVALID_OPTION` for a request in their place: it has no own members, and would pass for no options. */
export function chainOptions<Options extends ChainOptions>(given: Options): Options {
  const { headers, get } = (given ?? {}) as { headers?: unknown; get?: unknown };
  const isRequest = typeof headers === 'object' && headers !== null;
  if (isRequest || typeof get === 'function') throw invalidOption('options', 'is a request or its headers; pass it as `{ request }`');
  const own = ownOptions(given);
  readOnEvent(own.onEvent);
  return own;
}

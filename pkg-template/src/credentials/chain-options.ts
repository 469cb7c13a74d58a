// The options of the functions that resolve a credential, apart from the code that loads a module.

import { invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import type { ChainOptions } from './resolve.js';

/** Every option of the functions that resolve a credential. */
export const CHAIN_OPTION_NAMES = ['staticKey', 'captured', 'request', 'relay', 'env', 'minValidity', 'refresh', 'audience', 'fetch'];

/** Returns the caller's own options. Throws `ERR_INVALID_OPTION` for a request in their place: it has no own members, and would pass for no options. */
export function chainOptions<Options extends ChainOptions>(given: Options): Options {
  const { headers, get } = (given ?? {}) as { headers?: unknown; get?: unknown };
  const isRequest = typeof headers === 'object' && headers !== null;
  if (isRequest || typeof get === 'function') throw invalidOption('options', 'is a request or its headers; pass it as `{ request }`');
  return ownOptions(given);
}

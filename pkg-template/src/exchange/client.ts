// Credentials from the cache of the core. Sends its requests, and shares operations in flight among callers.

import { ask, askIn, clock, currentGeneration, sharePromises } from '../core/core.js';
import { invalidOption } from '../core/errors.js';
import { POLL_MS, sleep } from '../core/poll.js';
import { type HttpRequest, isRequest, runOperation } from '../core/run-operation.js';
import { keepAlive } from '../host/background.js';
import type { SharedCredentials } from './shared-cache.js';

/** A service that gives credentials, by the core's name for it. */
export type Service = 'aws' | 'azure' | 'connect' | 'gcp' | 'token-exchange' | 'vercel';

/** What the core is not told. */
export interface Host {
  /** Sends the requests. Default: the runtime's own `fetch`. */
  fetch?: typeof fetch | undefined;
  /** Not the credential that is there. */
  forceRefresh?: boolean | undefined;
  /** Credentials that instances share. */
  shared?: SharedCredentials | undefined;
  /** How many seconds a credential that is there must still live. Default: 0. */
  minValidity?: number | undefined;
}

/** Operations in flight by instance and number, where promises may be shared. */
const operations = new Map<string, Promise<string>>();

let seeded = 0;

/** The key under which the core names credentials; made when it is first needed, since not every runtime has randomness before a request. */
export function seed(): void {
  if (seeded === currentGeneration()) return;
  const key = crypto.getRandomValues(new Uint8Array(32));
  ask('exchange_seed', key);
  seeded = currentGeneration();
}

/** Validates the options of a service. Throws `ERR_INVALID_OPTION`. */
export function validateOptions(service: Service, wanted: object): void {
  const options = omitUndefined(wanted);
  ask('exchange_check', service, options);
}

/**
 * The credential that a service gives for a token, from the cache or asked for anew: an object of its own for each caller.
 *
 * `wanted` is all that the service is asked for, and so all that tells two credentials of one token apart.
 */
export async function getCredential<T>(service: Service, wanted: object, token: unknown, host: Host = {}): Promise<T> {
  const options = omitUndefined(wanted);
  if (typeof token !== 'string') throw invalidOption('token', 'must be a string, or a function that gives one');
  const storeKey = await host.shared?.nameKey();
  const { minValidity = 0 } = host;
  let force = host.forceRefresh === true;
  for (;;) {
    seed();
    const instance = currentGeneration();
    const span = force ? undefined : minValidity;
    const [ready, next, operation, sharedName] = ask('exchange_find', service, options, token, span, Math.random(), clock(), storeKey);
    const name = `${instance}/${operation}`;
    if (isRequest(next)) {
      const pending = fetchCredential(next, instance, operation as number, { ...host, sharedName, force }).finally(() => operations.delete(name));
      operations.set(name, pending);
      if (ready === undefined) return JSON.parse(await pending);
      keepAlive(pending);
    }
    if (ready !== undefined) return JSON.parse(ready);
    const shared = sharePromises() ? operations.get(name) : undefined;
    if (shared) return JSON.parse(await shared);
    // Answers are shared, never promises, where the runtime ties a promise to the request that made it.
    await waitForInFlight(name);
    force = false;
  }
}

interface SharingHost extends Host {
  sharedName: string | undefined;
  force: boolean;
}

/** Fetches a credential from the shared store, else from the service. */
async function fetchCredential(request: HttpRequest, instance: number, operation: number, host: SharingHost): Promise<string> {
  const { shared, sharedName, force } = host;
  // Called as a plain function: some runtimes refuse their own `fetch` as a method of something else.
  const fetcher = host.fetch ?? globalThis.fetch;
  const fetchAnew = () => runOperation<string>(request, instance, fetcher);
  if (!shared || sharedName === undefined) return fetchAnew();
  if (force) {
    const text = await fetchAnew();
    await shared.keep(sharedName, text);
    return text;
  }
  const accept = (text: string) => {
    try {
      if (!askIn(instance, 'exchange_restore', operation, text, Math.random(), clock())) return false;
      askIn(instance, 'flight_cancel', request.flight, clock());
      return true;
    } catch {
      // What lies there is none of this version's, or the instance was replaced.
      return false;
    }
  };
  return shared.getCredential(sharedName, accept, fetchAnew);
}

/** Evicts a credential, and discards the result of an operation that is in flight for it. */
export function evict(service: Service, wanted: object, token: string): void {
  seed();
  const options = omitUndefined(wanted);
  ask('exchange_forget', service, options, token);
}

/** Evicts every credential. */
export function evictAll(): void {
  ask('exchange_clear');
}

/** Waits until an operation of another caller may have completed. */
async function waitForInFlight(name: string): Promise<void> {
  for (const ms of POLL_MS) {
    await sleep(ms);
    if (!operations.has(name)) return;
  }
}

/** Drops options that are undefined: they count as left out, and the core sees no difference between undefined and null. */
export function omitUndefined(options: object): object {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'must be an object');
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

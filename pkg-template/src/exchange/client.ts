// Credentials out of the core's one cache. Its requests are carried out here, and its flights shared among callers.

import { ask, askIn, clock, currentGeneration, sharePromises } from '../core/core.js';
import { invalidOption } from '../core/errors.js';
import { POLL_MS, pause } from '../core/poll.js';
import { type HttpRequest, drive, isRequest } from '../core/run-operation.js';
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

/** Flights by instance and number, where promises may be shared. */
const flights = new Map<string, Promise<string>>();

let seeded = 0;

/** The key under which the core names credentials; made when it is first needed, since not every runtime has randomness before a request. */
export function seed(): void {
  if (seeded === currentGeneration()) return;
  const key = crypto.getRandomValues(new Uint8Array(32));
  ask('exchange_seed', key);
  seeded = currentGeneration();
}

/** Throws `ERR_INVALID_OPTION` where nothing can be had with these options. */
export function check(service: Service, wanted: object): void {
  const options = given(wanted);
  ask('exchange_check', service, options);
}

/**
 * The credential that a service gives for a token, from the cache or asked for anew: an object of its own for each caller.
 *
 * `wanted` is all that the service is asked for, and so all that tells two credentials of one token apart.
 */
export async function obtain<T>(service: Service, wanted: object, token: unknown, host: Host = {}): Promise<T> {
  const options = given(wanted);
  if (typeof token !== 'string') throw invalidOption('token', 'must be a string, or a function that gives one');
  const storeKey = await host.shared?.nameKey();
  const { minValidity = 0 } = host;
  let force = host.forceRefresh === true;
  for (;;) {
    seed();
    const instance = currentGeneration();
    const span = force ? undefined : minValidity;
    const [ready, next, flight, sharedName] = ask('exchange_find', service, options, token, span, Math.random(), clock(), storeKey);
    const name = `${instance}/${flight}`;
    if (isRequest(next)) {
      const landing = fly(next, instance, flight as number, { ...host, sharedName, force }).finally(() => flights.delete(name));
      flights.set(name, landing);
      if (ready === undefined) return JSON.parse(await landing);
      keepAlive(landing);
    }
    if (ready !== undefined) return JSON.parse(ready);
    const shared = sharePromises() ? flights.get(name) : undefined;
    if (shared) return JSON.parse(await shared);
    // Answers are shared, never promises, where the runtime ties a promise to the request that made it.
    await landed(name);
    force = false;
  }
}

interface SharingHost extends Host {
  sharedName: string | undefined;
  force: boolean;
}

/** Obtains a credential: from the store that instances share, if there is one and it has it, else from the service. */
async function fly(request: HttpRequest, instance: number, flight: number, host: SharingHost): Promise<string> {
  const { shared, sharedName, force } = host;
  // Called as a plain function: some runtimes refuse their own `fetch` as a method of something else.
  const fetcher = host.fetch ?? globalThis.fetch;
  const fetchAnew = () => drive<string>(request, instance, fetcher);
  if (!shared || sharedName === undefined) return fetchAnew();
  if (force) {
    const text = await fetchAnew();
    await shared.keep(sharedName, text);
    return text;
  }
  const accept = (text: string) => {
    try {
      if (!askIn(instance, 'exchange_restore', flight, text, Math.random(), clock())) return false;
      askIn(instance, 'flight_cancel', request.flight, clock());
      return true;
    } catch {
      // What lies there is none of this version's, or the instance was replaced.
      return false;
    }
  };
  return shared.obtain(sharedName, accept, fetchAnew);
}

/** Forgets a credential, and whatever a flight for it still brings. */
export function forget(service: Service, wanted: object, token: string): void {
  seed();
  const options = given(wanted);
  ask('exchange_forget', service, options, token);
}

/** Forgets every credential. */
export function forgetAll(): void {
  ask('exchange_clear');
}

/** Waits until a flight of another caller may have landed. */
async function landed(name: string): Promise<void> {
  for (const ms of POLL_MS) {
    await pause(ms);
    if (!flights.has(name)) return;
  }
}

/** An option that is undefined counts as left out; the core sees no difference between undefined and null. */
export function given(options: object): object {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'must be an object');
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

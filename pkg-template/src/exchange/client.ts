// Exchanges: made once for their options, answered from the cache of the core, carried out here.

import { invalidOption } from '../core/errors.js';
import { type ExchangeProvider, type OnEvent, codeOf, observe } from '../core/events.js';
import { ownOptions } from '../core/options.js';
import { runOperation } from '../core/run-operation.js';
import { clock } from '../core/runtime.js';
import { SingleFlight } from '../core/single-flight.js';
import { WasmObject, dispose } from '../core/wasm-module.js';
import { credentialsModule } from '../credentials/module.js';
import type { PendingRequest } from '../credentials_bg.js';
import { keepAlive } from '../host/background.js';
import type { SharedCredentials } from './shared-cache.js';

type Credentials = typeof import('../credentials_bg.js');

/** The options of an exchange that the core does not need. */
export interface Host {
  /** Sends the requests. Default: the runtime's own `fetch`. */
  fetch?: typeof fetch | undefined;
  /** Not the credential in the cache. */
  forceRefresh?: boolean | undefined;
  /** Credentials that instances share. */
  shared?: SharedCredentials | undefined;
  /** The seconds that a credential from the cache must still live. Default: 0. */
  minValidity?: number | undefined;
  /** Called with the events of exchanges. Where callers share one, the function of the first is called. */
  onEvent?: OnEvent | undefined;
}

/** Attempts to obtain a credential, by number. */
const attempts = new SingleFlight<number, string>();

/** An exchange: a service and all that is asked of it, and so all that tells two credentials of one token apart. */
export class Exchange {
  readonly #provider: ExchangeProvider;
  readonly #object: WasmObject<Credentials>;

  /** Makes it. Throws `ERR_INVALID_OPTION` where the service would refuse the options. */
  constructor(provider: ExchangeProvider, create: (wasm: Credentials) => number) {
    this.#provider = provider;
    this.#object = new WasmObject(credentialsModule, create, (wasm, handle) => wasm.free_exchange(handle));
  }

  /** The credential that the service gives for a token, from the cache or anew: an object of its own for each caller. */
  async get<T>(token: unknown, given: Host = {}): Promise<T> {
    const host = ownOptions(given);
    if (typeof token !== 'string') throw invalidOption('token', 'must be a string, or a function that gives one');
    let sharedKey = await host.shared?.nameKey();
    let force = host.forceRefresh === true;
    for (;;) {
      // A store that was slow may have taken longer than a short-lived credential lives: the next one is not shared.
      const withoutStore = (text: string) => {
        if (sharedKey === undefined || lives(text)) return false;
        sharedKey = undefined;
        return true;
      };
      const { handle } = this.#object;
      const minValidity = force ? undefined : (host.minValidity ?? 0);
      const found = credentialsModule.call((wasm) => wasm.find_credential(handle, token, minValidity, sharedKey, clock()));
      const { credential, request, sharedName, attempt = 0 } = ownOptions(found);
      if (request) {
        const pending = attempts.start(
          attempt,
          fetchCredential(request, attempt, { ...host, provider: this.#provider, sharedName, force }),
        );
        if (credential === undefined) {
          const text = await pending;
          if (withoutStore(text)) continue;
          return JSON.parse(text);
        }
        keepAlive(pending);
      }
      if (credential !== undefined) return JSON.parse(credential);
      const shared = attempts.shared(attempt);
      if (shared) {
        const text = await shared;
        if (withoutStore(text)) continue;
        return JSON.parse(text);
      }
      await attempts.poll(attempt);
      force = false;
    }
  }

  /** As {@link get}, for an exchange that is not used again. */
  async once<T>(token: unknown, host?: Host): Promise<T> {
    try {
      return await this.get<T>(token, host);
    } finally {
      this.#object[dispose]();
    }
  }
}

/** Returns whether a credential has not expired yet. */
function lives(text: string): boolean {
  const { expiresAt } = JSON.parse(text) as { expiresAt?: number };
  return expiresAt === undefined || expiresAt > clock();
}

interface SharingHost extends Host {
  provider: ExchangeProvider;
  sharedName: string | undefined;
  force: boolean;
}

/** Fetches a credential from the shared store, else from the service. */
async function fetchCredential(request: PendingRequest, attempt: number, host: SharingHost): Promise<string> {
  const { provider, shared, sharedName, force, onEvent } = host;
  // Called as a plain function: some runtimes refuse their own `fetch` as a method of something else.
  const fetcher = host.fetch ?? globalThis.fetch;
  const fetchAnew = async () =>
    observe(
      onEvent,
      'exchange',
      async () => (await runOperation(credentialsModule, { request }, fetcher)) as string,
      (outcome) => ({ type: 'exchange', provider, durationMs: outcome.durationMs, ...codeOf(outcome) }),
    );
  if (!shared || sharedName === undefined) return fetchAnew();
  if (force) {
    const text = await fetchAnew();
    await shared.keep(sharedName, text);
    return text;
  }
  const accept = (text: string) => {
    try {
      if (!credentialsModule.call((wasm) => wasm.restore_credential(attempt, text, clock()))) return false;
      credentialsModule.call((wasm) => wasm.cancel_operation(request.operation, clock()));
      return true;
    } catch {
      // The text is not one of this version, or the instance was replaced.
      return false;
    }
  };
  return shared.getCredential(sharedName, accept, fetchAnew);
}

/** Evicts every credential. */
export function evictAll(): void {
  credentialsModule.call((wasm) => wasm.clear_credentials());
}

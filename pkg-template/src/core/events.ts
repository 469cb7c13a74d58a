// Events for logs, metrics and traces. The caller's function gets them, and Node.js's `diagnostics_channel` where a subscriber listens.

import type { CredentialSource } from '../credentials_bg.js';
import { CountersignError, type ErrorCode, invalidOption } from './errors.js';
import { builtinLoader } from './runtime.js';

interface Timed {
  /**
   * Milliseconds, by a clock that is never set. Where a runtime's clock stands still between requests, as in Cloudflare's workers,
   * work without a request takes 0.
   */
  readonly durationMs: number;
}

/** A token was verified. Tokens from a verifier's cache count too. */
export interface VerifiedEvent extends Timed {
  readonly type: 'verified';
  /** The host of the token's `iss`; of a JWT-SVID, the trust domain. */
  readonly issuer?: string;
  /** The policy of a federation that the token matched. */
  readonly policy?: string;
}

/** A token was refused, or its issuer's keys could not be had. */
export interface RefusedEvent extends Timed {
  readonly type: 'refused';
  readonly code: ErrorCode;
  /**
   * The host of the verifier's issuer; of a federation, that of an issuer with policies. Missing where a verifier has several. It is
   * never what only an unverified token says.
   */
  readonly issuer?: string;
}

/** Keys of an issuer were fetched, or could not be. */
export interface KeyFetchEvent extends Timed {
  readonly type: 'key-fetch';
  /** The host that was sent the first request: for the discovery document, or for the JWK Set. */
  readonly host: string;
  /** Why they could not be fetched. */
  readonly code?: ErrorCode;
}

/** The chain found the credential to send, or did not. With neither `source` nor `code`, nothing is configured. */
export interface CredentialEvent extends Timed {
  readonly type: 'credential';
  readonly source?: CredentialSource;
  readonly code?: ErrorCode;
}

/** A service was asked for a credential: not the cache, and not a store. */
export interface ExchangeEvent extends Timed {
  readonly type: 'exchange';
  readonly provider: ExchangeProvider;
  /** Why the service gave none. */
  readonly code?: ErrorCode;
}

/** `refreshAll` visited a target, or `scheduleRefresh` made an attempt. */
export interface RefreshEvent extends Timed {
  readonly type: 'refresh';
  readonly status: 'refreshed' | 'short-lived' | 'skipped' | 'failed';
  /** Why nothing was written. `unchanged` is of `scheduleRefresh`: the source returned the token that was written last. */
  readonly reason?: 'fresh' | 'leased' | 'gone' | 'not-running' | 'unchanged';
  /** Why it failed, where that was an error of this package. */
  readonly code?: ErrorCode;
}

/** The services that exchanges ask, as in `CountersignError.provider`. */
export type ExchangeProvider = 'aws' | 'gcp' | 'azure' | 'vercel' | 'connect' | 'token-exchange';

/** Something that happened. It never has a token, a claim's value or a secret. Frozen. */
export type CountersignEvent = VerifiedEvent | RefusedEvent | KeyFetchEvent | CredentialEvent | ExchangeEvent | RefreshEvent;

/** Called with each event. An error that it throws, or rejects with, is ignored. */
export type OnEvent = (event: CountersignEvent) => unknown;

/** Options of everything that has events. */
export interface EventOptions {
  /** Called with each event, for logs, metrics and traces; see `docs/events.md`. An error that it throws is ignored. Default: none. */
  onEvent?: OnEvent;
}

type EventType = CountersignEvent['type'];

/** A channel of Node.js, whose types not every reader of these declarations knows. */
interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

/** Stands for the channels where the runtime has none. */
const NO_CHANNEL: Channel = { hasSubscribers: false, publish() {} };

function openChannels(): Record<EventType, Channel> {
  const open = (type: EventType): Channel => {
    try {
      const load = builtinLoader() as ((name: string) => { channel(name: string): Channel }) | undefined;
      return load?.('diagnostics_channel').channel(`countersign:${type}`) ?? NO_CHANNEL;
    } catch {
      return NO_CHANNEL;
    }
  };
  return {
    verified: open('verified'),
    refused: open('refused'),
    'key-fetch': open('key-fetch'),
    credential: open('credential'),
    exchange: open('exchange'),
    refresh: open('refresh'),
  };
}

const channels = openChannels();

/** Returns the option `onEvent`. Throws `ERR_INVALID_OPTION` unless it is a function or left out. */
export function readOnEvent(onEvent: unknown): OnEvent | undefined {
  if (onEvent === undefined || typeof onEvent === 'function') return onEvent as OnEvent | undefined;
  throw invalidOption('onEvent', 'must be a function');
}

/** Whether events of this type reach anyone. `verified` stands for `refused` too. */
export const isObserved = (onEvent: OnEvent | undefined, type: Exclude<EventType, 'refused'>): boolean =>
  onEvent !== undefined || channels[type].hasSubscribers || (type === 'verified' && channels.refused.hasSubscribers);

/** Passes an event on. Never throws. */
export function emit(onEvent: OnEvent | undefined, event: CountersignEvent): void {
  Object.freeze(event);
  try {
    channels[event.type].publish(event);
  } catch {}
  // Inside an async function, so that one that throws is treated like one that rejects.
  (async () => onEvent?.(event))().catch(() => {});
}

/** Runs work, and emits the event that `describe` makes of its end. Nothing is measured where no one would hear of it. */
export async function observe<T>(
  onEvent: OnEvent | undefined,
  type: Exclude<EventType, 'refused'>,
  work: () => Promise<T>,
  describe: (outcome: Outcome<T>) => CountersignEvent,
): Promise<T> {
  if (!isObserved(onEvent, type)) return work();
  const start = performance.now();
  try {
    const value = await work();
    emit(onEvent, describe({ durationMs: performance.now() - start, value }));
    return value;
  } catch (error) {
    emit(onEvent, describe({ durationMs: performance.now() - start, error }));
    throw error;
  }
}

/** The end of work. */
export type Outcome<T> = { readonly durationMs: number } & ({ readonly value: T } | { readonly error: unknown });

/** The code of an error of this package, as a member of an event. Never throws: a caller's error may be one that cannot be read. */
export function codeOf(outcome: object): { code?: ErrorCode } {
  const { error } = outcome as { error?: unknown };
  try {
    return error instanceof CountersignError ? { code: error.code } : {};
  } catch {
    return {};
  }
}

/** The host of a URL, as the member `issuer` of an event. */
export const issuerHost = (url: unknown): { issuer?: string } => {
  const host = hostOf(url);
  return host === undefined ? {} : { issuer: host };
};

/** The host of a URL, with its port; undefined for anything else. */
export function hostOf(url: unknown): string | undefined {
  try {
    return new URL(url as string).host || undefined;
  } catch {
    return undefined;
  }
}

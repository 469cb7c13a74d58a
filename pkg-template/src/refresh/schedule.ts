// Keeping one process's token fresh.

import { invalidOption } from '../core/errors.js';
import { type EventOptions, type OnEvent, type RefreshEvent, codeOf, emit, isObserved, readOnEvent } from '../core/events.js';
import { AbortGroup, Cancelled } from './abort-group.js';
import { knownOptions, number, optionalFunction, optionalSignal } from './options.js';
import { Redactor } from './redactor.js';
import { type RefreshToken, type TokenSource, askSource, fromChain } from './token.js';
import { withTimeout } from './with-timeout.js';

/** Takes the fresh token into use. What it throws is a failure, and the next attempt writes again. */
export type ScheduleWriter = (token: RefreshToken, context: { readonly signal: AbortSignal }) => unknown;

/** Options of {@link scheduleRefresh}. Times are seconds. */
export interface ScheduleOptions extends EventOptions {
  /** Called with what the source or the writer threw; the next attempt follows in `retryIn` seconds. Required: a token that dies unseen is an outage. */
  onError: (error: unknown, context: { readonly retryIn: number }) => unknown;
  /** The source of the token. Default: the credential chain. */
  token?: TokenSource;
  /** How long before its expiry a token is replaced. Default: 300. */
  before?: number;
  /** The part of the waiting time that chance may take off, so that many processes do not all ask at once; from 0 to 1. Default: 0.1. */
  jitter?: number;
  /** How long the source, and then the writer, may take. Default: 30. */
  timeout?: number;
  /** Stops the schedule. */
  signal?: AbortSignal;
  /** Whether the process may end while only the schedule waits. Where there are no processes it means nothing. Default: false. */
  unref?: boolean;
}

/** A running schedule. */
export interface RefreshSchedule {
  /** When the next attempt is due; undefined while one is under way, once stopped, and where the token has no expiry. */
  readonly next: Date | undefined;
  /** Refreshes now, as after a token was refused; joins an attempt that is under way. Rejects with what `onError` is told, and once stopped. */
  refresh(): Promise<void>;
  /** Ends it: what is under way is aborted, and neither the writer nor `onError` is called again. */
  stop(): void;
  [Symbol.dispose](): void;
}

const KNOWN = ['onError', 'token', 'before', 'jitter', 'timeout', 'signal', 'unref', 'onEvent'];

/** A timer longer than 2^31 ms fires at once, and one that slept through a standby fires late: so no timer is longer than this. */
const LONGEST_NAP_MS = 60_000;

/** The waits after failures double from the first to the last, less up to a half by chance. */
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

/**
 * Hands a fresh token to `write` now and again before each expires, until it is stopped. After a failure it tries again, ever more slowly up to once a
 * minute. A token that is the same as before is not written again.
 */
export function scheduleRefresh(write: ScheduleWriter, options: ScheduleOptions): RefreshSchedule {
  if (typeof write !== 'function') throw invalidOption('write', 'must be a function');
  const { onError, token, before = 300, jitter = 0.1, timeout = 30, signal, unref = false, ...given } = knownOptions(options, KNOWN);
  const onEvent = readOnEvent(given.onEvent);
  if (typeof onError !== 'function') throw invalidOption('onError', 'must be a function');
  optionalFunction('token', token);
  optionalSignal('signal', signal);
  const schedule = new Schedule(write, {
    onError,
    source: token ?? fromChain(0, onEvent),
    beforeMs: number('before', before, 0, 86_400) * 1000,
    jitter: number('jitter', jitter, 0, 1),
    timeoutMs: number('timeout', timeout, 0.001, 86_400) * 1000,
    unref,
    signal,
    onEvent,
  });
  schedule.begin();
  return schedule;
}

/** Not every runtime has it yet. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

interface Settings {
  onError: ScheduleOptions['onError'];
  source: TokenSource;
  beforeMs: number;
  jitter: number;
  timeoutMs: number;
  unref: boolean;
  signal: AbortSignal | undefined;
  onEvent: OnEvent | undefined;
}

/** The token that each schedule wrote last. Outside the schedule, since the console of a browser shows private members. */
const written = new WeakMap<Schedule, string>();

class Schedule implements RefreshSchedule {
  readonly #write: ScheduleWriter;
  readonly #settings: Settings;
  readonly #abortGroup: AbortGroup;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #underWay: Promise<void> | undefined;
  #failures = 0;
  #due: number | undefined;

  constructor(write: ScheduleWriter, settings: Settings) {
    this.#write = write;
    this.#settings = settings;
    this.#abortGroup = new AbortGroup(settings.signal);
    this.#abortGroup.onAbort(() => {
      clearTimeout(this.#timer);
      this.#due = undefined;
    });
  }

  get next(): Date | undefined {
    return this.#due === undefined ? undefined : new Date(this.#due);
  }

  refresh(): Promise<void> {
    return (this.#underWay ??= this.#attempt().finally(() => {
      this.#underWay = undefined;
    }));
  }

  /** Failures have been told. */
  readonly begin = (): void => void this.refresh().catch(() => {});

  stop(): void {
    this.#abortGroup.abort(new Cancelled('AbortError', 'the schedule was stopped'));
  }

  [dispose](): void {
    this.stop();
  }

  async #attempt(): Promise<void> {
    const { source, timeoutMs, onError, onEvent } = this.#settings;
    const abortGroup = this.#abortGroup;
    clearTimeout(this.#timer);
    this.#due = undefined;
    const start = isObserved(onEvent, 'refresh') ? performance.now() : undefined;
    const tell = (outcome: Omit<RefreshEvent, 'type' | 'durationMs'>): void => {
      if (start !== undefined) emit(onEvent, { type: 'refresh', durationMs: performance.now() - start, ...outcome });
    };
    try {
      const token = await askSource({ source, minValidity: 0, timeoutMs, abortGroup });
      const isNew = token.value !== written.get(this);
      // The same again: writing it would only restart its consumer.
      if (isNew) await withTimeout(timeoutMs, [abortGroup], (signal) => this.#write(token, { signal }));
      written.set(this, token.value);
      tell(isNew ? { status: 'refreshed' } : { status: 'skipped', reason: 'unchanged' });
      this.#plan(token.expiresAt, isNew);
    } catch (error) {
      if (!abortGroup.reason) {
        tell({ status: 'failed', ...codeOf({ error }) });
        const retryMs = this.#retryMs();
        this.#retry(retryMs);
        void this.#tell(onError, error, retryMs / 1000);
      }
      throw error;
    }
  }

  /** Calls `onError`. What it throws, or rejects with, has no other place to go to than the console. */
  async #tell(onError: ScheduleOptions['onError'], error: unknown, retryIn: number): Promise<void> {
    try {
      await onError(error, { retryIn });
    } catch (thrown) {
      // Its name only: the message may quote a token.
      console.error(`countersign: onError of scheduleRefresh failed: ${new Redactor().explain(thrown).split(':', 1)}`);
    }
  }

  /** After a token that was written, or is the one that was written before. */
  #plan(expiresAt: Date | undefined, isNew: boolean): void {
    const { beforeMs, jitter } = this.#settings;
    if (this.#abortGroup.reason || !expiresAt) return;
    const life = expiresAt.getTime() - Date.now();
    // One that lives hardly longer than `before` is replaced at half its life.
    const wait = isNew ? Math.max(life - beforeMs, life / 2) : life - beforeMs;
    // It should be replaced already, and there is no better one yet.
    if (wait <= 0) return this.#retry(this.#retryMs());
    this.#failures = 0;
    this.#due = Date.now() + wait * (1 - jitter * Math.random());
    this.#nap();
  }

  /** Sleeps in short naps and looks at the clock after each: it may have jumped, or the machine slept. */
  readonly #nap = (): void => {
    const rest = (this.#due as number) - Date.now();
    if (rest <= 0) this.begin();
    else this.#arm(this.#nap, Math.min(rest, LONGEST_NAP_MS));
  };

  /** Not by the clock: were it set back, the next attempt would be far away. */
  #retry(ms: number): void {
    this.#due = Date.now() + ms;
    this.#arm(this.begin, ms);
  }

  #retryMs(): number {
    const most = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LAST_RETRY_MS);
    this.#failures += 1;
    return Math.round(most * (1 - Math.random() / 2));
  }

  #arm(run: () => void, ms: number): void {
    this.#timer = setTimeout(run, ms);
    // A number in browsers and workers.
    if (this.#settings.unref) (this.#timer as { unref?: () => void }).unref?.();
  }
}

// One run over all targets, as a cron job starts it.

import { invalidOption } from '../core/errors.js';
import { type EventOptions, codeOf, emit, isObserved, readOnEvent } from '../core/events.js';
import { AbortGroup, Cancelled } from './abort-group.js';
import { LOST, keepLease, newOwner } from './lease.js';
import { knownOptions, number, optionalFunction, optionalSignal } from './options.js';
import { pool } from './pool.js';
import { Redactor } from './redactor.js';
import { type Acquired, type RegisteredTarget, type TargetRegistry, checkId } from './registry.js';
import { LEAST_LIFE_ON_ARRIVAL, MAX_RUN_EVERY, defaultRefreshBefore, reachOfNextRun } from './timing.js';
import { type RefreshToken, type TokenSource, askSource, fromChain, livesFor } from './token.js';
import { withTimeout } from './with-timeout.js';

/** A target: a name, or an object that has one. With `until`, the expiry of the token that it has, it is left alone while that lives long enough. */
export type RefreshTarget = string | { readonly id: string; readonly until?: Date };

/**
 * Hands the token to one target. What it throws is that target's failure. It answers `gone` where there is no such target any more (a registry then
 * forgets it) and `not-running` where there is nothing to hand a token to at present.
 */
export type RefreshWriter<T> = (
  target: T,
  token: RefreshToken,
  context: { readonly signal: AbortSignal },
) => void | 'gone' | 'not-running' | Promise<void | 'gone' | 'not-running'>;

/**
 * Why nothing was written to a target. `fresh`: its token outlives the next run, and lives long enough or as long as the newest one. `leased`: another run
 * works on it. `gone`, `not-running`: the writer said so.
 */
export type SkipReason = 'fresh' | 'leased' | 'gone' | 'not-running';

/**
 * The outcome of one target. `refreshed`: it has the newest token, which outlives the next run. `short-lived`: it has the newest token, which expires
 * before the next run is sure to have replaced it, in `secondsLeft`. A failure's reason never shows the token.
 */
export type RefreshResult =
  | { readonly id: string; readonly status: 'refreshed'; readonly until?: Date }
  | { readonly id: string; readonly status: 'short-lived'; readonly until: Date; readonly secondsLeft: number }
  | { readonly id: string; readonly status: 'skipped'; readonly reason: SkipReason }
  | { readonly id: string; readonly status: 'failed'; readonly reason: string };

/** The outcome of a run. Counts, so that its size does not grow with the number of targets. */
export interface RefreshSummary {
  readonly refreshed: number;
  /** Targets whose token expires before the next run: they will be without one, unless a run comes earlier. */
  readonly shortLived: number;
  readonly skipped: Readonly<Record<SkipReason, number>>;
  readonly failed: number;
  /** The first hundred failures. */
  readonly failures: readonly { readonly id: string; readonly reason: string }[];
  /** Why not all targets were visited: the run was aborted, or the list of targets broke off. Absent if all were. */
  readonly stopped?: string;
}

/** Options of {@link refreshAll}. Times are seconds. */
export interface RefreshAllOptions extends EventOptions {
  /** How many targets are worked on at a time. Default: 10. */
  concurrency?: number;
  /** The source of the token. Default: the credential chain, which on Vercel needs the request's context. */
  token?: TokenSource;
  /** The time from one run to the next, as the cron job has it; at most 1200. How long a token must live follows from it. Default: 600. */
  runEvery?: number;
  /**
   * How long the token that is handed out must still live; during a long run it is replaced when it no longer does. At most 1800: a token that arrives
   * may have no more. Default: 300.
   */
  minValidity?: number;
  /**
   * A target whose own token lives longer than this is left alone; any other gets the newest token. At least `runEvery` and 300 more. A larger value
   * survives more lost runs and writes more often. Default: `runEvery` and 1800 more.
   */
  refreshBefore?: number;
  /** How long the writer may take for one target, and the registry for one answer. Default: 30. */
  timeout?: number;
  /** How long a lease lasts if its run dies; it is renewed while the run lives. For registries. Default: 60. */
  lease?: number;
  /** Ends the run: nothing new begins, what is going on is aborted, and the summary says so. */
  signal?: AbortSignal;
  /** Called with the outcome of each target, as it is known. What it throws, or rejects with, is thrown when every target was visited; `timeout` applies. */
  onResult?: (result: RefreshResult) => unknown;
}

const KNOWN = ['concurrency', 'token', 'runEvery', 'minValidity', 'refreshBefore', 'timeout', 'lease', 'signal', 'onResult', 'onEvent'];
const DAY = 86_400;
/** How many failures a summary lists. */
const MOST_FAILURES = 100;

/**
 * Hands a fresh token to every target: those of a registry, which are leased while they are worked on so that two overlapping runs do the work once,
 * or those of any array or iterable, which is read no faster than it is worked off. One target's failure stops no other.
 *
 * Rejects if there is no token to hand out, with the error of its source; everything after that is in the summary.
 */
export function refreshAll(
  targets: TargetRegistry,
  write: RefreshWriter<RegisteredTarget>,
  options?: RefreshAllOptions,
): Promise<RefreshSummary>;
export function refreshAll<T extends RefreshTarget>(
  targets: Iterable<T> | AsyncIterable<T>,
  write: RefreshWriter<T>,
  options?: RefreshAllOptions,
): Promise<RefreshSummary>;
export async function refreshAll<T extends RefreshTarget>(
  targets: TargetRegistry | Iterable<T> | AsyncIterable<T>,
  write: RefreshWriter<T>,
  options: RefreshAllOptions = {},
): Promise<RefreshSummary> {
  const run = new Run(isRegistry(targets) ? targets : undefined, write, readOptions(options));
  if (typeof write !== 'function') throw invalidOption('write', 'must be a function');
  if (!isRegistry(targets) && !isIterable(targets)) throw invalidOption('targets', 'must be a registry, or an iterable of targets');
  return run.over(isRegistry(targets) ? run.pages(targets) : targets);
}

const isRegistry = (targets: unknown): targets is TargetRegistry => typeof (targets as TargetRegistry | undefined)?.acquire === 'function';

const isIterable = (targets: unknown): boolean =>
  typeof targets === 'object' && targets !== null && (Symbol.asyncIterator in targets || Symbol.iterator in targets);

function readOptions(options: RefreshAllOptions) {
  const given = knownOptions(options, KNOWN);
  const { concurrency = 10, token, runEvery = 600, minValidity = 300, timeout = 30, lease = 60, signal, onResult } = given;
  if (!Number.isInteger(concurrency)) throw invalidOption('concurrency', 'must be a whole number');
  optionalFunction('token', token);
  optionalFunction('onResult', onResult);
  const onEvent = readOnEvent(given.onEvent);
  optionalSignal('signal', signal);
  checkTiming(runEvery, minValidity);
  const { refreshBefore = defaultRefreshBefore(runEvery) } = given;
  return {
    concurrency: number('concurrency', concurrency, 1, 1000),
    source: token ?? fromChain(minValidity, onEvent),
    minValidity,
    reachMs: reachOfNextRun(runEvery) * 1000,
    refreshBeforeMs: number('refreshBefore', refreshBefore, reachOfNextRun(runEvery), 30 * DAY) * 1000,
    timeoutMs: number('timeout', timeout, 0.001, DAY) * 1000,
    abortGroup: new AbortGroup(signal),
    leaseMs: Math.ceil(number('lease', lease, 1, DAY) * 1000),
    onResult,
    onEvent,
  };
}

/** Refuses times with which targets would be left without a token, or runs without one to hand out. */
function checkTiming(runEvery: unknown, minValidity: unknown): void {
  if (!(typeof runEvery === 'number' && runEvery >= 1 && runEvery <= MAX_RUN_EVERY)) {
    throw invalidOption('runEvery', `must be 1 to ${MAX_RUN_EVERY} seconds: a token may arrive with ${LEAST_LIFE_ON_ARRIVAL} s left`);
  }
  if (!(typeof minValidity === 'number' && minValidity >= 0 && minValidity <= LEAST_LIFE_ON_ARRIVAL)) {
    throw invalidOption('minValidity', `must be 0 to ${LEAST_LIFE_ON_ARRIVAL} seconds: a token may arrive with no more left`);
  }
}

class Run<T extends RefreshTarget> {
  readonly #registry: TargetRegistry | undefined;
  readonly #write: RefreshWriter<T>;
  readonly #options: ReturnType<typeof readOptions>;
  readonly #owner = newOwner();
  readonly #counts = { refreshed: 0, shortLived: 0, failed: 0, skipped: { fresh: 0, leased: 0, gone: 0, 'not-running': 0 } };
  readonly #failures: { id: string; reason: string }[] = [];
  #token: Promise<RefreshToken> | undefined;
  #held: RefreshToken | undefined;
  readonly #redactor = new Redactor();
  #reporting: { error: unknown } | undefined;
  /** Calls of `onResult` that have not returned. */
  readonly #reports = new Set<Promise<unknown>>();

  constructor(registry: TargetRegistry | undefined, write: RefreshWriter<T>, options: ReturnType<typeof readOptions>) {
    this.#registry = registry;
    this.#write = write;
    this.#options = options;
  }

  async over(targets: Iterable<T> | AsyncIterable<T>): Promise<RefreshSummary> {
    const { abortGroup, concurrency } = this.#options;
    let stopped: string | undefined;
    try {
      if (!abortGroup.reason) await this.#fresh();
    } catch (thrown) {
      abortGroup.dispose();
      if (!abortGroup.reason) throw thrown;
    }
    try {
      await pool(targets, concurrency, abortGroup, (target) => this.#visit(target));
    } catch (thrown) {
      stopped = this.#redactor.explain(thrown);
    }
    abortGroup.dispose();
    await Promise.all(this.#reports);
    if (this.#reporting) throw this.#reporting.error;
    stopped = abortGroup.reason?.message ?? stopped;
    return { ...this.#counts, failures: this.#failures, ...(stopped !== undefined && { stopped }) };
  }

  /** A registry's targets, page by page. */
  async *pages(registry: TargetRegistry): AsyncGenerator<T> {
    let cursor: string | undefined;
    do {
      const begin: string | undefined = cursor;
      const page = await this.#withTimeout(() => registry.list(begin));
      yield* page.targets as Iterable<T>;
      cursor = page.cursor;
      // As with names in Redis that are not valid UTF-8: the page after them would be the same for ever.
      if (cursor !== undefined && cursor === begin) throw new Error('the list of the registry does not advance');
    } while (cursor !== undefined);
  }

  /** Never throws. */
  async #visit(target: T): Promise<void> {
    const { onEvent } = this.#options;
    const start = isObserved(onEvent, 'refresh') ? performance.now() : undefined;
    let id = '';
    let result: RefreshResult;
    let failure = {};
    try {
      id = checkId(typeof target === 'string' ? target : target?.id);
      const known = typeof target === 'string' ? undefined : target.until;
      if (this.#isFresh(known)) result = { id, status: 'skipped', reason: 'fresh' };
      else if (this.#registry) result = await this.#leased(this.#registry, id, target);
      else result = await this.#withTimeout((signal) => this.#refresh(id, target, known, signal));
    } catch (thrown) {
      result = { id, status: 'failed', reason: this.#redactor.explain(thrown) };
      failure = codeOf({ error: thrown });
    }
    if (start !== undefined) {
      const reason = result.status === 'skipped' ? { reason: result.reason } : {};
      emit(onEvent, { type: 'refresh', status: result.status, durationMs: performance.now() - start, ...reason, ...failure });
    }
    this.#report(result);
  }

  /** Claims a target. A claim that is answered after its time-out or an abort is given back, and so is one that may have been made. */
  async #acquire(registry: TargetRegistry, id: string): Promise<Acquired> {
    let claim: Promise<Acquired> | undefined;
    try {
      return await this.#withTimeout(() => (claim = (async () => registry.acquire(id, this.#owner, this.#options.leaseMs))()));
    } catch (thrown) {
      const release = () => this.#withoutAbort(() => registry.release(id, this.#owner));
      void claim?.then(release, release).catch(() => {});
      throw thrown;
    }
  }

  /** The same under a lease. */
  async #leased(registry: TargetRegistry, id: string, target: T): Promise<RefreshResult> {
    const { leaseMs } = this.#options;
    const acquired = await this.#acquire(registry, id);
    if (acquired.state !== 'acquired') return { id, status: 'skipped', reason: acquired.state };
    const lease = keepLease(registry, id, this.#owner, leaseMs);
    let ended = false;
    try {
      // Another process may have written the target since it was listed.
      if (this.#isFresh(acquired.until)) return { id, status: 'skipped', reason: 'fresh' };
      const result = await this.#withTimeout((signal) => this.#refresh(id, target, acquired.until, signal), lease.lost);
      if (result.status === 'skipped' && result.reason === 'gone') {
        await this.#withoutAbort(() => registry.remove(id, this.#owner));
        ended = true;
      } else if (result.status === 'refreshed' || result.status === 'short-lived') {
        const noted = await this.#withoutAbort(() => registry.complete(id, this.#owner, result.until));
        ended = true;
        // The target has its token; but another run may have begun to give it one too.
        if (!noted) throw new Cancelled('AbortError', LOST);
      }
      return result;
    } finally {
      lease.done();
      // Best effort: it ends by itself.
      if (!ended) await this.#withoutAbort(() => registry.release(id, this.#owner)).catch(() => {});
    }
  }

  async #refresh(id: string, target: T, until: Date | undefined, signal: AbortSignal): Promise<RefreshResult> {
    const token = await this.#fresh();
    // It has this very token, or a later one: an older one is never written, and the same again would only cost a restart.
    if (until && token.expiresAt && until >= token.expiresAt && until.getTime() > Date.now())
      return this.#lasting(id, until, { id, status: 'skipped', reason: 'fresh' });
    signal.throwIfAborted();
    const answer = await this.#write(target, token, { signal });
    if (answer === 'gone' || answer === 'not-running') return { id, status: 'skipped', reason: answer };
    const { expiresAt } = token;
    return expiresAt ? this.#lasting(id, expiresAt, { id, status: 'refreshed', until: expiresAt }) : { id, status: 'refreshed' };
  }

  /** The result of a target that has a token until then: `result`, if the token is sure to reach the next run. */
  #lasting(id: string, until: Date, result: RefreshResult): RefreshResult {
    const left = until.getTime() - Date.now();
    return left >= this.#options.reachMs ? result : { id, status: 'short-lived', until, secondsLeft: Math.max(0, Math.floor(left / 1000)) };
  }

  #isFresh(until: Date | undefined): boolean {
    return until instanceof Date && until.getTime() - Date.now() > this.#options.refreshBeforeMs;
  }

  /** One token for all, until it is too old; one question for all who want the next one. A source that failed once is not asked again. */
  #fresh(): Promise<RefreshToken> {
    if (this.#held && !livesFor(this.#held, this.#options.minValidity)) {
      this.#held = undefined;
      this.#token = undefined;
    }
    return (this.#token ??= this.#ask());
  }

  async #ask(): Promise<RefreshToken> {
    const token = await askSource(this.#options);
    this.#redactor.add(token.value);
    this.#held = token;
    return token;
  }

  #withTimeout<R>(run: (signal: AbortSignal) => R | PromiseLike<R>, ...abortGroups: AbortGroup[]): Promise<R> {
    return withTimeout(this.#options.timeoutMs, [this.#options.abortGroup, ...abortGroups], run);
  }

  /** Runs work under the time-out alone, also in a run that was aborted: results are noted, and leases are released. */
  #withoutAbort<R>(run: () => R | PromiseLike<R>): Promise<R> {
    return withTimeout(this.#options.timeoutMs, [], run);
  }

  #report(result: RefreshResult): void {
    if (result.status === 'refreshed') this.#counts.refreshed += 1;
    else if (result.status === 'short-lived') this.#counts.shortLived += 1;
    else if (result.status === 'skipped') this.#counts.skipped[result.reason] += 1;
    else {
      this.#counts.failed += 1;
      if (this.#failures.length < MOST_FAILURES) this.#failures.push({ id: result.id, reason: result.reason });
    }
    // The caller's own error, thrown or rejected. It is thrown when every target has a token.
    const failed = (error: unknown) => void (this.#reporting ??= { error });
    try {
      const returned = this.#options.onResult?.(result);
      if (typeof (returned as PromiseLike<unknown> | undefined)?.then !== 'function') return;
      const report: Promise<unknown> = this.#withoutAbort(() => returned).catch(failed);
      this.#reports.add(report);
      void report.then(() => this.#reports.delete(report));
    } catch (error) {
      failed(error);
    }
  }
}

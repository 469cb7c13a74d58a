// The policies of the issuers that were looked up. Text of unverified tokens fills no more than a bounded part of it, and only
// verified tokens decide who stays.

import { CountersignError } from '../core/errors.js';
import { sharePromises } from '../core/runtime.js';
import { sleep } from '../core/single-flight.js';
import { withTimeout } from '../refresh/with-timeout.js';
import { monotonic, nameOf } from '../stores/guard.js';
import { type Inherited, type Member, makeMembers } from './member.js';

/** Looks up the policies of an issuer. */
export type LookUp = (issuer: string, context: { readonly signal: AbortSignal }) => unknown;

/** Bounds of a directory. Times are seconds. */
export interface Bounds {
  maxIssuers: number;
  maxUnknownIssuers: number;
  unknownPerMinute: number;
  ttl: number;
  unknownTtl: number;
  timeout: number;
}

/** The seconds for which a failed look-up is not repeated. */
const FAILURE_TTL = 1;

/** How long a caller waits each time, in milliseconds, where it cannot await another request's promise. */
const POLL_MS = 10;

interface Known {
  readonly members: readonly Member[];
  /** Until when it is used without another look-up, by the monotonic clock. */
  readonly until: number;
}

interface Unknown {
  readonly until: number;
  readonly makeError: () => CountersignError;
}

/** The result of a look-up. */
type Found = { readonly members: readonly Member[] } | { readonly makeError: () => CountersignError };

interface Pending {
  readonly until: number;
  readonly found: Promise<Found>;
}

/** Policies by issuer. */
export class Directory {
  readonly #lookUp: LookUp;
  readonly #bounds: Bounds;
  readonly #inherited: Inherited;
  /** Issuers that have verified a token, the least recent first. */
  readonly #proven = new Map<string, Known>();
  /** Issuers with policies of which no token was verified yet: they make room first. */
  readonly #unproven = new Map<string, Known>();
  /** Issuers without a policy, and failed look-ups; the oldest first. */
  readonly #unknown = new Map<string, Unknown>();
  readonly #pending = new Map<string, Pending>();
  readonly #allowance: Allowance;

  constructor(lookUp: LookUp, bounds: Bounds, inherited: Inherited) {
    this.#lookUp = lookUp;
    this.#bounds = bounds;
    this.#inherited = inherited;
    this.#allowance = new Allowance(bounds.unknownPerMinute);
  }

  /**
   * The policies of an issuer; there is at least one. `limited`: only within the allowance for issuers that are not known, and not
   * again where there was none before.
   */
  async find(issuer: string, limited: boolean): Promise<readonly Member[]> {
    for (;;) {
      const now = monotonic();
      const known = this.#proven.get(issuer) ?? this.#unproven.get(issuer);
      if (known && now < known.until) return known.members;
      const unknown = this.#unknown.get(issuer);
      if (limited && unknown && now < unknown.until) throw unknown.makeError();
      const pending = this.#pending.get(issuer);
      if (pending && now < pending.until && !sharePromises()) {
        await sleep(POLL_MS);
        continue;
      }
      const found = await (pending && now < pending.until ? pending.found : this.#start(issuer, known?.members, limited));
      if ('members' in found) return found.members;
      throw found.makeError();
    }
  }

  /** Notes that a token of this issuer was verified. */
  prove(issuer: string): void {
    const known = this.#proven.get(issuer) ?? this.#unproven.get(issuer);
    if (!known) return;
    this.#unproven.delete(issuer);
    this.#proven.delete(issuer);
    this.#proven.set(issuer, known);
  }

  /** Forgets one issuer, or all. Look-ups in flight are not kept. */
  forget(issuer?: string): void {
    for (const map of [this.#proven, this.#unproven]) {
      const entries = issuer === undefined ? [...map] : [[issuer, map.get(issuer)] as const];
      for (const [name, known] of entries) {
        map.delete(name);
        for (const member of known?.members ?? []) member.retire();
      }
    }
    for (const map of [this.#unknown, this.#pending]) {
      if (issuer === undefined) map.clear();
      else map.delete(issuer);
    }
  }

  #start(issuer: string, before: readonly Member[] | undefined, limited: boolean): Promise<Found> {
    // An issuer that is known is looked up again at most once in `ttl`, so that no one else's tokens can keep it from that.
    const counted = limited && before === undefined;
    if (counted && !this.#allowance.take()) throw unavailable('too many look-ups of unknown issuers');
    const pending: Pending = { until: monotonic() + this.#bounds.timeout * 1000, found: this.#run(issuer, before ?? []) };
    this.#pending.set(issuer, pending);
    return pending.found.then((found) => {
      if (counted && 'members' in found) this.#allowance.giveBack();
      if (this.#pending.get(issuer) === pending) {
        this.#pending.delete(issuer);
        this.#keep(issuer, found);
      } else if ('members' in found) {
        for (const member of found.members) member.retire();
      }
      return found;
    });
  }

  async #run(issuer: string, before: readonly Member[]): Promise<Found> {
    try {
      const given = await withTimeout(this.#bounds.timeout * 1000, [], (signal) => this.#lookUp(issuer, { signal }));
      const members = makeMembers(given, this.#inherited, before);
      return members.length > 0 ? { members } : { makeError: () => noPolicy(issuer) };
    } catch (thrown) {
      const name = nameOf(thrown);
      return { makeError: () => unavailable(`the look-up of the policies failed${name === undefined ? '' : `: ${name}`}`) };
    }
  }

  #keep(issuer: string, found: Found): void {
    const map = this.#proven.has(issuer) ? this.#proven : this.#unproven;
    const before = map.get(issuer);
    const { ttl, unknownTtl, maxIssuers, maxUnknownIssuers } = this.#bounds;
    const now = monotonic();
    if ('members' in found) {
      for (const member of before?.members ?? []) if (!found.members.includes(member)) member.retire();
      this.#unknown.delete(issuer);
      map.set(issuer, { members: found.members, until: now + ttl * 1000 });
      while (this.#proven.size + this.#unproven.size > maxIssuers) this.#evict(issuer);
      return;
    }
    const error = found.makeError();
    const isFailure = error.code === 'ERR_POLICY_UNAVAILABLE';
    if (!isFailure) {
      map.delete(issuer);
      for (const member of before?.members ?? []) member.retire();
    }
    this.#unknown.delete(issuer);
    this.#unknown.set(issuer, { until: now + (isFailure ? FAILURE_TTL : unknownTtl) * 1000, makeError: found.makeError });
    if (this.#unknown.size > maxUnknownIssuers) this.#unknown.delete(this.#unknown.keys().next().value as string);
  }

  /** Makes room: first of issuers of which no token was verified, but not of the newest one. */
  #evict(newest: string): void {
    for (const map of [this.#unproven, this.#proven]) {
      for (const [issuer, { members }] of map) {
        if (issuer === newest) continue;
        map.delete(issuer);
        for (const member of members) member.retire();
        return;
      }
    }
  }
}

/** Look-ups that may be made: so many at once, and so many in a minute. */
class Allowance {
  readonly #perMinute: number;
  #left: number;
  #at = monotonic();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#left = perMinute;
  }

  take(): boolean {
    const now = monotonic();
    this.#left = Math.min(this.#perMinute, this.#left + ((now - this.#at) * this.#perMinute) / 60_000);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  giveBack(): void {
    this.#left = Math.min(this.#perMinute, this.#left + 1);
  }
}

const noPolicy = (issuer: string): CountersignError =>
  new CountersignError({
    code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    message: 'no policy for the issuer of the token',
    claim: 'iss',
    reason: 'check_failed',
    found: JSON.stringify(issuer),
  });

const unavailable = (message: string): CountersignError =>
  new CountersignError({ code: 'ERR_POLICY_UNAVAILABLE', message, retryable: true });

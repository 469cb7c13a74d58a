// The targets that are kept fresh: the expiry of each, and the process that is writing it.

import { invalidOption } from '../core/errors.js';

/** A target, as a registry knows it. */
export interface RegisteredTarget {
  readonly id: string;
  /** Until when the token lives that it was given last; absent before the first time. */
  readonly until?: Date;
}

/** One page of a registry. */
export interface TargetPage {
  readonly targets: readonly RegisteredTarget[];
  /** The cursor of the next page; absent on the last one. */
  readonly cursor?: string;
}

/** The answer to a claim on a target: it is leased to the caller or to another process, or it was removed. */
export type Acquired = { readonly state: 'acquired'; readonly until?: Date } | { readonly state: 'leased' } | { readonly state: 'gone' };

/**
 * The targets of {@link refreshAll}, kept between its runs. Make one of your own to keep them elsewhere; what it promises: each of `acquire`, `renew`,
 * `complete` and `release` is atomic, a lease has one owner, and it ends by itself.
 */
export interface TargetRegistry {
  /** Adds a target, or begins anew with one that is there: it has a token until `until`, or none, and any lease ends. */
  add(id: string, until?: Date): Promise<void>;
  /** Forgets a target; for an `owner` only while the lease is the owner's, so that one that began anew meanwhile stays. */
  remove(id: string, owner?: string): Promise<void>;
  /** The targets, page by page: begin without a cursor, go on with that of the last page. What is there from the first page to the last comes once. */
  list(cursor?: string): Promise<TargetPage>;
  /** Leases a target to `owner` for so many milliseconds, unless another process holds it. */
  acquire(id: string, owner: string, ttlMs: number): Promise<Acquired>;
  /** Makes the owner's lease last so many milliseconds from now; false if it is the owner's no more. */
  renew(id: string, owner: string, ttlMs: number): Promise<boolean>;
  /** Notes until when the target is fresh, and ends the owner's lease; false, and nothing noted, if it is the owner's no more. */
  complete(id: string, owner: string, until?: Date): Promise<boolean>;
  /** Ends the lease, if it is the owner's. */
  release(id: string, owner: string): Promise<void>;
}

/** How many targets a page has. */
export const PAGE = 100;

/** Names end up in keys and reports. */
const LONGEST_ID = 512;

/** Refuses what cannot name a target. */
export function checkId(id: unknown): string {
  if (typeof id !== 'string' || id === '' || id.length > LONGEST_ID) {
    throw invalidOption('id', `must be a string of 1 to ${LONGEST_ID} characters`);
  }
  return id;
}

/** Refuses what is no instant. */
export function checkUntil(until: unknown): Date | undefined {
  if (until === undefined || (until instanceof Date && !Number.isNaN(until.getTime()))) return until;
  throw invalidOption('until', 'must be a valid Date');
}

/** A registry in this process's memory: for one process that lives long, and for tests. What several processes share belongs into Redis. */
export function createMemoryRegistry(): TargetRegistry {
  return new MemoryRegistry();
}

interface Entry {
  /** Counts up, so that a cursor stays where it is when others come and go. */
  place: number;
  until?: Date | undefined;
}

interface Lease {
  owner: string;
  begun: number;
  ttlMs: number;
}

class MemoryRegistry implements TargetRegistry {
  // In the order of their places: what is added comes last, and beginning anew keeps the place.
  readonly #entries = new Map<string, Entry>();
  readonly #leases = new Map<string, Lease>();
  #places = 0;

  async add(id: string, until?: Date): Promise<void> {
    const place = this.#entries.get(checkId(id))?.place ?? this.#places++;
    this.#entries.set(id, { place, until: checkUntil(until) });
    this.#leases.delete(id);
  }

  async remove(id: string, owner?: string): Promise<void> {
    if (owner !== undefined && !this.#held(id, owner)) return;
    this.#entries.delete(id);
    this.#leases.delete(id);
  }

  async list(cursor?: string): Promise<TargetPage> {
    const from = Number(cursor ?? 0);
    const targets: RegisteredTarget[] = [];
    for (const [id, { place, until }] of this.#entries) {
      if (place < from) continue;
      if (targets.length === PAGE) return { targets, cursor: String(place) };
      targets.push({ id, ...(until && { until }) });
    }
    return { targets };
  }

  async acquire(id: string, owner: string, ttlMs: number): Promise<Acquired> {
    const entry = this.#entries.get(id);
    if (!entry) return { state: 'gone' };
    const lease = this.#leases.get(id);
    if (lease && isRunning(lease)) return { state: 'leased' };
    this.#leases.set(id, { owner, begun: Date.now(), ttlMs });
    return { state: 'acquired', ...(entry.until && { until: entry.until }) };
  }

  async renew(id: string, owner: string, ttlMs: number): Promise<boolean> {
    const lease = this.#held(id, owner);
    if (lease) Object.assign(lease, { begun: Date.now(), ttlMs });
    return lease !== undefined;
  }

  async complete(id: string, owner: string, until?: Date): Promise<boolean> {
    if (!this.#held(id, owner)) return false;
    const entry = this.#entries.get(id);
    if (entry) entry.until = until;
    this.#leases.delete(id);
    return true;
  }

  async release(id: string, owner: string): Promise<void> {
    if (this.#leases.get(id)?.owner === owner) this.#leases.delete(id);
  }

  #held(id: string, owner: string): Lease | undefined {
    const lease = this.#leases.get(id);
    return lease?.owner === owner && isRunning(lease) ? lease : undefined;
  }
}

/** One that begins in the future was given before the clock was set back. It would last too long. */
function isRunning({ begun, ttlMs }: Lease): boolean {
  const age = Date.now() - begun;
  return age >= 0 && age < ttlMs;
}

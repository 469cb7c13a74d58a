// One policy of an issuer, with its verifier.

import { CountersignError, invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import { dispose } from '../core/wasm-module.js';
import { type HostOptions, type Verifier, type VerifierOptions, createSilentVerifier } from '../verify/verifier.js';

/** A policy of the caller. Unknown members are refused. */
export interface FederationPolicy extends VerifierOptions {
  /** Names the policy in results, errors and events; at most 128 characters. Default: its position, from 0. */
  name?: string;
}

/** The options of every policy that has none of its own. */
export type Inherited = Pick<HostOptions, 'fetch' | 'jwksStore' | 'storeTimeout' | 'onStoreError' | 'onEvent'>;

/** The verified tokens that one policy remembers, unless it says otherwise: a federation has many of them. */
const CACHED_TOKENS = 64;

/** The most policies of one issuer: a token is compared with each. */
const MAX_POLICIES = 16;

/** A policy with its verifier, which is made at first use and disposed of when the policy is retired and no longer in use. */
export class Member {
  readonly name: string;
  /** Tells whether a policy is still the same; undefined where that cannot be said. */
  readonly fingerprint: string | undefined;
  readonly #options: VerifierOptions | undefined;
  #verifier: Verifier | undefined;
  #problem: CountersignError | undefined;
  #uses = 0;
  #retired = false;

  constructor(given: unknown, position: number, inherited: Inherited) {
    this.name = String(position);
    try {
      const { name, ...options } = ownOptions(given as FederationPolicy, 'policy');
      if (name !== undefined) this.name = checkName(name);
      this.#options = { cache: { tokens: CACHED_TOKENS }, ...inherited, ...options };
    } catch (thrown) {
      this.#problem = problemOf(thrown);
    }
    this.fingerprint = this.#options && fingerprintOf(this.#options, this.name);
  }

  /** Runs work with the verifier. Rejects with `ERR_POLICY_UNAVAILABLE` where the policy has a mistake. */
  async use<T>(work: (verifier: Verifier) => Promise<T>): Promise<T> {
    this.#uses += 1;
    try {
      return await work(this.#live());
    } finally {
      this.#uses -= 1;
      this.#disposeUnused();
    }
  }

  /** Disposes of the verifier as soon as no one uses it. */
  retire(): void {
    this.#retired = true;
    this.#disposeUnused();
  }

  #disposeUnused(): void {
    if (!this.#retired || this.#uses > 0) return;
    this.#verifier?.[dispose]();
    this.#verifier = undefined;
  }

  #live(): Verifier {
    try {
      if (this.#options && !this.#problem) return (this.#verifier ??= createSilentVerifier(this.#options));
    } catch (thrown) {
      // A fault of this package is no mistake of the policy.
      if (thrown instanceof CountersignError && thrown.retryable) throw thrown;
      this.#problem = problemOf(thrown);
    }
    const { option, message } = this.#problem as CountersignError;
    throw new CountersignError({
      code: 'ERR_POLICY_UNAVAILABLE',
      message: `policy \`${this.name}\` has a mistake: ${message}`,
      option,
      cause: this.#problem,
    });
  }
}

/**
 * Makes the members for the policies that a look-up returned. Members of the look-up before whose policies have not changed are
 * kept, with the keys that they have.
 *
 * Throws `ERR_INVALID_OPTION` where there are too many.
 */
export function makeMembers(given: unknown, inherited: Inherited, before: readonly Member[]): readonly Member[] {
  const policies = given === undefined || given === null ? [] : Array.isArray(given) ? given : [given];
  if (policies.length > MAX_POLICIES) throw invalidOption('policies', `must return at most ${MAX_POLICIES} policies for an issuer`);
  const reusable = new Map(before.map((member) => [member.fingerprint, member]));
  reusable.delete(undefined);
  return policies.map((policy: unknown, position) => {
    const made = new Member(policy, position, inherited);
    const same = reusable.get(made.fingerprint);
    // Not twice: each is retired once.
    reusable.delete(made.fingerprint);
    return same ?? made;
  });
}

/** The mistake of a policy. An error that its own members throw may hold anything. */
const problemOf = (thrown: unknown): CountersignError =>
  thrown instanceof CountersignError ? thrown : invalidOption('policy', 'cannot be read');

function checkName(name: unknown): string {
  if (typeof name === 'string' && /^\P{Cc}{1,128}$/u.test(name)) return name;
  throw invalidOption('name', 'must be a string of 1 to 128 characters');
}

/** Numbers for functions and stores, which JSON cannot tell apart. */
const identities = new WeakMap<object, number>();
let lastIdentity = 0;

function identityOf(value: object): number {
  const known = identities.get(value) ?? ++lastIdentity;
  identities.set(value, known);
  return known;
}

function fingerprintOf(options: VerifierOptions, name: string): string | undefined {
  try {
    return JSON.stringify([name, options], (member, value) =>
      typeof value === 'function' || (member === 'jwksStore' && typeof value === 'object' && value !== null)
        ? { identity: identityOf(value) }
        : value,
    );
  } catch {
    // What JSON cannot hold is refused by the verifier.
    return undefined;
  }
}

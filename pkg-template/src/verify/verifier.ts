/// <reference lib="esnext.disposable" preserve="true" />
// Verification: `verifySync` is one call into the core, `verify` fetches keys around it where the core requests newer ones.

import { ask, askIn, call, clock, currentGeneration, freeze, readKeyRefresh, readToken, readValidity, refusal, sharePromises, writeToken } from '../core/core.js';
import { CountersignError, invalidOption } from '../core/errors.js';
import { POLL_MS, sleep } from '../core/poll.js';
import { type HttpRequest, runOperation } from '../core/run-operation.js';
import { type JwksStore, recall, share } from './jwks-store.js';
import { TokenCache } from './token-cache.js';
import type { Algorithm, JsonWebKeySet, JwsHeader, JwtClaims, VercelClaims, VerifiedClaims } from './types.js';

/** What every verifier can be told. Unknown members are refused. */
export interface CommonOptions {
  /** Signature algorithms that are allowed. Default: `['RS256']`. */
  algorithms?: Algorithm | Algorithm[];
  /** Keys in hand, or the URL of a key set. Default: where the issuer publishes its keys. */
  jwks?: JsonWebKeySet | string;
  /** Claims that must be present and equal one of the values. */
  claims?: Record<string, string | string[]>;
  /** `sub` must be one of these. */
  subject?: string | string[];
  /** How far the clocks of issuer and verifier may differ, in seconds. Default: 0. */
  clockTolerance?: number;
  /** How long ago `iat` may lie, in seconds. */
  maxTokenAge?: number;
  /** Claims that must be present; `exp` always must be. */
  requiredClaims?: string[];
  /** Accepted values of the `typ` header (RFC 8725 section 3.11). Default: `JWT`, or none. */
  typ?: string[];
  /** The longest token that is read, in bytes. Default: 16384. */
  maxTokenBytes?: number;
  /** How many verified tokens are remembered, so that the same token again costs a look-up; 0 for none. Default: 1024. */
  cache?: { tokens?: number };
  /**
   * A store in which isolates share key sets, so that a cold one need not fetch. Its content is checked like an answer of the
   * issuer, and its failure never fails a verification.
   */
  jwksStore?: JwksStore;
  /** Fetches the keys. Default: the runtime's own `fetch`. */
  fetch?: typeof fetch;
}

/** Options of {@link createVerifier}. */
export interface VerifierOptions extends CommonOptions {
  /** Trusted issuers, compared exactly with `iss`. Without `jwks` each must be an https URL. */
  issuer: string | string[];
  /** `aud` must name one of these; `null` leaves it unchecked, which accepts tokens that were meant for others. */
  audience: string | string[] | null;
}

/** Options of {@link createVercelVerifier}. */
export interface VercelVerifierOptions extends CommonOptions {
  /** The team's slug, as in `vercel.com/<team>`; `'*'` for any, since ids are unique among teams. Then name an `audience`. */
  team: string;
  /** The issuer that the project is set to. Default: `'team'`, `https://oidc.vercel.com/<team>`. */
  issuerMode?: 'team' | 'global';
  /** The team's id (`team_…`). */
  ownerId?: string;
  /** The project's id (`prj_…`), several, or `'*'` for any project of `ownerId`. */
  projectId: string | string[];
  /** The environment's name, several, or `'*'` for any. */
  environment: string | string[];
  /** Default: `https://vercel.com/<team>`. For any team it must be named, and `null` leaves it unchecked. */
  audience?: string | string[] | null;
}

/** A verified token, frozen. */
export interface VerifiedToken<Claims = VerifiedClaims> {
  readonly header: JwsHeader;
  readonly claims: Readonly<Claims>;
}

/** At which instant the token must be valid. */
export interface VerifyOptions {
  /** Seconds since the epoch. Default: the present time. */
  now?: number;
}

/** Verifies tokens against one policy. Make it once, at module level, and use it for every request. */
export interface Verifier<Claims = VerifiedClaims> {
  /** Verifies a token, fetching the issuer's keys first where needed. Rejects with a `CountersignError`. */
  verify(token: string, options?: VerifyOptions): Promise<VerifiedToken<Claims>>;
  /** Verifies a token with the keys that are there: nothing to await, nothing to forget to await. */
  verifySync(token: string, options?: VerifyOptions): VerifiedToken<Claims>;
  /** Fetches the keys unless fresh ones are there. */
  loadKeys(): Promise<void>;
  /** Puts keys in that you have in hand. They do not age. */
  setKeys(jwks: JsonWebKeySet): void;
  /** Frees the verifier's memory at once, instead of when it is collected. */
  [Symbol.dispose](): void;
}

/**
 * Makes a verifier for the tokens of any OIDC issuer.
 *
 * Nothing is fetched yet. Throws `ERR_INVALID_OPTION`, or `ERR_JWKS_INVALID` for unusable keys in hand.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  return new CoreVerifier(options, false);
}

/**
 * Makes a verifier for the tokens of one Vercel team, narrowed to projects and environments.
 *
 * Beside the registered claims it checks that `sub` says the same as `owner`, `project` and `environment`. Throws as
 * {@link createVerifier} does.
 */
export function createVercelVerifier(options: VercelVerifierOptions): Verifier<VercelClaims> {
  return new CoreVerifier(options, true);
}

/** The longest token that {@link decode} reads, in bytes; the default of a verifier too. */
const DEFAULT_MAX_TOKEN_BYTES = 16_384;

/**
 * Decodes a token. **Nothing is verified**: anyone may have written it. For showing it to a person.
 *
 * Throws `ERR_JWS_INVALID` or `ERR_JWT_INVALID` where it is not strictly well-formed.
 */
export function decode(token: string): { header: JwsHeader; claims: JwtClaims } {
  const length = writeToken(token, DEFAULT_MAX_TOKEN_BYTES);
  if (!call((wasm) => wasm.decode(length, DEFAULT_MAX_TOKEN_BYTES))) throw refusal();
  return readToken();
}

/** Frees handles whose verifiers were dropped; where there is no such registry (Workers of old), they live as long as the isolate. */
const dropped =
  typeof FinalizationRegistry === 'function'
    ? new FinalizationRegistry<Handle>(({ number, generation }) => {
        if (generation === currentGeneration()) call((wasm) => wasm.verifier_free(number));
      })
    : undefined;

/** Engines without `using` have no such symbol; polyfills and compilers for it agree on this one. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

interface Handle {
  number: number;
  generation: number;
  maxTokenBytes: number;
}

class CoreVerifier<Claims> implements Verifier<Claims> {
  readonly #policy: Record<string, unknown>;
  readonly #vercel: boolean;
  readonly #jwks: { url?: string | undefined; text?: string | undefined };
  readonly #fetch: typeof fetch | undefined;
  readonly #store: JwksStore | undefined;
  /** Emptied by whatever changes the keys. */
  readonly #verified: TokenCache<VerifiedToken<Claims>>;
  /** The keys that the instance has, for the case that it is lost: those that the caller has set, or the fetched by source. */
  #keysInHand: string | undefined;
  readonly #fetched = new Map<number, string>();
  #handle: Handle | undefined;
  #disposed = false;
  /** Key fetches in flight by key source, where promises may be shared. */
  readonly #operations = new Map<number, Promise<void>>();

  constructor(options: unknown, vercel: boolean) {
    if (typeof options !== 'object' || options === null) throw invalidOption('options', 'must be an object');
    const { fetch: fetcher, jwks, jwksStore, cache, ...policy } = options as Record<string, unknown>;
    if (fetcher !== undefined && typeof fetcher !== 'function') throw invalidOption('fetch', 'must be a function');
    if (jwksStore !== undefined && !isStore(jwksStore)) throw invalidOption('jwksStore', 'must have the functions `get` and `set`');
    this.#fetch = fetcher as typeof fetch | undefined;
    this.#store = jwksStore;
    this.#verified = new TokenCache(cacheCapacity(cache));
    this.#jwks = typeof jwks === 'string' ? { url: jwks } : { text: jwks === undefined ? undefined : toJson(jwks) };
    // An option that is undefined counts as left out; the core sees no difference between undefined and null.
    this.#policy = Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
    this.#vercel = vercel;
    this.#live();
  }

  verifySync(token: string, options?: VerifyOptions): VerifiedToken<Claims> {
    const known = this.#recall(token, options, false);
    if (known) return known;
    const { verified, error } = this.#attempt(token, options);
    if (error) throw error;
    return verified as VerifiedToken<Claims>;
  }

  async verify(token: string, options?: VerifyOptions): Promise<VerifiedToken<Claims>> {
    const known = this.#recall(token, options, true);
    if (known) return known;
    let attempt = this.#attempt(token, options);
    // Ends: the core grants a fetch only where its cooldown and back-off allow one.
    while (attempt.keyRefresh && (await this.#refreshKeys(attempt.keyRefresh))) attempt = this.#attempt(token, options);
    if (attempt.error) throw unwrapCause(attempt.error);
    return attempt.verified as VerifiedToken<Claims>;
  }

  async loadKeys(): Promise<void> {
    const sources = ask('verifier_sources', this.#live().number);
    const load = async (source: number) => {
      while (await this.#refreshKeys({ source, unknownKid: false }));
      try {
        ask('verifier_check_keys', this.#live().number, source, clock());
      } catch (thrown) {
        throw unwrapCause(thrown);
      }
    };
    await Promise.all(Array.from({ length: sources }, (_, source) => load(source)));
  }

  setKeys(jwks: JsonWebKeySet): void {
    const text = toJson(jwks);
    ask('verifier_set_keys', this.#live().number, text);
    this.#keysInHand = text;
    this.#fetched.clear();
    this.#verified.clear();
  }

  [dispose](): void {
    this.#disposed = true;
    this.#verified.clear();
    dropped?.unregister(this);
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle?.generation === currentGeneration()) call((wasm) => wasm.verifier_free(handle.number));
  }

  /** The verifier in the present instance, made anew if that has changed. */
  #live(): Handle {
    if (this.#disposed) throw invalidOption('verifier', 'was disposed of and cannot be used any more');
    if (this.#handle?.generation !== currentGeneration()) {
      const number = ask('verifier_create', this.#policy, this.#vercel, this.#jwks.url, this.#jwks.text);
      const maxTokenBytes = ask('verifier_max_token_bytes', number);
      this.#handle = { number, generation: currentGeneration(), maxTokenBytes };
      this.#verified.clear();
      dropped?.unregister(this);
      dropped?.register(this, this.#handle, this);
      const keys = this.#keysInHand;
      if (keys !== undefined) ask('verifier_set_keys', number, keys);
      for (const [source, text] of this.#fetched) ask('verifier_restore', number, source, text, clock());
    }
    return this.#handle;
  }

  /** A token that was verified before and would be now. */
  #recall(token: string, options: VerifyOptions | undefined, freshKeys: boolean): VerifiedToken<Claims> | undefined {
    const present = clock();
    const now = options?.now ?? present;
    // The core refuses by name what is no number; compared here, a text could pass for one.
    return typeof now === 'number' ? this.#verified.get(token, now, present, freshKeys) : undefined;
  }

  #attempt(token: string, options: VerifyOptions | undefined): Attempt<Claims> {
    const { number, maxTokenBytes } = this.#live();
    const present = clock();
    const now = options?.now ?? present;
    const length = writeToken(token, maxTokenBytes);
    // What is no number becomes NaN, which the core refuses by name.
    const accepted = call((wasm) => wasm.verify(number, length, typeof now === 'number' ? now : NaN, present));
    const packed = readKeyRefresh();
    const refresh = packed === 0 ? {} : { keyRefresh: { source: (packed - 1) >> 1, unknownKid: (packed - 1) % 2 === 1 } };
    if (!accepted) return { ...refresh, error: refusal() };
    const { header, claims } = readToken();
    const verified = Object.freeze({ header, claims: freeze(claims as Claims) });
    this.#verified.set(token, verified, readValidity());
    return { ...refresh, verified };
  }

  /** Waits for newer keys; false where none are to be had now. */
  async #refreshKeys({ source, unknownKid }: KeyRefresh): Promise<boolean> {
    const { number, generation } = this.#live();
    const step = ask('verifier_refresh', number, source, unknownKid, clock());
    if (step === undefined) return false;
    if (step === true) {
      await this.#waitForInFlight(source);
      return true;
    }
    const operation = this.#fetchKeys(step, source, unknownKid)
      // The core has noted the failure; whoever needs the keys is told by it.
      .catch((thrown: unknown) => {
        if (generation !== currentGeneration()) throw thrown;
      })
      .finally(() => this.#operations.delete(source));
    this.#operations.set(source, operation);
    await operation;
    return true;
  }

  /** Gets newer keys: from the store if it has fresh ones, else from the issuer. */
  async #fetchKeys(request: HttpRequest, source: number, unknownKid: boolean): Promise<void> {
    const store = this.#store;
    const { number, generation } = this.#live();
    const name = store && ask('verifier_shared_name', number, source);
    // A key that nobody here knows is asked of the issuer: another isolate knows no more.
    if (store && name && !unknownKid) {
      const text = await recall(store, name);
      if (text !== undefined && this.#restore(source, text)) {
        return askIn(generation, 'flight_cancel', request.flight, clock());
      }
    }
    // Called as a plain function: some runtimes refuse their own `fetch` as a method of something else.
    const fetcher = this.#fetch ?? globalThis.fetch;
    const text = await runOperation<string>(request, generation, fetcher);
    this.#keep(source, text);
    if (store && name) await share(store, name, text);
  }

  /** Takes keys out of the store; true where they are fresh. */
  #restore(source: number, text: string): boolean {
    try {
      const { number } = this.#live();
      const fresh = ask('verifier_restore', number, source, text, clock());
      if (fresh !== undefined) this.#keep(source, text);
      return fresh === true;
    } catch {
      return false;
    }
  }

  #keep(source: number, text: string): void {
    this.#verified.clear();
    this.#keysInHand = undefined;
    this.#fetched.set(source, text);
  }

  /**
   * Waits until the key fetch of another caller may have completed. Where the runtime ties a promise to the request that made it,
   * it polls.
   */
  async #waitForInFlight(source: number): Promise<void> {
    const operation = sharePromises() ? this.#operations.get(source) : undefined;
    if (operation) return operation;
    for (const ms of POLL_MS) {
      await sleep(ms);
      if (!this.#operations.has(source)) return;
    }
  }
}

interface KeyRefresh {
  source: number;
  unknownKid: boolean;
}

interface Attempt<Claims> {
  verified?: VerifiedToken<Claims>;
  error?: unknown;
  keyRefresh?: KeyRefresh;
}

/** Returns the failure of the fetch in place of `ERR_JWKS_NOT_LOADED`, which says less. */
function unwrapCause(thrown: unknown): unknown {
  const cause = thrown instanceof CountersignError && thrown.code === 'ERR_JWKS_NOT_LOADED' && thrown.cause;
  return cause || thrown;
}

/** How many verified tokens are remembered unless the caller says otherwise. */
const DEFAULT_CACHED_TOKENS = 1024;

function cacheCapacity(cache: unknown): number {
  if (cache === undefined) return DEFAULT_CACHED_TOKENS;
  const problem = 'must be an object whose `tokens` is a whole number from 0 to 1000000';
  if (typeof cache !== 'object' || cache === null) throw invalidOption('cache', problem);
  const { tokens = DEFAULT_CACHED_TOKENS, ...unknown } = cache as { tokens?: unknown };
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw invalidOption(`cache.${name}`, 'is not known here');
  if (typeof tokens === 'number' && Number.isInteger(tokens) && tokens >= 0 && tokens <= 1_000_000) return tokens;
  throw invalidOption('cache', problem);
}

function isStore(value: unknown): value is JwksStore {
  const { get, set } = (value ?? {}) as Partial<JwksStore>;
  return typeof get === 'function' && typeof set === 'function';
}

function toJson(jwks: unknown): string {
  try {
    return JSON.stringify(jwks) ?? 'null';
  } catch {
    throw invalidOption('jwks', 'must be a JSON Web Key Set, or the URL of one');
  }
}

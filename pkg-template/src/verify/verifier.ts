/// <reference lib="esnext.disposable" preserve="true" />
// Verification: `verifySync` is one call into the core, `verify` fetches keys around it where the core requests newer ones.

import { CountersignError, invalidOption } from '../core/errors.js';
import {
  type CountersignEvent,
  type EventOptions,
  type OnEvent,
  type Outcome,
  codeOf,
  emit,
  hostOf,
  isObserved,
  issuerHost,
  observe,
  readOnEvent,
} from '../core/events.js';
import { assertKnown, assertObject, isUrl, ownOptions, plainData } from '../core/options.js';
import { runOperation } from '../core/run-operation.js';
import { clock } from '../core/runtime.js';
import { SingleFlight } from '../core/single-flight.js';
import { WasmObject, dispose } from '../core/wasm-module.js';
import type {
  KeyLoad,
  PendingRequest,
  SpiffeVerifierOptions as SpiffePolicy,
  VercelVerifierOptions as VercelPolicy,
  VerifierOptions as Policy,
} from '../verify_bg.js';
import { StoreGuard, type StoreOptions } from '../stores/guard.js';
import { fetchCause } from './fetch-cause.js';
import { type JwksStore, isJwksStore, recall, share } from './jwks-store.js';
import { freeze, readKeyRefresh, readToken, readValidity, refusal, verifyModule, writeToken } from './module.js';
import { TokenCache } from './token-cache.js';
import { type SpiffeBundle, keysOfBundle } from './spiffe.js';
import type { AccessTokenClaims, JsonWebKeySet, JwsHeader, JwtClaims, SpiffeClaims, VercelClaims, VerifiedClaims } from './types.js';

/** The options of every verifier that the wrapper keeps to itself. */
export interface HostOptions extends StoreOptions, EventOptions {
  /** A JWK Set, or the URL of one. Default: `jwks_uri` from the issuer's discovery document. */
  jwks?: JsonWebKeySet | string | URL;
  /** The number of verified tokens that are cached, so that the same token again costs a look-up; 0 for none. Default: 1024. */
  cache?: { tokens?: number };
  /**
   * A store in which isolates share JWK Sets, so that a cold one need not fetch. Its content is checked like a response of the
   * issuer, and its failure never fails a verification.
   *
   * A writer of the store chooses the keys, as the issuer does. `authenticatedStore` refuses what others write.
   */
  jwksStore?: JwksStore;
  /** Fetches the keys. Default: the runtime's own `fetch`. */
  fetch?: typeof fetch;
}

/** Options of {@link createVerifier}. Unknown members are refused. */
export interface VerifierOptions extends Policy, HostOptions {}

/** Options of {@link createVercelVerifier}. Unknown members are refused. */
export interface VercelVerifierOptions extends VercelPolicy, HostOptions {}

/** Options of {@link createAccessTokenVerifier}. Unknown members are refused. */
export interface AccessTokenVerifierOptions extends Omit<VerifierOptions, 'audience' | 'typ'> {
  /** `aud` must name one of these. */
  audience: string | string[];
}

/** Options of {@link createSpiffeVerifier}. Unknown members are refused. */
export interface SpiffeVerifierOptions extends SpiffePolicy, Pick<HostOptions, 'cache' | 'onEvent'> {
  /** The bundle of the trust domain, from the SPIFFE Workload API or a bundle endpoint. `setKeys` takes the next one. */
  bundle: SpiffeBundle;
}

/** The options that every verifier has. */
export type CommonOptions = Omit<VerifierOptions, 'issuer' | 'audience' | 'discovery' | 'dangerouslyAllowHttpHosts'>;

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

/**
 * Verifies tokens against one policy. Make it once, at module level, and use it for every request. Its functions do not use
 * `this`, so they can be passed on by themselves.
 */
export interface Verifier<Claims = VerifiedClaims> {
  /**
   * Verifies a token, fetching the issuer's keys first where needed. Rejects with a `CountersignError`; with
   * `ERR_INVALID_OPTION` for anything beside `now`, since the policy belongs to the verifier.
   */
  verify(token: string, options?: VerifyOptions): Promise<VerifiedToken<Claims>>;
  /** Verifies a token with the keys that are there: nothing to await, nothing to forget to await. */
  verifySync(token: string, options?: VerifyOptions): VerifiedToken<Claims>;
  /** Fetches the keys unless fresh ones are there. */
  loadKeys(): Promise<void>;
  /**
   * Sets a static JWK Set. It never expires, and nothing is fetched in its place, until `null` fetches the issuer's keys again.
   *
   * Throws `ERR_JWKS_INVALID`, or `ERR_INVALID_OPTION` for `null` where there is nowhere to fetch from; then nothing changes.
   */
  setKeys(jwks: JsonWebKeySet | null): void;
  /** Frees the verifier's memory at once, instead of when it is collected. */
  [Symbol.dispose](): void;
}

/**
 * Makes a verifier for the tokens of any OIDC issuer.
 *
 * Nothing is fetched yet. A function that returns the options is called at first use, for options that come from environment
 * variables which a build does not have.
 *
 * Throws `ERR_INVALID_OPTION`, or `ERR_JWKS_INVALID` for unusable keys in hand; at first use where the options are a function.
 */
export function createVerifier(options: VerifierOptions | (() => VerifierOptions)): Verifier {
  return makeVerifier(options, (wasm, policy, url, jwks) => wasm.create_verifier(policy, url, jwks));
}

/** As {@link createVerifier}, for an owner that emits the events about tokens itself. @internal */
export const createSilentVerifier = (options: VerifierOptions): Verifier =>
  makeVerifier(options, (wasm, policy, url, jwks) => wasm.create_verifier(policy, url, jwks), undefined, true);

/**
 * Makes a verifier for the tokens of one Vercel team, narrowed to projects and environments.
 *
 * Beside the registered claims it checks that `sub` says the same as `owner`, `project` and `environment`. Throws as
 * {@link createVerifier} does.
 */
export function createVercelVerifier(options: VercelVerifierOptions | (() => VercelVerifierOptions)): Verifier<VercelClaims> {
  return makeVerifier(options, (wasm, policy, url, jwks) => wasm.create_vercel_verifier(policy, url, jwks, false));
}

/**
 * Makes a verifier for the tokens that Vercel Connect attaches to deliveries; `team` is `'*'` where none is pinned. Throws as
 * {@link createVerifier} does.
 */
export function createDeliveryVerifier(options: VercelVerifierOptions): Verifier<VercelClaims> {
  return makeVerifier(options, (wasm, policy, url, jwks) => wasm.create_vercel_verifier(policy, url, jwks, true));
}

/** Claims that an access token must have (RFC 9068 section 2.2), beside those that every verifier requires. */
const ACCESS_TOKEN_CLAIMS = ['sub', 'client_id', 'iat', 'jti'];

/**
 * Makes a verifier for JWT access tokens (RFC 9068): `typ` is `at+jwt`, `aud` is checked, and `sub`, `client_id`, `iat` and `jti`
 * are required. Scopes are not checked: `countersign/guard` does so.
 *
 * Throws as {@link createVerifier} does.
 */
export function createAccessTokenVerifier(
  options: AccessTokenVerifierOptions | (() => AccessTokenVerifierOptions),
): Verifier<AccessTokenClaims> {
  const withPreset = (given: AccessTokenVerifierOptions): VerifierOptions => {
    const own: AccessTokenVerifierOptions & { typ?: unknown } = ownOptions(given);
    if (own.typ !== undefined) throw invalidOption('typ', 'is always `at+jwt` here; `createVerifier` takes others');
    if (own.audience === null) throw invalidOption('audience', 'must be a string or an array of strings, none of them empty');
    const { requiredClaims = [] } = own;
    if (!Array.isArray(requiredClaims)) throw invalidOption('requiredClaims', 'must be an array of strings that are not empty');
    return { ...own, typ: ['at+jwt'], requiredClaims: [...ACCESS_TOKEN_CLAIMS, ...requiredClaims] };
  };
  return createVerifier(typeof options === 'function' ? () => withPreset(options()) : withPreset(options)) as Verifier<AccessTokenClaims>;
}

/**
 * Makes a verifier for the JWT-SVIDs of one SPIFFE trust domain. `sub` must be a SPIFFE ID of the domain; `subject` narrows it to
 * some. `iss` is not looked at, since SPIFFE does not define one. Nothing is fetched.
 *
 * Throws as {@link createVerifier} does.
 */
export function createSpiffeVerifier(options: SpiffeVerifierOptions | (() => SpiffeVerifierOptions)): Verifier<SpiffeClaims> {
  const withKeys = (given: SpiffeVerifierOptions) => {
    const { bundle, ...policy } = ownOptions(given);
    // Options that only other verifiers have are refused by name.
    const other = ['jwks', 'fetch', 'jwksStore', 'storeTimeout', 'onStoreError'].find((name) => Object.hasOwn(policy, name));
    if (other !== undefined) throw invalidOption(other, 'is not an option here: the keys are those of `bundle`');
    if (bundle === undefined) throw invalidOption('bundle', 'is required');
    return { ...policy, jwks: keysOfBundle(bundle, 'bundle') };
  };
  const readKeys = (bundle: JsonWebKeySet) => keysOfBundle(bundle, 'jwks');
  const create: Create = (wasm, policy, url, jwks) => wasm.create_spiffe_verifier(policy, url, jwks);
  return makeVerifier(typeof options === 'function' ? () => withKeys(options()) : withKeys(options), create, readKeys);
}

type AnyOptions = VerifierOptions | VercelVerifierOptions | (SpiffePolicy & HostOptions);

function makeVerifier<Claims>(
  options: AnyOptions | (() => AnyOptions),
  create: Create,
  readKeys = (jwks: JsonWebKeySet) => jwks,
  silent = false,
): Verifier<Claims> {
  const make = (options: AnyOptions) => new CoreVerifier<Claims>(options, create, readKeys, silent);
  return typeof options === 'function' ? new LazyVerifier(() => make(options())) : make(options);
}

/** Makes its verifier at first use. Where that fails, the next use tries again. */
class LazyVerifier<Claims> implements Verifier<Claims> {
  readonly #make: () => Verifier<Claims>;
  #made: Verifier<Claims> | undefined;
  #disposed = false;

  constructor(make: () => Verifier<Claims>) {
    this.#make = make;
  }

  readonly verify = async (token: string, options?: VerifyOptions): Promise<VerifiedToken<Claims>> => this.#get().verify(token, options);
  readonly verifySync = (token: string, options?: VerifyOptions): VerifiedToken<Claims> => this.#get().verifySync(token, options);
  readonly loadKeys = async (): Promise<void> => this.#get().loadKeys();
  readonly setKeys = (jwks: JsonWebKeySet | null): void => this.#get().setKeys(jwks);

  [dispose](): void {
    this.#disposed = true;
    this.#made?.[dispose]();
  }

  #get(): Verifier<Claims> {
    if (this.#disposed) throw disposedOf();
    return (this.#made ??= this.#make());
  }
}

const disposedOf = (): CountersignError => invalidOption('verifier', 'was disposed of and cannot be used any more');

/** The longest token that {@link decode} reads, in bytes; the default of a verifier too. */
const DEFAULT_MAX_TOKEN_BYTES = 16_384;

/**
 * Decodes a token. **Nothing is verified**: anyone may have written it. For showing it to a person.
 *
 * Throws `ERR_JWS_INVALID` or `ERR_JWT_INVALID` where it is not strictly well-formed.
 */
export function decode(token: string): { header: JwsHeader; claims: JwtClaims } {
  const length = writeToken(token, DEFAULT_MAX_TOKEN_BYTES);
  if (!verifyModule.call((wasm) => wasm.decode(length, DEFAULT_MAX_TOKEN_BYTES))) throw refusal();
  return readToken();
}

type Verify = typeof import('../verify_bg.js');

/** Makes the core's verifier from the JSON of its options; either the URL of a JWK Set is given, or its text, or neither. */
type Create = (wasm: Verify, policy: string, jwksUrl: string | undefined, jwks: string | undefined) => number;

class CoreVerifier<Claims> implements Verifier<Claims> {
  readonly #fetch: typeof fetch | undefined;
  readonly #store: JwksStore | undefined;
  readonly #guard: StoreGuard;
  /** Emptied by every change of the keys. */
  readonly #verified: TokenCache<VerifiedToken<Claims>>;
  /** The keys that the instance has, in case it is lost: the static JWK Set, or the fetched ones by source. */
  #staticKeys: string | undefined;
  readonly #fetched = new Map<number, string>();
  /** Why the last fetch had no response, by source. */
  readonly #failures = new Map<number, Error>();
  readonly #object: WasmObject<Verify>;
  readonly #readKeys: (jwks: JsonWebKeySet) => JsonWebKeySet;
  readonly #maxTokenBytes: number;
  readonly #onEvent: OnEvent | undefined;
  /** The issuer of the options, for events: several, or a template, are not a string. */
  readonly #issuer: unknown;
  /** Whether its owner emits the events about tokens. */
  readonly #silent: boolean;
  #disposed = false;
  /** Fetches of keys in flight, by key source. */
  readonly #fetches = new SingleFlight<number, void>();

  constructor(options: AnyOptions, create: Create, readKeys: (jwks: JsonWebKeySet) => JsonWebKeySet, silent: boolean) {
    this.#silent = silent;
    this.#readKeys = readKeys;
    const {
      fetch: fetcher,
      jwks,
      jwksStore,
      storeTimeout,
      onStoreError,
      cache,
      onEvent,
      ...rest
    }: HostOptions & { issuer?: unknown; trustDomain?: unknown } = ownOptions(options);
    if (rest.issuer !== undefined) rest.issuer = Array.isArray(rest.issuer) ? rest.issuer.map(issuerText) : issuerText(rest.issuer);
    this.#guard = checkHostOptions({ fetch: fetcher, jwksStore, storeTimeout, onStoreError, onEvent } as HostOptions);
    this.#onEvent = onEvent;
    this.#issuer = rest.issuer ?? (rest.trustDomain === undefined ? VERCEL_ISSUER : `spiffe://${rest.trustDomain}`);
    this.#fetch = fetcher;
    this.#store = jwksStore;
    this.#verified = new TokenCache(cacheCapacity(cache));
    const url = typeof jwks === 'string' ? jwks : isUrl(jwks) ? jwks.href : undefined;
    const text = jwks === undefined || url !== undefined ? undefined : toJson(jwks);
    const policy = JSON.stringify(plainData(rest));
    this.#object = new WasmObject(
      verifyModule,
      (wasm) => {
        const handle = create(wasm, policy, url, text);
        this.#verified.clear();
        if (this.#staticKeys !== undefined) wasm.set_keys(handle, this.#staticKeys);
        for (const [source, keys] of this.#fetched) wasm.restore_keys(handle, source, keys, clock());
        return handle;
      },
      freeVerifier,
    );
    const { handle } = this.#object;
    this.#maxTokenBytes = verifyModule.call((wasm) => wasm.max_token_bytes(handle));
  }

  readonly verifySync = (token: string, options?: VerifyOptions): VerifiedToken<Claims> => {
    if (this.#silent || !isObserved(this.#onEvent, 'verified')) return this.#verifySync(token, options);
    const start = performance.now();
    try {
      const value = this.#verifySync(token, options);
      emit(this.#onEvent, this.#outcome({ durationMs: performance.now() - start, value }));
      return value;
    } catch (error) {
      emit(this.#onEvent, this.#outcome({ durationMs: performance.now() - start, error }));
      throw error;
    }
  };

  readonly verify = (token: string, options?: VerifyOptions): Promise<VerifiedToken<Claims>> =>
    this.#silent || !isObserved(this.#onEvent, 'verified')
      ? this.#verify(token, options)
      : observe(
          this.#onEvent,
          'verified',
          () => this.#verify(token, options),
          (outcome) => this.#outcome(outcome),
        );

  #verifySync(token: string, options: VerifyOptions | undefined): VerifiedToken<Claims> {
    if (options !== undefined) checkVerifyOptions(options);
    const known = this.#recall(token, options, false);
    if (known) return known;
    const { verified, error } = this.#attempt(token, options);
    if (error) throw error;
    return verified as VerifiedToken<Claims>;
  }

  async #verify(token: string, options: VerifyOptions | undefined): Promise<VerifiedToken<Claims>> {
    if (options !== undefined) checkVerifyOptions(options);
    const known = this.#recall(token, options, true);
    if (known) return known;
    let attempt = this.#attempt(token, options);
    // Ends: the core grants a fetch only where its cooldown and back-off allow one.
    while (attempt.keyRefresh && (await this.#refreshKeys(attempt.keyRefresh))) attempt = this.#attempt(token, options);
    if (attempt.error) throw unwrapCause(attempt.error);
    return attempt.verified as VerifiedToken<Claims>;
  }

  /** The event about a token. */
  #outcome(outcome: Outcome<VerifiedToken<Claims>>): CountersignEvent {
    const { durationMs } = outcome;
    const verified = 'value' in outcome ? (outcome.value.claims as JwtClaims) : undefined;
    const issuer = issuerHost(typeof this.#issuer === 'string' ? this.#issuer : verified?.iss);
    return verified
      ? { type: 'verified', ...issuer, durationMs }
      : { type: 'refused', code: codeOf(outcome).code ?? 'ERR_INTERNAL', ...issuer, durationMs };
  }

  readonly loadKeys = async (): Promise<void> => {
    const handle = this.#live();
    const sources = verifyModule.call((wasm) => wasm.key_source_count(handle));
    const load = async (source: number) => {
      while (await this.#refreshKeys({ source, unknownKid: false }));
      try {
        const handle = this.#live();
        verifyModule.call((wasm) => wasm.check_keys(handle, source, clock()));
      } catch (thrown) {
        throw unwrapCause(this.#withFailure(thrown, source));
      }
    };
    await Promise.all(Array.from({ length: sources }, (_, source) => load(source)));
  };

  readonly setKeys = (jwks: JsonWebKeySet | null): void => {
    const text = jwks === null ? undefined : toJson(this.#readKeys(jwks));
    const handle = this.#live();
    verifyModule.call((wasm) => wasm.set_keys(handle, text));
    this.#staticKeys = text;
    this.#fetched.clear();
    this.#verified.clear();
  };

  [dispose](): void {
    this.#disposed = true;
    this.#verified.clear();
    this.#object[dispose]();
  }

  /** The handle of the verifier in the present instance. */
  #live(): number {
    if (this.#disposed) throw disposedOf();
    return this.#object.handle;
  }

  /** A token that was verified before and would be now. */
  #recall(token: string, options: VerifyOptions | undefined, freshKeys: boolean): VerifiedToken<Claims> | undefined {
    const present = clock();
    const now = timeOf(options, present);
    // The core refuses by name what is not a number; compared here, a text could pass for one.
    return typeof now === 'number' ? this.#verified.get(token, now, present, freshKeys) : undefined;
  }

  #attempt(token: string, options: VerifyOptions | undefined): Attempt<Claims> {
    const handle = this.#live();
    const present = clock();
    const now = timeOf(options, present);
    const length = writeToken(token, this.#maxTokenBytes);
    // What is not a number becomes NaN, which the core refuses by name.
    const accepted = verifyModule.call((wasm) => wasm.verify(handle, length, typeof now === 'number' ? now : NaN, present));
    const packed = readKeyRefresh();
    const keyRefresh: Pick<Attempt<Claims>, 'keyRefresh'> = packed === 0
      ? {}
      : { keyRefresh: { source: (packed - 1) >> 1, unknownKid: packed % 2 === 0 } };
    if (!accepted) return { ...keyRefresh, error: this.#withFailure(refusal(), keyRefresh.keyRefresh?.source) };
    const { header, claims } = readToken();
    const verified = Object.freeze({ header, claims: freeze(claims as Claims) });
    this.#verified.set(token, verified, readValidity());
    return { ...keyRefresh, verified };
  }

  /** Waits for newer keys; false where none are to be had now. */
  async #refreshKeys({ source, unknownKid }: KeyRefresh): Promise<boolean> {
    const handle = this.#live();
    const load = verifyModule.call((wasm) => wasm.load_keys(handle, source, unknownKid, clock()));
    const { request, inFlight } = ownOptions<KeyLoad>(JSON.parse(load));
    if (inFlight) {
      await (this.#fetches.shared(source) ?? this.#fetches.poll(source));
      return true;
    }
    if (!request) return false;
    await this.#fetches.start(source, this.#fetchKeys(request, source, unknownKid).catch(rethrowInternal));
    return true;
  }

  /** Gets newer keys: from the store if it has fresh ones, else from the issuer. */
  async #fetchKeys(request: PendingRequest, source: number, unknownKid: boolean): Promise<void> {
    const store = this.#store;
    const handle = this.#live();
    const name = store && verifyModule.call((wasm) => wasm.shared_keys_name(handle, source));
    // A key that this isolate does not know is requested from the issuer: another isolate knows no more.
    if (store && name && !unknownKid) {
      const text = await recall(store, this.#guard, name);
      if (text !== undefined && this.#restore(source, text)) {
        return verifyModule.call((wasm) => wasm.cancel_operation(request.operation, clock()));
      }
    }
    this.#failures.delete(source);
    // Called as a plain function: some runtimes refuse their own `fetch` as a method of something else.
    const fetcher = this.#fetch ?? globalThis.fetch;
    const onFailure = (thrown: unknown) => thrown !== undefined && this.#failures.set(source, fetchCause(thrown));
    const text = await observe(
      this.#onEvent,
      'key-fetch',
      async () => (await runOperation(verifyModule, { request }, fetcher, onFailure)) as string,
      (outcome) => ({ type: 'key-fetch', host: hostOf(request.url) ?? '', durationMs: outcome.durationMs, ...codeOf(outcome) }),
    );
    this.#keep(source, text);
    if (store && name) await share(store, this.#guard, name, text);
  }

  /** Takes keys out of the store; true where they are fresh. */
  #restore(source: number, text: string): boolean {
    try {
      const handle = this.#live();
      const fresh = verifyModule.call((wasm) => wasm.restore_keys(handle, source, text, clock()));
      if (fresh !== undefined) this.#keep(source, text);
      return fresh === true;
    } catch {
      return false;
    }
  }

  /** Keeps fetched keys for a new instance. They change nothing there while the caller's are set. */
  #keep(source: number, text: string): void {
    const before = this.#fetched.get(source);
    // A look-up of an unknown `kid` mostly brings the same keys, and must not cost the verified tokens.
    if (before === undefined || jwksOf(before) !== jwksOf(text)) this.#verified.clear();
    this.#fetched.set(source, text);
  }

  /** Gives the error of a failed fetch its cause. */
  #withFailure(error: unknown, source: number | undefined): unknown {
    const failed = unwrapCause(error);
    if (source !== undefined && failed instanceof CountersignError && failed.code === 'ERR_JWKS_FETCH_FAILED') {
      const value = this.#failures.get(source);
      if (value !== undefined) Object.defineProperty(failed, 'cause', { value, configurable: true, writable: true });
    }
    return error;
  }
}

/**
 * Makes the guard of the store. Throws `ERR_INVALID_OPTION` for an option of the host that is not usable.
 *
 * @internal
 */
export function checkHostOptions({ fetch, jwksStore, storeTimeout, onStoreError, onEvent }: HostOptions): StoreGuard {
  if (fetch !== undefined && typeof fetch !== 'function') throw invalidOption('fetch', 'must be a function');
  if (jwksStore !== undefined && !isJwksStore(jwksStore)) throw invalidOption('jwksStore', 'must have the functions `get` and `set`');
  readOnEvent(onEvent);
  return new StoreGuard(ownOptions({ storeTimeout, onStoreError } as StoreOptions));
}

/** The JWK Set in the text that the core keeps, behind the line with its load time. */
const jwksOf = (text: string): string => text.slice(text.indexOf('\n') + 1);

/** Holds on to no verifier, so that a dropped one can be collected. */
const freeVerifier = (wasm: Verify, handle: number): void => wasm.free_verifier(handle);

/** The caller's `now`, by its own member. */
const timeOf = (options: VerifyOptions | undefined, present: number): unknown =>
  options !== undefined && Object.hasOwn(options, 'now') ? (options.now ?? present) : present;

/** Refuses the policy that other libraries take with each token, which would go unheeded here. @internal */
export function checkVerifyOptions(options: VerifyOptions): void {
  assertObject(options, 'options');
  const unknown = Object.keys(options).find((name) => name !== 'now');
  if (unknown !== undefined) throw invalidOption(unknown, 'is not an option of `verify`; pass it to `createVerifier`');
}

/** The text of an issuer. `URL` adds a slash to a bare origin, which is another issuer. */
function issuerText(issuer: unknown): unknown {
  if (!isUrl(issuer)) return issuer;
  if (issuer.pathname !== '/' || issuer.search !== '' || issuer.hash !== '') return issuer.href;
  throw invalidOption('issuer', 'must be a string where it has no path, since a `URL` adds a slash');
}

/** The host of every issuer of Vercel's tokens. */
const VERCEL_ISSUER = 'https://oidc.vercel.com';

/** The core has noted why keys could not be fetched, and tells those who need them. An internal error it has not. */
function rethrowInternal(thrown: unknown): void {
  if (!(thrown instanceof CountersignError) || thrown.code === 'ERR_INTERNAL') throw thrown;
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

function cacheCapacity(cache: HostOptions['cache']): number {
  if (cache === undefined) return DEFAULT_CACHED_TOKENS;
  const options = ownOptions(cache, 'cache');
  assertKnown(verifyModule, options, ['tokens'], 'cache');
  const { tokens = DEFAULT_CACHED_TOKENS } = options;
  if (Number.isInteger(tokens) && tokens >= 0 && tokens <= 1_000_000) return tokens;
  throw invalidOption('cache.tokens', 'must be a whole number from 0 to 1000000');
}

/** The JSON text of a JWK Set. @internal */
export function toJson(jwks: unknown): string {
  const problem = 'must be a JSON Web Key Set, or the URL of one';
  if (typeof jwks === 'function' || (typeof jwks === 'object' && jwks !== null && !Array.isArray(jwks) && Symbol.iterator in jwks)) {
    throw invalidOption('jwks', problem);
  }
  try {
    return JSON.stringify(jwks) ?? 'null';
  } catch {
    throw invalidOption('jwks', problem);
  }
}

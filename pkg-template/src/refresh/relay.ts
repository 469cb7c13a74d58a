// The relay: the deployment's newest token, encrypted in a store, for work that outlives the token that it began with.

import { CountersignError, invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import { clock } from '../core/runtime.js';
import type { RelayIdentity, SourceResult } from '../credentials_bg.js';
import { keepAlive } from '../host/background.js';
import { type RequestLike, assertRequest, contextToken, oidcHeader } from '../host/request.js';
import { StoreGuard, type StoreOptions, monotonic } from '../stores/guard.js';
import { Sealer, type StoreKey, readKey } from '../stores/keys.js';
import type { VercelClaims } from '../verify/types.js';
import { type VercelVerifierOptions, type Verifier, createVercelVerifier, decode } from '../verify/verifier.js';
import { number } from './options.js';

/** A store for the relay, such as `redisStore`. It sees neither tokens nor whose they are. */
export interface RelayStore {
  /** Returns the value under this name. It may be expired: the reader checks. */
  getLatest(name: string): Promise<string | null | undefined>;
  /**
   * Stores a value until `expiresAt` (seconds since the epoch), unless a value is there whose `expiresAt` is the same or later.
   * Resolves to whether it was stored. Compares and stores in one atomic step: of any number of callers the latest wins, in any
   * order. `replaceable`: a value that is replaced even if its `expiresAt` is later.
   */
  setLatest(name: string, value: string, expiresAt: number, replaceable?: string): Promise<boolean>;
}

/**
 * Options of {@link createTokenRelay}. Unknown members are refused.
 *
 * The options of `createVercelVerifier` say which tokens the relay takes; each is verified before it is stored, and again when it is
 * read.
 */
export interface TokenRelayOptions extends StoreOptions, Omit<VercelVerifierOptions, 'cache' | 'ownerId' | 'projectId' | 'environment'> {
  /** The store of the token. */
  store: RelayStore;
  /**
   * The key that encrypts: 32 random bytes, or their base64; all instances need the same. Of two the first encrypts, and tokens that
   * the second encrypted are read too.
   */
  key: StoreKey | readonly [StoreKey, StoreKey];
  /** The id of the team, `team_…`: the claim `owner_id`. */
  ownerId: string;
  /** The id of the project, `prj_…`: the claim `project_id`. */
  projectId: string;
  /** The environment: the claim `environment`. */
  environment: string;
  /** The seconds by which a token must outlive the stored one to replace it, from 0 to 3600. Default: 300. */
  minAdvance?: number;
}

/** The outcome of {@link publishToken}. */
export type PublishResult =
  /** The token is in the store now. */
  | { readonly status: 'published'; readonly expiresAt: Date }
  /** The store has this token or one that lives as long, or will have it in a moment. */
  | { readonly status: 'current' }
  /** There is no token, it was refused, or the store failed. */
  | { readonly status: 'failed'; readonly error: CountersignError };

/** How long this process relies on what it saw in the store last. A store that was emptied has a token again after that, or when the process has read it. */
const RELIANCE_MS = 600_000;

/** How long the store is not read after a failure. Shorter than for a cache, since readers have no other place to look. */
const READ_BYPASS_MS = 2000;

/** A relay. Make it with `createTokenRelay`. */
export class TokenRelay {
  readonly #store: RelayStore;
  readonly #sealers: readonly Sealer[];
  readonly #verifier: Verifier<VercelClaims>;
  readonly #identity: RelayIdentity;
  readonly #reads: StoreGuard;
  readonly #writes: StoreGuard;
  readonly #minAdvance: number;
  /** The expiry of the token that the store had when this process looked last, and when that was. */
  #seen: { expiresAt: number; at: number } | undefined;
  /** The latest expiry of the tokens that are being published. */
  #publishing = 0;

  /** @internal */
  constructor(options: TokenRelayOptions) {
    const { store, key, ownerId, projectId, environment, minAdvance = 300, storeTimeout, onStoreError, ...policy } = ownOptions(options);
    if (!isRelayStore(store)) throw invalidOption('store', 'must have the functions `getLatest` and `setLatest`');
    this.#store = store;
    this.#sealers = readKeys(key).map((bytes) => new Sealer(bytes, 'relay'));
    this.#identity = {
      ownerId: exactly('ownerId', ownerId),
      projectId: exactly('projectId', projectId),
      environment: exactly('environment', environment),
    };
    this.#minAdvance = number('minAdvance', minAdvance, 0, 3600);
    const guarded = ownOptions({ storeTimeout, onStoreError } as StoreOptions);
    this.#reads = new StoreGuard(guarded, READ_BYPASS_MS);
    this.#writes = new StoreGuard(guarded);
    if ('cache' in policy) throw invalidOption('cache', 'is not an option of a relay');
    // Hardly a memory: consumers read the store before each use, and the same few tokens are verified again and again.
    this.#verifier = createVercelVerifier({ ...policy, ...this.#identity, ...guarded, cache: { tokens: 4 } });
  }

  /** The team, project and environment of the tokens. The core compares an expired token with them. @internal */
  identity(): RelayIdentity {
    return { ...this.#identity };
  }

  /** Reads the newest token that is valid now, or says why there is none. @internal */
  async read(): Promise<string | SourceResult> {
    const names = await this.#names();
    const result = await this.#reads.run('getLatest', () => Promise.all(names.map(async (name) => this.#store.getLatest(name))));
    if (!result) return { reason: NO_STORE, failed: true, retryable: true };
    const entries = await Promise.all(result.value.map((value, at) => this.#open(at, names[at] as string, value)));
    const valid = entries.filter((entry) => entry instanceof Opened).sort((one, other) => other.expiresAt - one.expiresAt);
    if (valid[0]) return valid[0].token;
    // What this process saw there is gone, so it publishes again without waiting.
    this.#seen = undefined;
    return entries.find((entry) => entry instanceof Unusable)?.why ?? { reason: 'the relay has no token' };
  }

  /** Publishes a token. Never rejects. @internal */
  async publish(findToken: () => string | undefined): Promise<PublishResult> {
    try {
      return await this.#publish(findToken()?.trim());
    } catch (thrown) {
      const error = thrown instanceof CountersignError ? thrown : internal(thrown);
      return { status: 'failed', error };
    }
  }

  async #publish(token: string | undefined): Promise<PublishResult> {
    if (!token) throw notPublished('ERR_CREDENTIALS_NOT_FOUND', 'the request has no token to publish');
    // Not verified yet: it only saves work. A token that is not later by minutes costs no more than this.
    const claimed = decode(token).claims.exp;
    const expiry = typeof claimed === 'number' ? claimed : 0;
    if (this.#seen && monotonic() - this.#seen.at < RELIANCE_MS && !this.#advances(expiry, this.#seen.expiresAt))
      return { status: 'current' };
    if (expiry <= this.#publishing) return { status: 'current' };
    const { claims } = await this.#verifier.verify(token);
    // The verifier allows for clocks that differ; a relay of tokens that are about to expire is of no use.
    if (claims.exp <= clock()) throw notPublished('ERR_JWT_EXPIRED', 'the token has expired');
    if (claims.exp <= this.#publishing) return { status: 'current' };
    this.#publishing = claims.exp;
    try {
      return await this.#replace(token, claims.exp);
    } finally {
      this.#publishing = 0;
    }
  }

  /** Compares a verified token with the stored one, and replaces that by a later one. */
  async #replace(token: string, expiry: number): Promise<PublishResult> {
    const [name] = (await this.#names()) as [string];
    const read = await this.#writes.run('getLatest', () => this.#store.getLatest(name));
    if (!read) throw notPublished('ERR_CREDENTIALS_NOT_FOUND', NO_STORE);
    const present = await this.#open(0, name, read.value);
    if (present instanceof Opened && !this.#advances(expiry, present.expiresAt)) {
      this.#seen = { expiresAt: present.expiresAt, at: monotonic() };
      return { status: 'current' };
    }
    // A value that is not a token of this relay must not stand in the way, even if it was stored with a later expiry.
    const replaceable = present instanceof Unusable && present.forGood ? String(read.value) : undefined;
    const sealed = await (this.#sealers[0] as Sealer).seal(name, token);
    const written = await this.#writes.run('setLatest', () => this.#store.setLatest(name, sealed, expiry, replaceable));
    if (!written) throw notPublished('ERR_CREDENTIALS_NOT_FOUND', NO_STORE);
    // Another process was faster with a later one, which is not known here.
    if (written.value !== true) return { status: 'current' };
    this.#seen = { expiresAt: expiry, at: monotonic() };
    return { status: 'published', expiresAt: new Date(expiry * 1000) };
  }

  /** Returns whether a token is worth publishing: later by minutes, or later than one that lives for minutes only. */
  #advances(expiry: number, stored: number): boolean {
    return expiry >= stored + Math.max(this.#minAdvance, 1) || (expiry > stored && stored - clock() < this.#minAdvance);
  }

  /** The token of a stored value, verified; or why it cannot be used; undefined where nothing is stored. */
  async #open(at: number, name: string, value: unknown): Promise<Opened | Unusable | undefined> {
    if (value === undefined || value === null || value === '') return undefined;
    const token = typeof value === 'string' ? await (this.#sealers[at] as Sealer).open(name, value) : undefined;
    if (token === undefined) {
      this.#reads.reportInvalid('getLatest');
      return new Unusable({ reason: 'the relay holds a value that its key does not open', failed: true, retryable: true }, true);
    }
    const expired = new Unusable({ reason: 'the token in the relay has expired' }, true);
    try {
      const { claims } = await this.#verifier.verify(token);
      return claims.exp > clock() ? new Opened(token, claims.exp) : expired;
    } catch (thrown) {
      const { code, message, retryable } = thrown as CountersignError;
      return code === 'ERR_JWT_EXPIRED'
        ? expired
        : new Unusable({ reason: `the token in the relay is refused: ${message}`, failed: true, retryable }, !retryable);
    }
  }

  /** The names of the entries, by key. They tell nothing about team, project or environment. */
  #names(): Promise<string[]> {
    const { ownerId, projectId, environment } = this.#identity;
    return Promise.all(
      this.#sealers.map(async (sealer) => `relay:${await sealer.name(JSON.stringify([ownerId, projectId, environment]))}`),
    );
  }
}

/** A token out of the store, verified. */
class Opened {
  readonly token: string;
  readonly expiresAt: number;

  constructor(token: string, expiresAt: number) {
    this.token = token;
    this.expiresAt = expiresAt;
  }
}

/** A value of the store that cannot be used; `forGood` if looking again cannot help. */
class Unusable {
  readonly why: SourceResult;
  readonly forGood: boolean;

  constructor(why: SourceResult, forGood: boolean) {
    this.why = why;
    this.forGood = forGood;
  }
}

const NO_STORE = 'the store of the relay failed or did not answer in time';

const notPublished = (code: 'ERR_CREDENTIALS_NOT_FOUND' | 'ERR_JWT_EXPIRED', message: string): CountersignError =>
  new CountersignError({ code, message, retryable: code === 'ERR_CREDENTIALS_NOT_FOUND' });

const internal = (cause: unknown): CountersignError =>
  new CountersignError({ code: 'ERR_INTERNAL', message: 'the token was not published', cause });

function isRelayStore(value: unknown): value is RelayStore {
  const { getLatest, setLatest } = (value ?? {}) as Partial<RelayStore>;
  return typeof getLatest === 'function' && typeof setLatest === 'function';
}

function readKeys(key: unknown): Uint8Array<ArrayBuffer>[] {
  const keys: unknown[] = Array.isArray(key) ? key : [key];
  if (keys.length < 1 || keys.length > 2) throw invalidOption('key', 'must be one key, or the new and the old one');
  return keys.map((key) => readKey(key));
}

/** A relay is for one project and one environment: neither a list nor `*`. */
function exactly(option: string, value: unknown): string {
  if (typeof value === 'string' && value !== '' && value !== '*') return value;
  throw invalidOption(option, 'must be a string, neither empty nor `*`');
}

/**
 * Makes a relay for the tokens of one project in one environment. Handlers publish the deployment's newest token with
 * {@link publishToken}; work without a token of its own finds it with `getBearerToken({ relay })`.
 *
 * It is a cache and renews nothing: a token has at least 30 minutes left when it is published, so something must be invoked every
 * few minutes, such as a cron job. Throws `ERR_INVALID_OPTION`.
 */
export function createTokenRelay(options: TokenRelayOptions): TokenRelay {
  return new TokenRelay(options);
}

/**
 * Publishes the token of the request that is being handled. Without a request it is the token of Vercel's request context.
 *
 * It never rejects, and need not be awaited: on Vercel it ends after the response. Where the store has a token that lives as long,
 * within minutes, it costs next to nothing. Throws `ERR_INVALID_OPTION` at once for anything else than a relay and a request.
 */
export function publishToken(relay: TokenRelay, request?: RequestLike): Promise<PublishResult> {
  if (!isRelay(relay)) throw invalidOption('relay', 'must be made by `createTokenRelay`');
  assertRequest(request);
  const published = relay.publish(() => (request === undefined ? contextToken() : oidcHeader(request)));
  keepAlive(published);
  return published;
}

/** By a member, not its class: in one bundle there can be two copies of that. */
const isRelay = (value: unknown): value is TokenRelay => {
  const { read, identity, publish } = (value ?? {}) as Partial<TokenRelay>;
  return [read, identity, publish].every((member) => typeof member === 'function');
};

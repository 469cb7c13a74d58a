// Verifies the token of a delivery, and tells a refusal from an outage.

import { CountersignError, invalidOption } from '../core/errors.js';
import { assertKnown, assertObject, ownOptions } from '../core/options.js';
import { readBearer } from '../guard/decide.js';
import { type Environment, variable } from '../host/environment.js';
import { StoreGuard, type StoreOptions } from '../stores/guard.js';
import type { JwksStore } from '../verify/jwks-store.js';
import { verifyModule } from '../verify/module.js';
import type { VercelClaims } from '../verify/types.js';
import { type VerifiedToken, type Verifier, createDeliveryVerifier } from '../verify/verifier.js';
import { tooLarge } from './delivery-body.js';
import { type Begun, Replays, type ReplayStore, createMemoryReplayStore, isReplayStore, refused, sha256 } from './replay.js';

/** The deployment whose deliveries are accepted. */
export interface ConnectDeliveryTarget {
  /** The project's id (`prj_…`), several, or `'*'` for any project of `ownerId`. Default: `VERCEL_PROJECT_ID`. */
  projectId?: string | string[];
  /** The environment's name, several, or `'*'` for any. Default: `VERCEL_TARGET_ENV`, then `VERCEL_ENV`. */
  environment?: string | string[];
  /** The team's slug, as in `vercel.com/<team>`. Default: any, as long as the claims of the token agree on one. */
  team?: string;
  /** The team's id (`team_…`). Default: any. */
  ownerId?: string;
  /**
   * `aud` must name one of these. Default: it is `https://vercel.com/<owner>`, with the owner of the same token, and the token does not
   * come from an audience exchange.
   */
  audience?: string | string[];
}

/** Options of {@link createConnectWebhookVerifier}. Unknown members are refused. */
export interface ConnectWebhookVerifierOptions extends ConnectDeliveryTarget, StoreOptions {
  /**
   * Remembers deliveries, so that a token is accepted with one body only, and not again after a success. `false` switches it
   * off. Default: a store in the memory of this process, of its own for each verifier and each route.
   */
  replay?: ReplayStore | false;
  /** The longest body that is accepted, in bytes. Default: 4,718,592, the limit of Vercel's functions. */
  maxBodyBytes?: number;
  /** A store in which isolates share Vercel's keys; see `createVerifier`. */
  jwksStore?: JwksStore;
  /** Environment variables. Default: those of the process. */
  env?: Environment;
  /** Fetches Vercel's keys. Default: the runtime's own `fetch`. */
  fetch?: typeof fetch;
}

const OPTIONS = [
  'projectId',
  'environment',
  'team',
  'ownerId',
  'audience',
  'replay',
  'maxBodyBytes',
  'jwksStore',
  'env',
  'fetch',
  'storeTimeout',
  'onStoreError',
];

/** The longest body that is accepted unless the caller says otherwise, in bytes. */
export const DEFAULT_BODY_BYTES = 4_718_592;

/** The milliseconds for which the store is bypassed after a failure. They are few, since deliveries are answered with 503 meanwhile. */
export const BYPASS_MS = 2_000;

/** The seconds by which a token is accepted after its expiry, and one for the rounding. */
const MARGIN_SECONDS = 6;

/** A delivery that a route is handling. */
interface Active {
  readonly text: string;
  /** The error that kept a verifier inside the handler from a decision. */
  failure: CountersignError | undefined;
}

/** The deliveries that routes are handling, by token. Verifiers inside their handlers report to them. */
const handled = new Map<string, Set<Active>>();

/** Checks deliveries by one set of options. */
export class DeliveryCheck {
  readonly maxBodyBytes: number;
  readonly #options: Pick<ConnectWebhookVerifierOptions, 'env' | 'fetch' | 'jwksStore'> & ConnectDeliveryTarget & StoreOptions;
  readonly #replays: Replays | undefined;
  #keys: KnownKeys | undefined;

  /** Throws `ERR_INVALID_OPTION`; of the project and the environment only once both are known. */
  constructor(options: ConnectWebhookVerifierOptions) {
    const own = ownOptions(options);
    assertKnown(verifyModule, own, OPTIONS);
    const { replay = createMemoryReplayStore(), maxBodyBytes = DEFAULT_BODY_BYTES, ...rest } = own;
    if (replay !== false && !isReplayStore(replay))
      throw invalidOption('replay', 'must have the functions `get`, `set` and `lease`, or be false');
    if (!(Number.isInteger(maxBodyBytes) && maxBodyBytes >= 1)) throw invalidOption('maxBodyBytes', 'must be a whole number from 1');
    if (rest.env !== undefined) assertObject(rest.env, 'env');
    const { storeTimeout, onStoreError } = rest;
    const guard = new StoreGuard(ownOptions({ storeTimeout, onStoreError } as StoreOptions), BYPASS_MS);
    this.#replays = replay === false ? undefined : new Replays(replay, guard);
    this.maxBodyBytes = maxBodyBytes;
    this.#options = rest;
    // A build may lack the variables that a deployment has.
    const { projectId, environment } = this.#target();
    if (projectId !== undefined && environment !== undefined) this.#known();
  }

  /** Verifies the bearer token of a request. Rejects with a `CountersignError`. */
  async verify(headers: Pick<Headers, 'get'>): Promise<{ text: string; token: VerifiedToken<VercelClaims> }> {
    const found = readBearer(headers.get('authorization'));
    if (typeof found !== 'object') throw refused('token_missing', 'a delivery needs a bearer token');
    return { text: found.token, token: await this.#known().verify(found.token) };
  }

  /** Begins a delivery whose token was verified; undefined where replays are not looked for. Rejects as `Replays.begin`. */
  async begin(text: string, token: VerifiedToken<VercelClaims>, body: Uint8Array): Promise<Begun | undefined> {
    if (body.byteLength > this.maxBodyBytes) throw tooLarge(this.maxBodyBytes);
    if (!this.#replays) return undefined;
    // The signing input, since an ECDSA signature has two valid forms.
    const name = `delivery.${await sha256(text.slice(0, text.lastIndexOf('.')))}`;
    const seconds = Math.max(1, Math.ceil(token.claims.exp - Date.now() / 1000) + MARGIN_SECONDS);
    return this.#replays.begin(name, await sha256(body), seconds);
  }

  #target(): Pick<ConnectDeliveryTarget, 'projectId' | 'environment'> {
    const { env, projectId, environment } = this.#options;
    const setting = (name: string) => variable(name, env)?.trim() || undefined;
    return ownOptions({
      projectId: projectId ?? setting('VERCEL_PROJECT_ID'),
      environment: environment ?? setting('VERCEL_TARGET_ENV') ?? setting('VERCEL_ENV'),
    } as ConnectDeliveryTarget);
  }

  #known(): KnownKeys {
    if (this.#keys) return this.#keys;
    const { env: _, ...options } = this.#options;
    const { projectId, environment } = this.#target();
    if (projectId === undefined) throw invalidOption('projectId', 'is required where VERCEL_PROJECT_ID is not set');
    if (environment === undefined) throw invalidOption('environment', 'is required where VERCEL_TARGET_ENV and VERCEL_ENV are not set');
    this.#keys = keysFor({ ...options, projectId, environment });
    return this.#keys;
  }
}

type KeyOptions = ConnectDeliveryTarget &
  Required<Pick<ConnectDeliveryTarget, 'projectId' | 'environment'>> &
  Pick<ConnectWebhookVerifierOptions, 'fetch' | 'jwksStore'> &
  StoreOptions;

/** Verifiers by their options: those of a process that need the same keys fetch them once. */
const known = new Map<string, KnownKeys>();
const MAX_KNOWN = 32;

function keysFor(options: KeyOptions): KnownKeys {
  const { fetch, jwksStore, storeTimeout: _, onStoreError: __, ...policy } = options;
  if (fetch !== undefined || jwksStore !== undefined) return new KnownKeys(options);
  const key = JSON.stringify(Object.entries(policy).sort());
  const present = known.get(key) ?? new KnownKeys(policy);
  known.set(key, present);
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  return present;
}

/** A verifier that knows when it last had an answer of the issuer. */
class KnownKeys {
  readonly #verifier: Verifier<VercelClaims>;
  #answers = 0;

  constructor({ fetch, team = '*', ...options }: KeyOptions) {
    if (fetch !== undefined && typeof fetch !== 'function') throw invalidOption('fetch', 'must be a function');
    const counted: typeof globalThis.fetch = async (input, init) => {
      // Called as a plain function: some runtimes refuse their own `fetch` as a method of something else.
      const own = fetch ?? globalThis.fetch;
      const response = await own(input, init);
      this.#answers += 1;
      return response;
    };
    this.#verifier = createDeliveryVerifier({ ...options, team, fetch: counted });
  }

  /**
   * Verifies a token. A key that is unknown while the issuer may not be requested again may exist, so that is an outage and not
   * a refusal: Vercel Connect does not repeat what was refused.
   */
  async verify(token: string): Promise<VerifiedToken<VercelClaims>> {
    const before = this.#answers;
    try {
      return await this.#verifier.verify(token);
    } catch (thrown) {
      if (!(thrown instanceof CountersignError) || thrown.code !== 'ERR_JWKS_NO_MATCHING_KEY' || this.#answers !== before) throw thrown;
      const message = 'the key of this token is unknown, and the issuer was requested less than 5 s ago';
      throw new CountersignError({ code: 'ERR_JWKS_NOT_LOADED', message, retryable: true, kid: thrown.kid, cause: thrown });
    }
  }
}

/** Notes that a route handles a delivery. The result ends it, and returns the error that kept a verifier inside the handler from a decision. */
export function handle(token: string, body: Uint8Array): () => CountersignError | undefined {
  const active: Active = { text: decoder.decode(body), failure: undefined };
  const others = handled.get(token) ?? new Set();
  handled.set(token, others.add(active));
  return () => {
    others.delete(active);
    if (others.size === 0) handled.delete(token);
    return active.failure;
  };
}

/** The delivery of this token and body that a route is handling. */
export function activeDelivery(token: string | undefined, body: Uint8Array): Active | undefined {
  const active = token === undefined ? undefined : handled.get(token);
  if (!active) return undefined;
  const text = decoder.decode(body);
  return [...active].find((delivery) => delivery.text === text);
}

// Adapters read the body as text, which drops a byte order mark and what is not UTF-8.
const decoder = new TextDecoder();

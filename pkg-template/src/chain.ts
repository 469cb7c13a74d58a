// The bearer token to send. The host's part is looking things up; which one is used is decided in the core.

import { call, clock } from './core.js';
import { invalidOption } from './errors.js';
import { obtain } from './exchange-client.js';
import { type Environment, variable } from './host/environment.js';
import { type RequestLike, contextToken, oidcHeader } from './host/request.js';

/** Where a credential can come from, in the order of the search. */
export type CredentialSource = 'static-key' | 'header' | 'context' | 'env';

/** Options of the functions that find a credential. Unknown members are refused. */
export interface ChainOptions {
  /** A key to use before anything else, or the environment variable that may hold one. Blank counts as not set. */
  staticKey?: string | { env: string };
  /** The request being handled, or its headers. Default: Vercel's request context. */
  request?: RequestLike;
  /** Environment variables. Default: those of the process. */
  env?: Environment;
  /** How many seconds an OIDC token must still live. Default: 0. */
  minValidity?: number;
  /** Exchange an OIDC token for one with this audience. Default: the token as it is. A static key is not exchanged. */
  audience?: string;
  /** Sends the exchange. Default: the runtime's own `fetch`. */
  fetch?: typeof fetch;
}

/** A credential to send as `Authorization: Bearer <value>`. Printing it, or making it JSON, shows no secret. */
export interface BearerToken {
  /** The credential itself. Not enumerable. */
  readonly value: string;
  readonly source: CredentialSource;
  readonly authMethod: 'api-key' | 'oidc';
  /** Unknown for a static key. */
  readonly expiresAt?: Date;
}

/** What one source has, without a secret. */
export interface SourceReport {
  readonly source: CredentialSource;
  readonly state: 'found' | 'not-configured' | 'expired' | 'failed';
  /** Why it failed. */
  readonly reason?: string;
  readonly expiresAt?: Date;
}

/** What a health route may show. */
export interface CredentialReport {
  /** The source that is used at present, if any. */
  readonly selected?: CredentialSource;
  readonly sources: readonly SourceReport[];
}

/**
 * Finds the bearer token to send: a static key first, then the deployment's OIDC token.
 *
 * Rejects with `ERR_CREDENTIALS_NOT_FOUND`, whose `causes` give each source's reason, or with `ERR_CREDENTIAL_INVALID`
 * where a source is set up and broken: the search never goes on to another identity.
 */
export async function getBearerToken(options: ChainOptions = {}): Promise<BearerToken> {
  return (await resolve(options, false)) as BearerToken;
}

/** The same; undefined only where no source is set up at all. */
export async function getBearerTokenOptional(options: ChainOptions = {}): Promise<BearerToken | undefined> {
  return resolve(options, true);
}

/** What Vercel's AI Gateway wants as its bearer token: `AI_GATEWAY_API_KEY` if set, else the OIDC token. */
export async function getAiGatewayBearerToken(options: ChainOptions = {}): Promise<string> {
  return (await getBearerToken(forAiGateway(options))).value;
}

/** The same; undefined only where no source is set up at all. */
export async function getAiGatewayBearerTokenOptional(options: ChainOptions = {}): Promise<string | undefined> {
  return (await getBearerTokenOptional(forAiGateway(options)))?.value;
}

/** What every source has, for a health route; no secrets. */
export async function describeCredentials(options: ChainOptions = {}): Promise<CredentialReport> {
  const { inputs, minValidity } = gather(options);
  const { selected, sources } = call((wasm) => wasm.chain_describe(inputs, minValidity, clock()));
  return {
    ...(selected && { selected }),
    sources: sources.map(({ expiresAt, reason, ...source }: Described) => ({
      ...source,
      ...(reason !== undefined && { reason }),
      ...(expiresAt !== undefined && { expiresAt: toDate(expiresAt) }),
    })),
  };
}

const forAiGateway = (options: ChainOptions): ChainOptions => ({ staticKey: { env: 'AI_GATEWAY_API_KEY' }, ...options });

async function resolve(options: ChainOptions, optional: boolean): Promise<BearerToken | undefined> {
  const { inputs, minValidity } = gather(options);
  const found: Found | undefined = call((wasm) => wasm.chain_resolve(inputs, minValidity, optional, clock()));
  return found && new Token({ ...found, ...(await forAudience(found, options)) });
}

/** What an exchange changes of a credential. */
async function forAudience({ value, authMethod }: Found, { audience, fetch: fetcher }: ChainOptions): Promise<Partial<Found>> {
  if (audience === undefined || authMethod !== 'oidc') return {};
  return obtain<Pick<Found, 'value' | 'expiresAt'>>('vercel', { audience }, value, { fetch: fetcher });
}

const KNOWN = new Set(['staticKey', 'request', 'env', 'minValidity', 'audience', 'fetch']);

/** What the host finds at each source. */
function gather(options: ChainOptions) {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'must be an object');
  const unknown = Object.keys(options).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) throw invalidOption(unknown, 'is not known here');
  const { staticKey, request, env, minValidity = 0 } = options;
  if (request !== undefined && (typeof request !== 'object' || request === null)) {
    throw invalidOption('request', 'must be a request, its headers, or a plain object of headers');
  }
  const inputs = {
    staticKey: readStaticKey(staticKey, env),
    header: request && oidcHeader(request),
    context: request ? undefined : contextToken(),
    env: variable('VERCEL_OIDC_TOKEN', env),
  };
  return { inputs, minValidity: typeof minValidity === 'number' ? minValidity : NaN };
}

function readStaticKey(staticKey: ChainOptions['staticKey'], env: Environment | undefined): string | undefined {
  if (staticKey === undefined || typeof staticKey === 'string') return staticKey;
  if (typeof staticKey?.env === 'string') return variable(staticKey.env, env);
  throw invalidOption('staticKey', 'must be a string, or an object whose `env` names an environment variable');
}

/** Callers compare and print dates; the core counts seconds. */
const toDate = (seconds: number): Date => new Date(seconds * 1000);

/** One source as the core reports it. */
interface Described extends Pick<SourceReport, 'source' | 'state'> {
  reason?: string;
  expiresAt?: number;
}

/** A credential as the core reports it. */
interface Found extends Pick<BearerToken, 'value' | 'source' | 'authMethod'> {
  expiresAt?: number;
}

class Token implements BearerToken {
  readonly #value: string;
  readonly source: CredentialSource;
  readonly authMethod: 'api-key' | 'oidc';
  declare readonly expiresAt?: Date;

  constructor({ value, source, authMethod, expiresAt }: Found) {
    this.#value = value;
    this.source = source;
    this.authMethod = authMethod;
    if (expiresAt !== undefined) this.expiresAt = toDate(expiresAt);
    Object.freeze(this);
  }

  get value(): string {
    return this.#value;
  }

  toJSON(): object {
    const { source, authMethod, expiresAt } = this;
    return { value: '[redacted]', source, authMethod, expiresAt };
  }

  toString(): string {
    return '[redacted]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return this.toJSON();
  }
}

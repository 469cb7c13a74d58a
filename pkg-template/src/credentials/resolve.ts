// Resolves a credential on the host's side: collects the sources, and reads a file or fetches a token only when the core
// requests it. The core decides which source is used.

import { ask, clock, nodeSources } from '../core/core.js';
import { invalidOption } from '../core/errors.js';
import { type Environment, variable } from '../host/environment.js';
import { type RequestLike, contextToken, oidcHeader } from '../host/request.js';
import type { SourceResult } from '../host/source-result.js';

/** Where a credential can come from, in the order of precedence. */
export type CredentialSource = 'static-key' | 'captured' | 'header' | 'context' | 'file' | 'env' | 'refresh';

/** A token that was captured from a request, for work that goes on after it. Plain, so that anything can carry it on. */
export interface CapturedToken {
  readonly token: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** The project whose token is wanted. What is not named is taken from the nearest `.vercel/project.json`. */
export interface DevTokenTarget {
  project?: string;
  team?: string;
}

/** Options of the functions that resolve a credential. Unknown members are refused. */
export interface ChainOptions {
  /** A key to use before anything else, or the environment variable that may hold one. Blank counts as not set. */
  staticKey?: string | { env: string };
  /** A token that `captureToken` took from an earlier request. */
  captured?: CapturedToken;
  /** The request being handled, or its headers, or a promise of them. Default: Vercel's request context. */
  request?: RequestLike | PromiseLike<RequestLike>;
  /** Environment variables. Default: those of the process. */
  env?: Environment;
  /** How many seconds an OIDC token must still live. Default: 0. */
  minValidity?: number;
  /**
   * Whether a token for development may be fetched with the login of Vercel's command line; an object names the project and
   * the team, by id or name, whose token is wanted from whatever source. Default: true. Only in Node.js and Bun, and never in
   * a deployment.
   */
  refresh?: boolean | DevTokenTarget;
  /** Exchange an OIDC token for one with this audience. Default: the token as it is. A static key is not exchanged. */
  audience?: string;
  /** Sends the exchange, and fetches the development token. Default: the runtime's own `fetch`. */
  fetch?: typeof fetch;
}

/** A credential as the core reports it. */
export interface Found {
  value: string;
  source: CredentialSource;
  authMethod: 'api-key' | 'oidc';
  expiresAt?: number;
}

/** One source as the core reports it. */
export interface Described {
  source: CredentialSource;
  state: 'found' | 'available' | 'not-configured' | 'expired' | 'other-project' | 'failed';
  reason?: string;
  expiresAt?: number;
}

/** The sources, as the core reads them. `file` and `refresh` are missing until the core requests them. */
export type CollectedSources = { [source in 'staticKey' | 'captured' | 'header' | 'context' | 'file' | 'env' | 'refresh']?: SourceResult | undefined } & {
  minValidity: number;
  project?: string | undefined;
  team?: string | undefined;
};

/** Resolves the credential, and reads only the sources that are needed. */
export async function resolve(options: ChainOptions, optional: boolean): Promise<Found | undefined> {
  const sources = collectSources(options, await options?.request);
  for (;;) {
    const found = ask('chain_resolve', sources, optional, clock());
    if (typeof found !== 'string') return found;
    sources[found] = found === 'file' ? await fileSource(options) : await devTokenSource(options, false);
  }
}

/** Resolves the credential from the sources that need no waiting. */
export function resolveSync(options: ChainOptions): Found {
  const unavailable = { reason: 'only asynchronous functions look there' };
  const sources = { ...collectSources(options, options.request), file: unavailable, refresh: unavailable };
  // Not optional, and no source is missing.
  return ask('chain_resolve', sources, false, clock()) as Found;
}

/** Describes every source. Fetches nothing. */
export async function describe(options: ChainOptions): Promise<{ selected?: CredentialSource; sources: Described[] }> {
  const sources = collectSources(options, await options?.request);
  sources.file = await fileSource(options);
  sources.refresh = await devTokenSource(options, true);
  return ask('chain_describe', sources, clock());
}

const KNOWN = new Set(['staticKey', 'captured', 'request', 'env', 'minValidity', 'refresh', 'audience', 'fetch']);

/** Collects the sources that need no file and no request. */
function collectSources(options: ChainOptions, request: unknown): CollectedSources {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'must be an object');
  const unknown = Object.keys(options).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) throw invalidOption(unknown, 'is not known here');
  const { staticKey, captured, env, minValidity = 0, fetch } = options;
  if (request !== undefined && (typeof request !== 'object' || request === null)) {
    throw invalidOption('request', 'must be a request, its headers, or a plain object of headers');
  }
  if (typeof (request as PromiseLike<unknown> | undefined)?.then === 'function') throw invalidOption('request', 'must be awaited first');
  if (fetch !== undefined && typeof fetch !== 'function') throw invalidOption('fetch', 'must be a function');
  const target = devTokenTarget(options);
  return {
    staticKey: readStaticKey(staticKey, env),
    captured: readCaptured(captured),
    header: request && oidcHeader(request as RequestLike),
    context: request ? undefined : contextToken(),
    env: variable('VERCEL_OIDC_TOKEN', env),
    minValidity: typeof minValidity === 'number' ? minValidity : NaN,
    ...target,
  };
}

function readStaticKey(staticKey: ChainOptions['staticKey'], env: Environment | undefined): string | undefined {
  if (staticKey === undefined || typeof staticKey === 'string') return staticKey;
  if (typeof staticKey?.env === 'string') return variable(staticKey.env, env);
  throw invalidOption('staticKey', 'must be a string, or an object whose `env` names an environment variable');
}

function readCaptured(captured: unknown): string | undefined {
  if (captured === undefined) return undefined;
  const { token } = (captured ?? {}) as Partial<CapturedToken>;
  if (typeof token === 'string' && token !== '') return token;
  throw invalidOption('captured', 'must be what `captureToken` returned');
}

function devTokenTarget({ refresh }: ChainOptions): DevTokenTarget {
  if (refresh === undefined || typeof refresh === 'boolean') return {};
  const { project, team, ...unknown } = Object(refresh) as DevTokenTarget;
  const names = [project, team].every((name) => name === undefined || typeof name === 'string');
  if (typeof refresh !== 'object' || refresh === null || !names || Object.keys(unknown).length > 0) {
    throw invalidOption('refresh', 'must be true, false, or an object of `project` and `team`');
  }
  return { ...(project !== undefined && { project }), ...(team !== undefined && { team }) };
}

async function fileSource({ env }: ChainOptions): Promise<SourceResult> {
  const file = variable('VERCEL_OIDC_TOKEN_FILE', env)?.trim();
  if (!file) return { reason: 'VERCEL_OIDC_TOKEN_FILE is not set' };
  const { node, tokenFromFile } = (await loadNodeSources()) ?? {};
  const host = node?.();
  if (!tokenFromFile || !host) return { reason: 'VERCEL_OIDC_TOKEN_FILE is set, but this runtime has no files' };
  return tokenFromFile(host, file);
}

async function devTokenSource(options: ChainOptions, peekOnly: boolean): Promise<SourceResult | undefined> {
  const { refresh = true, env, minValidity = 0, fetch = globalThis.fetch } = options;
  if (refresh === false) return { reason: 'the caller has switched it off' };
  // Deno would ask its user for permissions, one after the other.
  const { node, peek, isDeployment, devToken } = ('Deno' in globalThis ? undefined : await loadNodeSources()) ?? {};
  const host = node?.();
  if (!host || !devToken || !peek) return { reason: 'only Node.js (20.16 or newer) and Bun can use the login of a command line' };
  if (isDeployment?.(env)) return { reason: 'a deployment has no login of a command line' };
  const what = { target: devTokenTarget(options), env, minValidity, fetcher: fetch };
  return peekOnly ? peek(host, what) : devToken(host, what);
}

type NodeSources = typeof import('../host/node-sources.js');

/** Loads the module that reads files, only where there may be files: a page should not fetch what it cannot use. */
async function loadNodeSources() {
  const { process } = globalThis as { process?: { getBuiltinModule?: unknown } };
  return typeof process?.getBuiltinModule === 'function' ? (nodeSources()?.() as Promise<NodeSources> | undefined) : undefined;
}

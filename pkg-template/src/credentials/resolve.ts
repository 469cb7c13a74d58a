// Resolves a credential on the host's side: collects the sources, and reads a file or fetches a token only when the core
// requests it. The core decides which source is used.

import { invalidOption } from '../core/errors.js';
import { codeOf, observe } from '../core/events.js';
import { assertKnown, assertObject, isObject, ownMember, ownOptions, plainData } from '../core/options.js';
import { builtinLoader, clock, nodeSources } from '../core/runtime.js';
import type { ChainReport, FoundCredential, SourceResult, SourceResults } from '../credentials_bg.js';
import { type Environment, variable } from '../host/environment.js';
import { type RequestLike, assertRequest, contextToken, oidcHeader } from '../host/request.js';
import type { TokenRelay } from '../refresh/relay.js';
import { CHAIN_OPTION_NAMES, type ChainOptions, type DevTokenTarget, chainOptions } from './chain-options.js';
import { credentialsModule } from './module.js';

export type { CredentialSource } from '../credentials_bg.js';

/** Resolves the credential, and reads only the sources that are needed. */
export async function resolve(given: ChainOptions, optional: boolean): Promise<FoundCredential | undefined> {
  const options = chainOptions(given);
  return observe(
    options.onEvent,
    'credential',
    () => search(options, optional),
    (outcome) => ({
      type: 'credential',
      durationMs: outcome.durationMs,
      ...('value' in outcome && outcome.value && { source: outcome.value.source }),
      ...codeOf(outcome),
    }),
  );
}

async function search(options: ChainOptions, optional: boolean): Promise<FoundCredential | undefined> {
  const sources = collectSources(options, await options.request);
  for (;;) {
    const { found, needsSource } = ownOptions(credentialsModule.call((wasm) => wasm.resolve_credential(sources, optional, clock())));
    if (needsSource === undefined) return found && ownOptions(found);
    sources[needsSource] = toResult(await querySource(needsSource, options));
  }
}

/** Queries a source that the core requests. */
async function querySource(source: 'shared' | 'file' | 'refresh', options: ChainOptions): Promise<string | SourceResult> {
  if (source === 'shared') return (options.relay as TokenRelay).read();
  if (source === 'file') return fileSource(options);
  return (await devTokenSource(options, false)) ?? { reason: 'no development token' };
}

/** Resolves the credential from the sources that need no waiting. */
export function resolveSync(given: ChainOptions): FoundCredential {
  const options = chainOptions(given);
  const unavailable = { reason: 'only asynchronous functions look there' };
  const sources = { ...collectSources(options, options.request), shared: unavailable, file: unavailable, refresh: unavailable };
  // Not optional, and no source is missing.
  return ownOptions(credentialsModule.call((wasm) => wasm.resolve_credential(sources, false, clock()))).found as FoundCredential;
}

/** Describes every source. Fetches no token. */
export async function describe(given: ChainOptions): Promise<ChainReport> {
  const options = chainOptions(given);
  const sources = collectSources(options, await options.request);
  if (options.relay !== undefined) sources.shared = toResult(await options.relay.read());
  sources.file = toResult(await fileSource(options));
  const devToken = await devTokenSource(options, true);
  if (devToken !== undefined) sources.refresh = toResult(devToken);
  const report = ownOptions(credentialsModule.call((wasm) => wasm.describe_sources(sources, clock())));
  return { ...report, sources: report.sources.map((source) => ownOptions(source)), cache: ownOptions(report.cache) };
}

/** Collects the sources that need no file, no store and no request. */
function collectSources(options: ChainOptions, request: unknown): SourceResults {
  assertKnown(credentialsModule, options, CHAIN_OPTION_NAMES);
  const { staticKey, captured, relay, env, minValidity, audience, fetch } = options;
  if (env !== undefined) assertObject(env, 'env');
  if (audience !== undefined && (typeof audience !== 'string' || audience === ''))
    throw invalidOption('audience', 'must be a string, not empty');
  assertRequest(request);
  if (fetch !== undefined && typeof fetch !== 'function') throw invalidOption('fetch', 'must be a function');
  // By members, not by its class: in one bundle there can be two copies of that.
  if (relay !== undefined && (typeof relay?.read !== 'function' || typeof relay.identity !== 'function')) {
    throw invalidOption('relay', 'must be made by `createTokenRelay`');
  }
  const sources = {
    staticKey: toResult(readStaticKey(staticKey, env)),
    captured: toResult(readCaptured(captured)),
    header: toResult(request && oidcHeader(request as RequestLike)),
    context: toResult(request ? undefined : contextToken()),
    env: toResult(variable('VERCEL_OIDC_TOKEN', env)),
    relay: relay?.identity(),
    minValidity,
    ...devTokenTarget(options),
  };
  return plainData(sources) as SourceResults;
}

/** The finding at a source, as the core reads it: a text is a member. */
function toResult(found: string | SourceResult): SourceResult;
function toResult(found: unknown): SourceResult | undefined;
function toResult(found: unknown): SourceResult | undefined {
  return typeof found === 'string' ? { text: found } : ((found ?? undefined) as SourceResult | undefined);
}

function readStaticKey(staticKey: ChainOptions['staticKey'], env: Environment | undefined): string | undefined {
  if (staticKey === undefined || typeof staticKey === 'string') return staticKey;
  const name = ownMember(staticKey, 'env');
  if (typeof name === 'string') return variable(name, env);
  throw invalidOption('staticKey', 'must be a string, or an object whose `env` names an environment variable');
}

function readCaptured(captured: unknown): string | undefined {
  if (captured === undefined) return undefined;
  const token = ownMember(captured, 'token');
  if (typeof token === 'string' && token !== '') return token;
  throw invalidOption('captured', 'must be what `captureToken` returned');
}

function devTokenTarget({ refresh }: ChainOptions): DevTokenTarget {
  if (refresh === undefined || typeof refresh === 'boolean') return {};
  const { project, team, ...unknown } = isObject(refresh) ? ownOptions(refresh) : ({} as DevTokenTarget);
  const names = [project, team].every((name) => name === undefined || typeof name === 'string');
  if (!isObject(refresh) || !names || Object.keys(unknown).length > 0) {
    throw invalidOption('refresh', 'must be true, false, or an object of `project` and `team`');
  }
  return { ...(project !== undefined && { project }), ...(team !== undefined && { team }) };
}

async function fileSource({ env }: ChainOptions): Promise<string | SourceResult> {
  const named = variable('VERCEL_OIDC_TOKEN_FILE', env);
  const file = named?.trim();
  if (!file) return { reason: `VERCEL_OIDC_TOKEN_FILE is ${named === undefined ? 'not set' : 'blank'}` };
  const { node, tokenFromFile } = (await loadNodeSources()) ?? {};
  const host = node?.();
  if (!tokenFromFile || !host) return { reason: 'VERCEL_OIDC_TOKEN_FILE is set, but this runtime has no files' };
  return tokenFromFile(host, file);
}

async function devTokenSource(options: ChainOptions, peekOnly: boolean): Promise<string | SourceResult | undefined> {
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
  return builtinLoader() ? (nodeSources()?.() as Promise<NodeSources> | undefined) : undefined;
}

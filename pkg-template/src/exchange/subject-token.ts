// The token that is presented to a service: one that the caller has, or the one that the credential chain finds.

import { invalidOption } from '../core/errors.js';
import { readOnEvent } from '../core/events.js';
import { assertKnown, assertObject, ownOptions } from '../core/options.js';
import { credentialsModule } from '../credentials/module.js';
import { type ChainOptions, getBearerToken } from '../credentials/bearer-token.js';
import { Exchange, type Host } from './client.js';
import type { SharedCredentials } from './shared-cache.js';

/** The source of the presented token, and how requests are sent. */
export interface SubjectOptions
  extends Pick<ChainOptions, 'captured' | 'request' | 'relay' | 'env' | 'minValidity' | 'refresh' | 'fetch' | 'onEvent'> {
  /** The token, or a function that gives one. Default: the OIDC token that `getBearerToken` finds. */
  token?: string | (() => string | Promise<string>);
  /** Not the credential that is in the cache. Default: false. */
  forceRefresh?: boolean;
  /** Credentials that instances share, made by `shareCredentials` of `countersign/exchange`. Default: each has its own. */
  shared?: SharedCredentials;
}

/** The options of one call, split by who reads them. */
export interface SplitOptions<Wanted> {
  wanted: Wanted;
  subject: SubjectOptions;
  host: Host;
}

/** Splits the options into those of the service, of the subject token and of the host. */
export function splitOptions<Options extends SubjectOptions>(options: Options): SplitOptions<Omit<Options, keyof SubjectOptions>> {
  const {
    token,
    captured,
    request,
    relay,
    env,
    minValidity,
    refresh,
    fetch: fetcher,
    forceRefresh,
    shared,
    onEvent,
    ...others
  } = ownOptions(options);
  const wanted = ownOptions(others);
  if (fetcher !== undefined && typeof fetcher !== 'function') throw invalidOption('fetch', 'must be a function');
  if (env !== undefined) assertObject(env, 'env');
  if (forceRefresh !== undefined && typeof forceRefresh !== 'boolean') throw invalidOption('forceRefresh', 'must be true or false');
  // By a member, not its class: in one bundle there can be two copies of that.
  if (shared !== undefined && typeof (shared as Partial<SharedCredentials> | null)?.nameKey !== 'function') {
    throw invalidOption('shared', 'must be made by `shareCredentials`');
  }
  const subject = ownOptions({
    token,
    captured,
    request,
    relay,
    env,
    minValidity,
    refresh,
    fetch: fetcher,
    onEvent: readOnEvent(onEvent),
  } as SubjectOptions);
  return { wanted, subject, host: { fetch: fetcher, forceRefresh, shared, onEvent } };
}

/** Returns the option of this name. Throws `ERR_INVALID_OPTION` unless it is a string or left out, and for any other option. */
export function assertOnly<Name extends string>(wanted: { [name in Name]?: string }, name: Name): string | undefined {
  assertKnown(credentialsModule, wanted, [name]);
  const value: unknown = wanted[name];
  if (value !== undefined && (typeof value !== 'string' || value === '')) throw invalidOption(name, 'must be a string, not empty');
  return value;
}

/** The token to present; for `audience` if one is named, else as it is. */
export async function subjectToken(options: SubjectOptions, audience?: string): Promise<string> {
  const own = ownOptions(options);
  const { token } = own;
  if (token === undefined) return (await getBearerToken({ ...own, ...(audience !== undefined && { audience }) })).value;
  const value: unknown = typeof token === 'function' ? await token() : token;
  if (typeof value !== 'string' || value === '') throw invalidOption('token', 'must be a string, or a function that returns one');
  if (audience === undefined) return value;
  const exchange = new Exchange('vercel', (wasm) => wasm.create_vercel_exchange({ audience }));
  return (await exchange.once<{ value: string }>(value, { fetch: own.fetch, onEvent: own.onEvent })).value;
}

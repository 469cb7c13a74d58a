// The token that is presented to a service: one that the caller has, or the one that the credential chain finds.

import { invalidOption } from '../core/errors.js';
import { type ChainOptions, getBearerToken } from '../credentials/bearer-token.js';
import { type Host, getCredential } from './client.js';
import type { SharedCredentials } from './shared-cache.js';

/** Where the token comes from that is presented, and how the requests are sent. */
export interface SubjectOptions extends Pick<ChainOptions, 'captured' | 'request' | 'env' | 'minValidity' | 'refresh' | 'fetch'> {
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
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'must be an object');
  const { token, captured, request, env, minValidity, refresh, fetch: fetcher, forceRefresh, shared, ...wanted } = options;
  if (fetcher !== undefined && typeof fetcher !== 'function') throw invalidOption('fetch', 'must be a function');
  if (forceRefresh !== undefined && typeof forceRefresh !== 'boolean') throw invalidOption('forceRefresh', 'must be true or false');
  // By a member, not its class: in one bundle there can be two copies of that.
  if (shared !== undefined && typeof (shared as Partial<SharedCredentials> | null)?.nameKey !== 'function') {
    throw invalidOption('shared', 'must be made by `shareCredentials`');
  }
  const chain = { captured, request, env, minValidity, refresh, fetch: fetcher } as SubjectOptions;
  const subject = token === undefined ? chain : { ...chain, token };
  return { wanted, subject, host: { fetch: fetcher, forceRefresh, shared } };
}

/** Returns the option of this name. Throws `ERR_INVALID_OPTION` for any other. */
export function assertOnly<Name extends string>(wanted: { [name in Name]?: string }, name: Name): string | undefined {
  const unknown = Object.keys(wanted).find((other) => other !== name);
  if (unknown !== undefined) throw invalidOption(unknown, 'is not known here');
  return wanted[name];
}

/** The token to present; for `audience` if one is named, else as it is. */
export async function subjectToken({ token, ...chain }: SubjectOptions, audience?: string): Promise<string> {
  if (token === undefined) return (await getBearerToken(withAudience(chain, audience))).value;
  const value = typeof token === 'function' ? await token() : token;
  if (audience === undefined) return value;
  return (await getCredential<{ value: string }>('vercel', { audience }, value, { fetch: chain.fetch })).value;
}

function withAudience(chain: ChainOptions, audience: string | undefined): ChainOptions {
  const given = Object.entries(chain).filter(([, value]) => value !== undefined);
  return Object.fromEntries(audience === undefined ? given : [...given, ['audience', audience]]);
}

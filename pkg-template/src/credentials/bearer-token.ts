// The bearer token to send: what the search has found, as callers get to see it.

import { ownOptions } from '../core/options.js';
import { redact } from '../core/redact.js';
import type { CacheReport, ChainSource, FoundCredential } from '../credentials_bg.js';
import { Exchange } from '../exchange/client.js';
import { type ChainOptions, chainOptions } from './chain-options.js';
import { type CredentialSource, describe, resolve } from './resolve.js';

export type { ChainOptions } from './chain-options.js';
export type { CredentialSource } from './resolve.js';

/** A credential to send as `Authorization: Bearer <value>`. Printing it, or making it JSON, shows no secret. */
export interface BearerToken {
  /** The credential itself. Not enumerable. */
  readonly value: string;
  readonly source: CredentialSource;
  readonly authMethod: 'api-key' | 'oidc';
  /** Unknown for a static key. */
  readonly expiresAt?: Date;
}

/** The state of one source, without a secret. */
export interface SourceReport {
  readonly source: CredentialSource;
  /** `available`: a token would be fetched when it is needed. `other-project`: not of the project that `refresh` names. */
  readonly state: ChainSource['state'];
  /** Why it has nothing. */
  readonly reason?: string;
  readonly expiresAt?: Date;
}

/** A report that a health route may show. */
export interface CredentialReport {
  /** The source that is used at present, if any. */
  readonly selected?: CredentialSource;
  readonly sources: readonly SourceReport[];
  /** How full the cache of exchanged credentials is in this process. Where `evicted` grows, `configureCredentialCache` sets a larger bound. */
  readonly cache: Readonly<CacheReport>;
}

/**
 * Finds the bearer token to send: a static key first, then the deployment's OIDC token.
 *
 * Rejects with `ERR_CREDENTIALS_NOT_FOUND`, or `ERR_CREDENTIAL_EXPIRED` for a captured token, or with
 * `ERR_CREDENTIAL_INVALID` where a source is set up and broken: the search never goes on to another identity. `causes` give
 * the reason of each source that was asked.
 */
export async function getBearerToken(options: ChainOptions = {}): Promise<BearerToken> {
  return (await resolveBearerToken(options, false)) as BearerToken;
}

/** The same; undefined only where no source is set up at all. */
export async function getBearerTokenOptional(options: ChainOptions = {}): Promise<BearerToken | undefined> {
  return resolveBearerToken(options, true);
}

/** Reports the state of every source, for a health route, without secrets. Files and the relay are read, and no token is fetched. */
export async function describeCredentials(options: ChainOptions = {}): Promise<CredentialReport> {
  const { selected, sources, cache } = ownOptions(await describe(options));
  return {
    ...(selected && { selected }),
    sources: sources.map(({ expiresAt, reason, ...source }) => ({
      ...source,
      ...(reason !== undefined && { reason }),
      ...(expiresAt !== undefined && { expiresAt: toDate(expiresAt) }),
    })),
    cache: { ...cache },
  };
}

async function resolveBearerToken(given: ChainOptions, optional: boolean): Promise<BearerToken | undefined> {
  const options = chainOptions(given);
  const found = await resolve(options, optional);
  return found && toBearerToken(ownOptions({ ...found, ...(await forAudience(found, options)) }));
}

/** The members of a credential that an exchange changes. */
async function forAudience(
  { value, authMethod }: FoundCredential,
  { audience, fetch: fetcher, onEvent }: ChainOptions,
): Promise<Partial<FoundCredential>> {
  if (audience === undefined || authMethod !== 'oidc') return {};
  const exchange = new Exchange('vercel', (wasm) => wasm.create_vercel_exchange({ audience }));
  return exchange.once<Pick<FoundCredential, 'value' | 'expiresAt'>>(value, { fetch: fetcher, onEvent });
}

/** Callers compare and print dates; the core counts seconds. */
const toDate = (seconds: number): Date => new Date(seconds * 1000);

/** The credential, which can be read and is not printed. */
function toBearerToken({ value, source, authMethod, expiresAt }: FoundCredential): BearerToken {
  const visible = { source, authMethod, ...(expiresAt !== undefined && { expiresAt: toDate(expiresAt) }) };
  return Object.freeze(redact(visible, { value })) as BearerToken;
}

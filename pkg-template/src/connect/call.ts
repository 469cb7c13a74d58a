// The common part of every call of Vercel Connect: the caller's identity, the server, and refusals.

import { invalidOption } from '../core/errors.js';
import { assertKnown, assertObject, ownOptions, plainData, plainJson } from '../core/options.js';
import { credentialsModule } from '../credentials/module.js';
import type { ChainOptions } from '../credentials/bearer-token.js';
import type { ConnectorOptions } from '../credentials_bg.js';
import { type SubjectOptions, subjectToken } from '../exchange/subject-token.js';
import { type Environment, variable } from '../host/environment.js';
import { type Action, callConnect } from './client.js';
import { refusing } from './errors.js';

/** The caller's identity, and the server. Unknown members are refused. */
export interface ConnectCallOptions extends Pick<ChainOptions, 'request' | 'env' | 'fetch'> {
  /** The OIDC token or an access token of Vercel, or a function that returns one. Default: the OIDC token that `getBearerToken` finds. */
  vercelToken?: string | (() => string | Promise<string>);
  /** Vercel's region to call, such as `iad1`. Default: the environment variable `VERCEL_REGION`, else the nearest. */
  region?: string;
  /** Another server in Vercel's place, such as that of `createTestConnect`: an https URL, or http on this machine. */
  endpoint?: string;
}

/** Makes a call that gives no token. */
export async function call<T>(action: Action, connector: string, params: object, options: ConnectCallOptions): Promise<T> {
  const { place, subject, fetcher } = splitOptions(connector, options);
  return refusing(callConnect<T>(action, place, plainJson(params, ''), subject, fetcher));
}

const CALL_OPTIONS = ['vercelToken', 'region', 'endpoint', 'request', 'env', 'fetch'];

/** The options of one call, split by who reads them. */
export function splitOptions(connector: string, given: ConnectCallOptions) {
  const options = ownOptions(given);
  assertKnown(credentialsModule, options, CALL_OPTIONS);
  const { vercelToken, endpoint, request, env, fetch: fetcher } = options;
  if (env !== undefined) assertObject(env, 'env');
  const { region = endpoint === undefined ? setting('VERCEL_REGION', env) : undefined } = options;
  if (fetcher !== undefined && typeof fetcher !== 'function') throw invalidOption('fetch', 'must be a function');
  const subject = ownOptions({ token: readVercelToken(vercelToken), request, env, fetch: fetcher } as SubjectOptions);
  const place = plainData({ connector, region, endpoint }) as ConnectorOptions;
  return { place, subject: () => subjectToken(subject), fetcher };
}

/** The option `vercelToken`, whose function is called once for each request that needs the token. */
function readVercelToken(given: ConnectCallOptions['vercelToken']): ConnectCallOptions['vercelToken'] {
  const check = (token: unknown): string => {
    if (typeof token === 'string' && token !== '') return token;
    throw invalidOption('vercelToken', 'must be a string that is not empty, or a function that returns one');
  };
  if (given === undefined) return undefined;
  return typeof given === 'function' ? async () => check(await given()) : check(given);
}

/** An environment variable; a blank one counts as not set. */
export const setting = (name: string, env: Environment | undefined): string | undefined => variable(name, env)?.trim() || undefined;

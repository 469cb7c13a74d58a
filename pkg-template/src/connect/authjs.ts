/**
 * Sign-in through Vercel Connect for Auth.js: the names and shapes of `@vercel/connect/authjs`, and the renewal that Auth.js leaves
 * to the application.
 *
 * @module
 */

import { invalidOption } from '../core/errors.js';
import { type ConnectProfile, type ConnectSignInOptions, type ConnectTokens, SignInClient } from './sign-in.js';

export { ConnectError, type ConnectErrorOptions } from './errors.js';
export type { ConnectProfile, ConnectTokens } from './sign-in.js';

/** Options of {@link connect}. Unknown members are refused. */
export interface AuthJsConnectOptions extends ConnectSignInOptions {
  /** The name of the provider in Auth.js: in the address of the callback and in the accounts. */
  readonly id: string;
  /** The name of the provider for people. */
  readonly name: string;
}

/** A provider for `providers` of Auth.js. */
export interface AuthJsConnectProvider {
  id: string;
  name: string;
  type: 'oauth';
  clientId: string;
  client: { token_endpoint_auth_method: 'none' };
  /** Its `url` has the team, read anew for each sign-in. */
  readonly authorization: { url: string; params: { scope: string } };
  token: string;
  userinfo: string;
  checks: ('pkce' | 'state')[];
  profile(profile: ConnectProfile): { id: string; name: string | null; email: string | null; image: string | null };
  /** Has the function that Auth.js sends requests with. */
  options: { clientId: string };
}

/**
 * Makes a provider of Auth.js that signs users in through a connector.
 *
 * Throws `ERR_INVALID_OPTION`. A refusal of Connect is a `ConnectError` in the `cause` of the error of Auth.js: `provider.code` is the
 * code of OAuth, such as `invalid_grant`.
 */
export function connect(options: AuthJsConnectOptions): AuthJsConnectProvider {
  const client = new SignInClient(options, ['id', 'name']);
  for (const name of ['id', 'name'] as const) {
    if (typeof options[name] !== 'string' || options[name] === '') throw invalidOption(name, 'must be a string, not empty');
  }
  const token = client.address('token');
  const send: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (url !== token) return client.send(input, init);
    const form = new URLSearchParams(init?.body as URLSearchParams);
    return Response.json(await client.requestTokens(Object.fromEntries(form)));
  };
  return {
    id: options.id,
    name: options.name,
    type: 'oauth',
    clientId: client.connector,
    // The secret differs from request to request: `send` adds it.
    client: { token_endpoint_auth_method: 'none' },
    // Auth.js reads its providers anew for each request.
    get authorization() {
      const url = new URL(client.address('authorize'));
      for (const [name, value] of Object.entries(client.authorizationParams())) url.searchParams.set(name, value);
      return { url: url.href, params: { scope: client.scopes.join(' ') } };
    },
    token,
    userinfo: client.address('userinfo'),
    checks: ['pkce', 'state'],
    profile: ({ sub, name, email, picture }) => ({ id: sub, name: name ?? null, email: email ?? null, image: picture ?? null }),
    options: withFetch({ clientId: client.connector }, send),
  };
}

/**
 * Answers for the symbol `customFetch` of whichever copy of `@auth/core` reads the options. The symbol is not a registered one, and
 * importing it would need `@auth/core` as this module is imported.
 */
function withFetch<T extends object>(options: T, send: typeof fetch): T {
  return new Proxy(options, {
    get: (target, key, receiver) =>
      typeof key === 'symbol' && key.description === 'custom-fetch' ? send : Reflect.get(target, key, receiver),
  });
}

/** Options of {@link refreshConnectTokens}. Unknown members are refused. */
export interface RefreshConnectTokensOptions extends Omit<ConnectSignInOptions, 'scopes' | 'teamId'> {
  /** The refresh token of the account. */
  readonly refreshToken: string;
}

/**
 * Renews the tokens of an account, for the callback `jwt` of Auth.js. `refresh_token` of the result is the one to keep.
 *
 * Rejects with a `ConnectError` where Connect refuses; where `provider.code` is `invalid_grant`, the user has to sign in again.
 */
export async function refreshConnectTokens(
  options: RefreshConnectTokensOptions,
): Promise<ConnectTokens & { refresh_token: string; expires_at?: number }> {
  const client = new SignInClient(options, ['refreshToken']);
  const { refreshToken } = options;
  if (typeof refreshToken !== 'string' || refreshToken === '') throw invalidOption('refreshToken', 'must be a string, not empty');
  const now = Math.floor(Date.now() / 1000);
  const tokens = await client.requestTokens({ grant_type: 'refresh_token', refresh_token: refreshToken });
  const expiry = typeof tokens.expires_in === 'number' ? { expires_at: now + tokens.expires_in } : {};
  return { refresh_token: refreshToken, ...tokens, ...expiry };
}

// Sign-in through Vercel Connect, as far as Better Auth and Auth.js have it in common.

import { invalidOption } from '../core/errors.js';
import { assertKnown, ownOptions } from '../core/options.js';
import { runOperation } from '../core/run-operation.js';
import { clock } from '../core/runtime.js';
import { credentialsModule } from '../credentials/module.js';
import type { Progress, SignInOptions } from '../credentials_bg.js';
import { subjectToken } from '../exchange/subject-token.js';
import { refusing } from './errors.js';
import { ownTeam } from './own-team.js';

/** The settings of a sign-in, whichever library drives it. */
export interface ConnectSignInOptions {
  /** The connector's id or uid: the OAuth client. */
  readonly connector: string;
  /** The scopes to request; `offline_access` is added. Default: `openid`, `profile`, `email`. */
  readonly scopes?: readonly string[];
  /** The id of the team whose consent page is shown. Default: `owner_id` of the deployment's token, read anew for each sign-in. */
  readonly teamId?: string;
  /** Returns the OIDC token that is the client's secret. Default: the one that `getBearerToken` finds. */
  readonly getVercelOidcToken?: () => Promise<string>;
  /** Another server in place of `https://connect.vercel.com`: an https URL, or http on this machine. */
  readonly endpoint?: string;
  /** Sends the requests. Default: the runtime's own `fetch`. */
  readonly fetch?: typeof fetch;
}

/** A response of the token endpoint (RFC 6749 section 5.1). */
export interface ConnectTokens {
  access_token: string;
  token_type?: string;
  /** Seconds. */
  expires_in?: number;
  refresh_token?: string;
  /** Seconds. */
  refresh_token_expires_in?: number;
  scope?: string;
  id_token?: string;
}

/** The profile of a user (OpenID Connect Core 1.0 section 5.3). */
export interface ConnectProfile {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
  picture?: string;
}

const OPTIONS = ['connector', 'scopes', 'teamId', 'getVercelOidcToken', 'endpoint', 'fetch'];
const DEFAULT_SCOPES = ['openid', 'profile', 'email'];

/** The OAuth client of a connector. */
export class SignInClient {
  readonly connector: string;
  readonly scopes: string[];
  readonly #options: SignInOptions;
  readonly #teamId: string | undefined;
  readonly #getToken: () => Promise<string>;
  readonly #fetch: typeof fetch | undefined;

  /** Throws `ERR_INVALID_OPTION`. `more` names the options that the caller reads itself. */
  constructor(given: ConnectSignInOptions, more: readonly string[]) {
    const options = ownOptions(given);
    assertKnown(credentialsModule, options, [...OPTIONS, ...more]);
    const { connector, scopes = DEFAULT_SCOPES, teamId, getVercelOidcToken, endpoint, fetch: fetcher } = options;
    if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === 'string'))
      throw invalidOption('scopes', 'must be an array of strings');
    if (teamId !== undefined && (typeof teamId !== 'string' || teamId === '')) throw invalidOption('teamId', "must be a team's id");
    for (const [name, value] of Object.entries({ getVercelOidcToken, fetch: fetcher })) {
      if (value !== undefined && typeof value !== 'function') throw invalidOption(name, 'must be a function');
    }
    this.connector = connector;
    this.scopes = [...new Set([...scopes, 'offline_access'])];
    this.#options = endpoint === undefined ? { connector } : { connector, endpoint };
    this.#teamId = teamId;
    this.#getToken = getVercelOidcToken ?? (() => subjectToken(fetcher === undefined ? {} : { fetch: fetcher }));
    this.#fetch = fetcher;
    this.address('authorize');
  }

  /** The address of an endpoint. */
  address(endpoint: 'authorize' | 'token' | 'userinfo'): string {
    return credentialsModule.call((wasm) => wasm.sign_in_address(this.#options, endpoint));
  }

  /** Further parameters of the authorization request: the team, where it is known. */
  authorizationParams(): { teamId?: string } {
    const teamId = this.#teamId ?? ownTeam();
    return teamId === undefined ? {} : { teamId };
  }

  /** The value of `Authorization` at the token endpoint. */
  async basicCredentials(): Promise<string> {
    const token = await this.#vercelToken();
    return credentialsModule.call((wasm) => wasm.connect_basic_credentials(this.connector, token));
  }

  /** Requests tokens with the fields of a form. Rejects with a `ConnectError` where the service refuses. */
  async requestTokens(fields: Record<string, string>): Promise<ConnectTokens> {
    const token = await this.#vercelToken();
    return this.#run((wasm) => wasm.begin_sign_in_tokens(this.#options, JSON.stringify(fields), token, clock()));
  }

  /** Requests the profile of a user. Rejects as {@link requestTokens} does. */
  async requestProfile(accessToken: string): Promise<ConnectProfile> {
    return this.#run((wasm) => wasm.begin_sign_in_profile(this.#options, accessToken, clock()));
  }

  /** Sends a request that is not one of the above. */
  send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    return (this.#fetch ?? globalThis.fetch)(input, init);
  }

  async #vercelToken(): Promise<string> {
    const token: unknown = await this.#getToken();
    if (typeof token === 'string' && token !== '') return token;
    throw invalidOption('getVercelOidcToken', 'must return a string that is not empty');
  }

  async #run<T>(begin: (wasm: typeof import('../credentials_bg.js')) => Progress): Promise<T> {
    const work = async () => runOperation(credentialsModule, credentialsModule.call(begin), this.#fetch ?? globalThis.fetch);
    return JSON.parse((await refusing(work())) as string);
  }
}

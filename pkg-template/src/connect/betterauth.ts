/**
 * Sign-in through Vercel Connect for Better Auth's `genericOAuth`: the names and shapes of `@vercel/connect/betterauth`.
 *
 * @module
 */

import { invalidOption } from '../core/errors.js';
import { ConnectError } from './errors.js';
import { type ConnectSignInOptions, type ConnectTokens, SignInClient } from './sign-in.js';

export { ConnectError, type ConnectErrorOptions } from './errors.js';
export type { ConnectVendorErrorPayload } from './types.js';

/** Options of {@link connect}. Unknown members are refused. */
export interface BetterAuthConnectOptions extends ConnectSignInOptions {
  /** The name of the provider in Better Auth: in the addresses of the sign-in and in the accounts. */
  readonly providerId: string;
}

/** Tokens as Better Auth keeps them. */
export interface BetterAuthTokens {
  tokenType: string | undefined;
  accessToken: string;
  refreshToken: string | undefined;
  accessTokenExpiresAt: Date | undefined;
  refreshTokenExpiresAt: Date | undefined;
  scopes: string[];
  idToken: string | undefined;
  raw: Record<string, unknown>;
}

/** A provider for `genericOAuth({ config: [] })`. */
export interface BetterAuthConnectConfig {
  providerId: string;
  clientId: string;
  authorizationUrl: string;
  /** The team, read anew for each sign-in. */
  readonly authorizationUrlParams: Record<string, string>;
  scopes: string[];
  pkce: boolean;
  tokenUrl: string;
  /** Authenticates the renewals that Better Auth sends itself. */
  tokenEndpointAuth: { method: 'custom'; customizeRequest(context: { headers: Record<string, string> }): Promise<void> };
  getToken(data: {
    code: string;
    redirectURI: string;
    codeVerifier?: string | undefined;
    deviceId?: string | undefined;
  }): Promise<BetterAuthTokens>;
  getUserInfo(tokens: { accessToken?: string | undefined }): Promise<{
    id: string;
    email: string | undefined;
    emailVerified: boolean;
    name: string | undefined;
    image: string | undefined;
  }>;
}

/**
 * Makes a provider of Better Auth that signs users in through a connector.
 *
 * Throws `ERR_INVALID_OPTION`. Its functions reject with a {@link ConnectError} where Connect refuses: `provider.code` is then the code
 * of OAuth, such as `invalid_grant`.
 */
export function connect(options: BetterAuthConnectOptions): BetterAuthConnectConfig {
  const client = new SignInClient(options, ['providerId']);
  const { providerId } = options;
  if (typeof providerId !== 'string' || providerId === '') throw invalidOption('providerId', 'must be a string, not empty');
  return {
    providerId,
    clientId: client.connector,
    authorizationUrl: client.address('authorize'),
    get authorizationUrlParams() {
      return client.authorizationParams() as Record<string, string>;
    },
    scopes: client.scopes,
    pkce: true,
    tokenUrl: client.address('token'),
    tokenEndpointAuth: {
      method: 'custom',
      customizeRequest: async ({ headers }) => {
        headers['authorization'] = await client.basicCredentials();
      },
    },
    async getToken({ code, redirectURI, codeVerifier, deviceId }) {
      const fields = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectURI,
        ...(codeVerifier && { code_verifier: codeVerifier }),
        ...(deviceId && { device_id: deviceId }),
      };
      return toBetterAuth(await client.requestTokens(fields));
    },
    async getUserInfo({ accessToken }) {
      if (!accessToken) throw new ConnectError('the sign-in has no access token', { code: 'missing_access_token' });
      const { sub, email, email_verified, name, picture } = await client.requestProfile(accessToken);
      return { id: sub, email, emailVerified: email_verified ?? false, name, image: picture };
    },
  };
}

function toBetterAuth(tokens: ConnectTokens): BetterAuthTokens {
  const after = (seconds: number | undefined) => (seconds ? new Date(Date.now() + seconds * 1000) : undefined);
  return {
    tokenType: tokens.token_type,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    accessTokenExpiresAt: after(tokens.expires_in),
    refreshTokenExpiresAt: after(tokens.refresh_token_expires_in),
    scopes: typeof tokens.scope === 'string' ? tokens.scope.split(' ').filter(Boolean) : [],
    idToken: tokens.id_token,
    raw: { ...tokens },
  };
}

// The providers are those of Better Auth and Auth.js, with the options of the original.
import type { AuthConfig } from '@auth/core';
import type { OAuth2Config } from '@auth/core/providers';
import type * as originalAuthJs from '@vercel/connect/authjs';
import type * as originalBetterAuth from '@vercel/connect/betterauth';
import { betterAuth } from 'better-auth';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { type ConnectProfile, connect as authJs, refreshConnectTokens } from 'countersign/connect/authjs';
import { connect as betterAuthConnect } from 'countersign/connect/betterauth';

declare const authJsOptions: originalAuthJs.AuthJsConnectOptions;
declare const betterAuthOptions: originalBetterAuth.BetterAuthConnectOptions;

export const provider: OAuth2Config<ConnectProfile> = authJs(authJsOptions);
export const theirProfile: originalAuthJs.ConnectProfile = {} as ConnectProfile;
export const config: AuthConfig = {
  providers: [authJs({ id: 'acme', name: 'Acme', connector: 'oauth/acme' })],
  callbacks: {
    async jwt({ token, account }) {
      if (account?.refresh_token === undefined) return token;
      const { access_token, expires_at } = await refreshConnectTokens({ connector: 'oauth/acme', refreshToken: account.refresh_token });
      return { ...token, access_token, expires_at };
    },
  },
};
export const auth = betterAuth({
  plugins: [
    genericOAuth({ config: [betterAuthConnect({ providerId: 'acme', connector: 'oauth/acme' }), betterAuthConnect(betterAuthOptions)] }),
  ],
});

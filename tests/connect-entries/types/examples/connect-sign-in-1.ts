import type { AuthConfig } from '@auth/core';
import { ConnectError, connect, refreshConnectTokens } from 'countersign/connect/authjs';

export const config: AuthConfig = {
  providers: [connect({ id: 'acme', name: 'Acme', connector: 'oauth/acme' })],
  callbacks: {
    async jwt({ token, account }) {
      if (account) return { ...token, refresh: account.refresh_token, expires: account.expires_at };
      if (Date.now() / 1000 < Number(token['expires'])) return token;
      try {
        const tokens = await refreshConnectTokens({ connector: 'oauth/acme', refreshToken: String(token['refresh']) });
        return { ...token, refresh: tokens.refresh_token, expires: tokens.expires_at };
      } catch (error) {
        if (error instanceof ConnectError && error.provider?.code === 'invalid_grant') return null; // sign in again
        throw error;
      }
    },
  },
};

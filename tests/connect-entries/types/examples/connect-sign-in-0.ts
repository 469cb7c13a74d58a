import { betterAuth } from 'better-auth';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { connect } from 'countersign/connect/betterauth';

export const auth = betterAuth({
  plugins: [genericOAuth({ config: [connect({ providerId: 'acme', connector: 'oauth/acme' })] })],
});

// The provider is one for each client of MCP, and is what the original is.
import type { OAuthClientProvider as AiSdkProvider } from '@ai-sdk/mcp';
import type { OAuthClientProvider as SecondProvider } from '@modelcontextprotocol/client';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { createMCPClient } from '@tanstack/ai-mcp';
import type * as original from '@vercel/connect/mcp';
import { type ConnectOAuthClientProvider, type ConsentChallenge, ConsentRequiredError, connectAuthProvider } from 'countersign/connect/mcp';
import { connectMCPTransport } from 'countersign/connect/tanstack-ai';

const provider = connectAuthProvider(
  'oauth/linear',
  { subject: { type: 'user', id: 'ada' } },
  { vercelToken: async () => 'x', region: 'iad1', forceRefresh: true },
);
export const first: OAuthClientProvider = provider;
export const second: SecondProvider = provider;
export const third: AiSdkProvider = provider;
export const theirs: original.ConnectOAuthClientProvider = provider;
export const options: original.ConnectAuthProviderOptions = { consent: 'eager', redirectUrl: 'https://acme.example' };
export const same: ConnectOAuthClientProvider = connectAuthProvider('a', { subject: { type: 'app' } }, options);
export const challenge: ConsentChallenge = new ConsentRequiredError({
  connector: 'a',
  subject: { type: 'app' },
  url: 'b',
  request: 'c',
  verifier: 'd',
});
export const client = createMCPClient({
  transport: connectMCPTransport({ type: 'http', url: 'https://mcp.example' }, 'a', { subject: { type: 'app' } }),
});
// @ts-expect-error there are two modes
connectAuthProvider('a', { subject: { type: 'app' } }, { consent: 'later' });

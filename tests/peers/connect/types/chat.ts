// Each fragment, spread into the factory of its adapter as the Chat SDK's pages have it.
import { createDiscordAdapter } from '@chat-adapter/discord';
import { createGitHubAdapter } from '@chat-adapter/github';
import { createLinearAdapter } from '@chat-adapter/linear';
import { createSlackAdapter } from '@chat-adapter/slack';
import { createTeamsAdapter } from '@chat-adapter/teams';
import { createTelegramAdapter } from '@chat-adapter/telegram';
import type * as original from '@vercel/connect/chat';
import {
  type ConnectWebhookVerifier,
  connectDiscordAdapter,
  connectGitHubAdapter,
  connectLinearAdapter,
  connectLinqAdapter,
  connectNotionAdapter,
  connectSendblueAdapter,
  connectSlackAdapter,
  connectTeamsAdapter,
  connectTelegramAdapter,
  createConnectWebhookVerifier,
} from 'countersign/connect/chat';

const webhook = { team: 'acme', ownerId: 'team_1', audience: 'https://vercel.com/acme' };

export const adapters = [
  createSlackAdapter({ ...connectSlackAdapter('slack/acme') }),
  // @ts-expect-error the token is a string
  createSlackAdapter({ ...connectSlackAdapter('slack/acme'), botToken: 7 }),
  // @ts-expect-error the verifier takes no such option
  createSlackAdapter({ ...connectSlackAdapter('slack/acme', {}, { webhook: { audeince: 'x' } }) }),
  createSlackAdapter({ webhookVerifier: createConnectWebhookVerifier(webhook), botToken: 'x' }),
  createGitHubAdapter({ ...connectGitHubAdapter('github/acme', { installationId: '1' }, { webhook }), userName: 'bot[bot]' }),
  createLinearAdapter({ ...connectLinearAdapter('linear/acme', {}, { webhook }), mode: 'agent-sessions' }),
  createDiscordAdapter({ ...connectDiscordAdapter('discord/acme', {}, { applicationId: '1', webhook }) }),
  createTeamsAdapter({ ...connectTeamsAdapter('microsoft-teams/acme', {}, { webhook }) }),
  createTelegramAdapter({ ...connectTelegramAdapter('telegram/acme') }),
];

// The adapters that are not on npm, or have other members than the published fragment: the types of that fragment.
export const published: {
  linq: original.ConnectLinqAdapterConfig;
  notion: original.ConnectNotionAdapterConfig;
  sendblue: original.ConnectSendblueAdapterConfig;
  verifier: original.ConnectWebhookVerifier;
} = {
  linq: connectLinqAdapter('linq/acme'),
  notion: connectNotionAdapter('notion/acme'),
  sendblue: connectSendblueAdapter('sendblue/acme', { fromNumber: async () => '+1' }),
  verifier: createConnectWebhookVerifier() satisfies ConnectWebhookVerifier,
};

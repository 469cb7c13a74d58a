// What Eve's own types demand, with the options of the original.
import type * as original from '@vercel/connect/eve';
import { type AuthFn, routeAuth } from 'eve/channels/auth';
import type { DiscordChannelCredentials } from 'eve/channels/discord';
import { githubChannel } from 'eve/channels/github';
import type { GitHubChannelCredentials } from 'eve/channels/github';
import type { LinearChannelCredentials } from 'eve/channels/linear';
import type { SlackChannelCredentials } from 'eve/channels/slack';
import type { TeamsChannelCredentials } from 'eve/channels/teams';
import { type AuthorizationDefinition, type InteractiveAuthorizationDefinition, defineMcpClientConnection } from 'eve/connections';
import * as ours from 'countersign/connect/eve';

export const connection = defineMcpClientConnection({
  url: 'https://mcp.linear.app/mcp',
  description: 'Linear',
  auth: ours.connect('oauth/linear'),
});
export const app = defineMcpClientConnection({
  url: 'https://mcp.linear.app/mcp',
  description: 'Linear',
  auth: ours.connect({ connector: 'a', principalType: 'app' }),
});
export const interactive: InteractiveAuthorizationDefinition = ours.connect({ connector: 'a', instructions: 'x' });
declare const theirOptions: original.EveAuthorizationOptions;
export const either: AuthorizationDefinition = ours.connect(theirOptions);
export const auths: AuthFn<Request>[] = [
  ours.vercelOidc({ team: 'acme', environment: 'qa' }),
  ours.connectOAuth({ connectors: ['slack/acme'] }),
];
export const routed = routeAuth(new Request('https://a.example'), auths);
declare const theirOAuthOptions: original.ConnectOAuthOptions;
ours.connectOAuth(theirOAuthOptions);
export const discord: DiscordChannelCredentials = ours.connectDiscordCredentials('a');
export const github: GitHubChannelCredentials = ours.connectGitHubCredentials(
  'a',
  { installationId: 'b' },
  { webhook: { ownerId: 'team_1' } },
);
export const channel = githubChannel({ credentials: github });
export const linear: LinearChannelCredentials = ours.connectLinearCredentials('a');
export const slack: SlackChannelCredentials = ours.connectSlackCredentials('a');
export const teams: TeamsChannelCredentials = ours.connectTeamsCredentials('a');
export const linq: original.ConnectLinqCredentials = ours.connectLinqCredentials('a');
export const sendblue: original.ConnectSendblueCredentials = ours.connectSendblueCredentials('a', { fromNumber: '+1' });
export const photon: original.ConnectPhotonCredentialProvider = ours.connectPhotonCredentials('a');
// @ts-expect-error an app has no user who could agree
ours.connect({ connector: 'a', principalType: 'app' }).startAuthorization;

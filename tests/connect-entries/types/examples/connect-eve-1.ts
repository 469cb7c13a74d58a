import { connectSlackCredentials, vercelOidc } from 'countersign/connect/eve';
import { eveChannel } from 'eve/channels/eve';
import { slackChannel } from 'eve/channels/slack';

export const slack = slackChannel({
  credentials: connectSlackCredentials('slack/acme-bot', {}, { webhook: { team: 'acme' } }),
});
export const api = eveChannel({ auth: [vercelOidc()] });

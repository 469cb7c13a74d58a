// Two sandboxes whose policies have an expired token, the cron job that gives them a fresh one, and the program inside, which calls the gateway.

import { startAgents } from '../agents.mjs';
import { requireFromApp } from '../local.mjs';

const SECRET = 'demo';
const CALLERS = [
  ['a stranger', 'guess', 401],
  ['the cron job', SECRET, 200],
  ['it again', SECRET, 200],
];

export async function refresh({ issuer, redis, token }) {
  // As Vercel hands it to each request.
  const headers = { 'x-vercel-oidc-token': token };
  const names = ['agent-1', 'agent-2'];
  const agents = await startAgents(issuer, names);
  const client = await requireFromApp('redis').createClient({ url: redis.url }).connect();
  const registry = requireFromApp('countersign/refresh').createRedisRegistry(client);
  for (const name of names) await registry.add(name);
  client.destroy();
  return {
    env: { CRON_SECRET: SECRET, COUNTERSIGN_SANDBOX_API: agents.api.url },
    async show({ call, row, expect }) {
      const program = async (when, status) => {
        const { statuses } = await agents.ask('agent-1');
        expect(statuses.every((found) => found === status));
        row(
          'a program in agent-1',
          when,
          statuses[0],
          status === 200 ? 'the firewall sets the fresh token on its requests to the gateway' : 'the gateway refuses the expired token',
        );
      };
      await program('before the refresh', 401);
      for (const [caller, secret, status] of CALLERS) {
        const response = await call('/api/cron/refresh', secret, { headers });
        expect(response.status === status);
        const { error, refreshed, skipped } = await response.json();
        row('/api/cron/refresh', caller, response.status, error ?? `${refreshed} policies have a fresh token, ${skipped.fresh} had one`);
      }
      await program('after it', 200);
      expect((await agents.ask('agent-1')).token === token);
    },
    stop: () => agents.stop(),
  };
}

// Two sandboxes whose tokens are about to expire, and the cron job that gives them fresh ones.

import { startAgents } from '../agents.mjs';

const SECRET = 'demo';
const CALLERS = [
  ['a stranger', 'guess', 401],
  ['the cron job', SECRET, 200],
  ['it again', SECRET, 200],
];

export async function refresh({ issuer, token }) {
  const agents = await startAgents(issuer, ['agent-1', 'agent-2']);
  return {
    env: { CRON_SECRET: SECRET, COUNTERSIGN_SANDBOXES: 'agent-1,agent-2', COUNTERSIGN_SANDBOX_API: agents.api.url },
    async show({ call, row, expect }) {
      for (const [caller, secret, status] of CALLERS) {
        const response = await call('/api/cron/refresh', secret);
        expect(response.status === status);
        const { error, refreshed, skipped } = await response.json();
        row('/api/cron/refresh', caller, response.status, error ?? `${refreshed} sandboxes have a fresh token, ${skipped.fresh} had one`);
      }
      // What the program inside was started with, before and after.
      expect((await agents.seen('agent-1', 2))[1] === token);
    },
    stop: () => agents.stop(),
  };
}

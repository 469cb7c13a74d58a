// The deployment's identity, traded through Vercel Connect: ten callers at once, one token billed.

import { createTestConnect, PROJECT_ID } from '../local.mjs';

const CONNECTOR = 'slack/acme-bot';

export async function connect({ issuer, token }) {
  const links = [{ projectId: PROJECT_ID, environments: ['production'] }];
  const service = createTestConnect({ issuer, connectors: [{ uid: CONNECTOR, type: 'slack', links }] });
  const server = await service.listen();
  return {
    env: { COUNTERSIGN_CONNECTOR: CONNECTOR, COUNTERSIGN_CONNECT_URL: server.url },
    async show({ call, row, expect }) {
      const [first] = await Promise.all(Array.from({ length: 10 }, () => call('/api/connect', token)));
      const { connector } = await first.json();
      expect(first.status === 200 && service.billed === 1);
      row(
        '/api/connect (Edge route)',
        '10 times at once',
        first.status,
        `traded for a token of ${connector?.uid}; billed: ${service.billed}`,
      );
    },
    stop: () => server.close(),
  };
}

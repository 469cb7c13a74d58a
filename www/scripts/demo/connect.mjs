// Vercel Connect: the deployment's identity traded by ten callers at once, with one token billed; and deliveries of a trigger.

import { createTestConnect, PROJECT_ID } from '../local.mjs';

const CONNECTOR = 'slack/acme-bot';

export async function connect({ issuer, token }) {
  const links = [{ projectId: PROJECT_ID, environments: ['production'] }];
  const triggerDestinations = [{ projectId: PROJECT_ID, path: '/api/hook' }];
  const service = createTestConnect({ issuer, connectors: [{ uid: CONNECTOR, type: 'slack', links, triggerDestinations }] });
  const server = await service.listen();
  return {
    env: { COUNTERSIGN_CONNECTOR: CONNECTOR, COUNTERSIGN_CONNECT_URL: server.url },
    async show({ call, row, expect, url }) {
      const [first] = await Promise.all(Array.from({ length: 10 }, () => call('/api/connect', token)));
      const { connector } = await first.json();
      expect(first.status === 200 && service.billed === 1);
      row(
        '/api/connect (Edge route)',
        '10 times at once',
        first.status,
        `traded for a token of ${connector?.uid}; billed: ${service.billed}`,
      );

      const body = { action: 'opened' };
      const deliver = async (more) => {
        const { response, token } = await service.deliver(CONNECTOR, { to: `${url}${triggerDestinations[0].path}`, body, ...more });
        return { status: response.status, text: await response.text(), token };
      };
      const taken = await deliver({});
      const deliveries = [
        ['a delivery', taken, 202, 'taken'],
        ['the same again', await deliver({ token: taken.token }), 401, 'it was taken before'],
        ['a forged one', await deliver({ forged: true }), 401, 'its signature is not Vercel’s'],
        ['one for a preview', await deliver({ environment: 'preview' }), 401, 'this deployment is production'],
      ];
      for (const [what, { status }, wanted, why] of deliveries) {
        expect(status === wanted);
        row('/api/hook', what, status, why);
      }
    },
    stop: () => server.close(),
  };
}

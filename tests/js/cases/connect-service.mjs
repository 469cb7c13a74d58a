// The Connect service for tests, through its own `fetch`.

/** A service with one connector, and calls to it by a project that may use it. */
export async function makeService(testing, options = {}) {
  const issuer = await testing.createTestIssuer();
  const links = [{ projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environments: ['production'] }];
  const connect = testing.createTestConnect({ issuer, connectors: [{ uid: 'slack/acme-bot', links, users: ['ada'] }], ...options });
  const ask = async (path, body, token) =>
    connect.fetch(`https://api.vercel.com/v1/connect/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token ?? (await issuer.mint())}` },
      ...(body && { body: JSON.stringify(body) }),
    });
  return { issuer, connect, ask };
}

const APP = { subject: { type: 'app' } };

export const cases = [
  {
    name: 'connect service: issues a token to a linked project, and to no other',
    async run({ testing, assert }) {
      const { issuer, connect, ask } = await makeService(testing);
      const response = await ask('token/slack%2Facme-bot', APP);
      assert.equal(response.status, 200);
      const { token } = await response.json();
      assert.equal(connect.introspect(token).environment, 'production');
      for (const [claims, status] of [
        [{ project_id: 'prj_other' }, 403],
        [{ environment: 'preview' }, 403],
        [{ owner_id: 'team_other' }, 401],
      ]) {
        assert.equal((await ask('token/slack%2Facme-bot', APP, await issuer.mint(claims))).status, status, JSON.stringify(claims));
      }
      assert.equal(connect.billed, 1);
    },
  },
  {
    name: 'connect service: goes wrong on demand',
    async run({ testing, assert }) {
      const { connect, ask } = await makeService(testing);
      connect.fail({ status: 429, retryAfter: 3 }, { cut: true, delayMs: 1 });
      const limited = await ask('connectors/slack%2Facme-bot');
      assert.equal(`${limited.status} ${limited.headers.get('retry-after')}`, '429 3');
      const cut = await ask('connectors/slack%2Facme-bot');
      const broken = await cut.text().then(
        () => false,
        () => true,
      );
      assert.ok(broken, 'the body is cut');
      assert.equal((await ask('connectors/slack%2Facme-bot')).status, 200);
    },
  },
  {
    name: 'connect service: answers for nobody else',
    async run({ testing, assert }) {
      const { connect } = await makeService(testing);
      for (const url of ['https://api.vercel.com.evil.example/', 'http://api.vercel.com/', 'https://oidc.vercel.com/']) {
        const refused = await connect.fetch(url).then(
          () => false,
          (thrown) => thrown instanceof TypeError,
        );
        assert.ok(refused, url);
      }
    },
  },
];

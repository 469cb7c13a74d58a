// Deliveries of Vercel Connect to a route, and events of MCP servers.

const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const TARGET = { projectId: PROJECT, environment: 'production' };

/** A service that delivers to a route of this project, and what the route handled. */
async function makeRoute({ connect, testing }, options = {}, handler = () => Response.json({ ok: true })) {
  const issuer = await testing.createTestIssuer();
  const links = [{ projectId: PROJECT, environments: ['production', 'preview'] }];
  const service = testing.createTestConnect({ issuer, connectors: [{ uid: 'slack/acme-bot', links }] });
  const handled = [];
  const to = connect.withConnectDelivery(
    async (request, delivery) => {
      handled.push(await request.json());
      return handler(delivery);
    },
    { ...TARGET, fetch: service.fetch, ...options },
  );
  const deliver = (delivery) => service.deliver('slack/acme-bot', { to, ...delivery });
  return { issuer, service, handled, deliver, to };
}

export const cases = [
  {
    name: 'deliveries: a good one is handled once, a replayed one is refused',
    async run(env) {
      const { handled, deliver } = await makeRoute(env);
      const { response, statuses, token } = await deliver({ body: { n: 1 } });
      env.assert.same(await response.json(), { ok: true });
      env.assert.same(statuses, [200]);
      env.assert.same((await deliver({ body: { n: 1 }, token })).statuses, [401]);
      env.assert.same((await deliver({ body: { n: 2 }, token })).statuses, [401]);
      env.assert.same(handled, [{ n: 1 }]);
    },
  },
  {
    name: 'deliveries: forged ones, and those of another team, environment or audience, are refused',
    async run(env) {
      const { handled, deliver } = await makeRoute(env, { team: 'acme' });
      const other = { iss: 'https://oidc.vercel.com/other', owner: 'other', owner_id: 'team_other', aud: 'https://vercel.com/other' };
      const bad = [
        { forged: true },
        { token: null },
        { environment: 'preview' },
        { projectId: 'prj_other' },
        { claims: other },
        { claims: { aud: 'https://third-party.example' } },
        { claims: { exp: undefined } },
        { mint: { expiresIn: -60 } },
        { mint: { header: { typ: 'at+jwt' } } },
      ];
      for (const delivery of bad) env.assert.same((await deliver(delivery)).statuses, [401], JSON.stringify(delivery));
      env.assert.same((await deliver({ method: 'GET' })).statuses, [405]);
      env.assert.equal(handled.length, 0);
    },
  },
  {
    name: 'deliveries: a failure is repeated with the same token until it is handled',
    async run(env) {
      let failures = 2;
      const { handled, deliver } = await makeRoute(env, {}, () => {
        failures -= 1;
        if (failures >= 0) throw new Error('not yet');
      });
      env.assert.same((await deliver({ body: { n: 1 }, delayMs: 1 })).statuses, [500, 500, 202]);
      env.assert.equal(handled.length, 3);
      failures = 9;
      env.assert.same((await deliver({ body: { n: 2 }, attempts: 2 })).statuses, [500, 500]);
    },
  },
  {
    name: 'deliveries: an outage of the keys is a 503, and the repetition is handled once they are back',
    async run(env) {
      const { service, handled, deliver } = await makeRoute(env);
      service.fail({ status: 500 });
      const { statuses, token } = await deliver({ body: { n: 1 } });
      env.assert.same(statuses, [503, 503, 503]);
      env.assert.equal(handled.length, 0);
      // Another instance, whose verifier has no back-off.
      const other = env.connect.withConnectDelivery(() => {}, { ...TARGET, fetch: service.fetch });
      env.assert.same((await service.deliver('slack/acme-bot', { to: other, token, body: { n: 1 } })).statuses, [202]);
    },
  },
  {
    name: 'deliveries: the verifier of an adapter binds a token to its body',
    async run({ connect, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const service = testing.createTestConnect({ issuer, connectors: [] });
      const verify = connect.createConnectWebhookVerifier({ ...TARGET, fetch: service.fetch });
      const request = new Request('https://acme.example', { method: 'POST', headers: { authorization: `bearer ${await issuer.mint()}` } });
      assert.equal(await verify(request, 'a'), true);
      assert.equal(await verify(request, new TextEncoder().encode('a')), true);
      assert.equal((await assert.rejects(verify(request, 'b'), 'ERR_DELIVERY_REFUSED')).reason, 'other_body');
      const bare = new Request('https://acme.example', { method: 'POST' });
      assert.equal((await assert.rejects(verify(bare, 'a'), 'ERR_DELIVERY_REFUSED')).reason, 'token_missing');
    },
  },
  {
    name: 'deliveries: the same functions are in both entries',
    run({ connect, connectChat, assert }) {
      for (const name of ['createConnectWebhookVerifier', 'withConnectDelivery', 'createMemoryReplayStore']) {
        assert.equal(connect[name], connectChat[name], name);
      }
    },
  },
  {
    name: 'deliveries: the service for tests says what it cannot deliver',
    async run(env) {
      const { assert, testing } = env;
      const { service, to } = await makeRoute(env);
      assert.option(await assert.rejects(service.deliver('slack/other', { to }), 'ERR_INVALID_OPTION'), 'connector');
      for (const [option, value] of [
        ['to', 7],
        ['attempts', 0],
        ['bdy', {}],
      ]) {
        assert.option(await assert.rejects(service.deliver('slack/acme-bot', { to, [option]: value }), 'ERR_INVALID_OPTION'), option);
      }
      const verifier = { verify: async () => ({}) };
      const foreign = testing.createTestConnect({ verifier, connectors: [] });
      assert.option(await assert.rejects(foreign.deliver('x', { to }), 'ERR_INVALID_OPTION'), 'verifier');
    },
  },
  {
    name: 'events: each answer of the receiver',
    async run({ connect, assert }) {
      const events = [];
      const errors = [];
      let outcome;
      let verify = () => {};
      const handle = connect.experimental_withConnectEvents(
        (event) => {
          events.push(event);
          return outcome();
        },
        { verify: (...args) => verify(...args), onError: (error) => errors.push(error.message), maxBodyBytes: 1000 },
      );
      let count = 0;
      const envelope = (more) => ({
        version: 1,
        deliveryId: `d${(count += 1)}`,
        subscriptionId: 's',
        source: { type: 'mcp', connectorId: 'c' },
        context: { a: 1 },
        ...more,
      });
      const send = (body, method = 'POST') =>
        handle(
          new Request('https://acme.example/events', {
            method,
            ...(method === 'POST' && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
          }),
        );
      const statusOf = async (...args) => (await send(...args)).status;

      outcome = () => {};
      const first = envelope({ event: { name: 'x' } });
      assert.equal(await statusOf(first), 202);
      assert.equal(await statusOf(first), 202, 'a repetition');
      assert.equal(events.length, 1);
      const { version: _, ...wanted } = first;
      assert.same(events[0], wanted);
      assert.equal(await statusOf(envelope({ control: { type: 'gap', cursor: 'z', truncated: true } })), 202);
      assert.same(events[1].control, { type: 'gap', cursor: 'z', truncated: true });
      assert.equal(await statusOf(envelope({ control: { type: 'terminated', error: { code: 1 } } })), 202);
      assert.same(events[2].control, { type: 'terminated', error: { code: 1 } });

      assert.equal(await statusOf(undefined, 'GET'), 405);
      assert.equal(await statusOf('x'.repeat(1001)), 413);
      const malformed = [
        '{',
        '[]',
        envelope({}),
        envelope({ version: 2, event: {} }),
        envelope({ deliveryId: '', event: {} }),
        envelope({ source: { type: 'x' }, event: {} }),
        envelope({ control: { type: 'other' } }),
        envelope({ event: {}, control: { type: 'gap' } }),
        envelope({ event: 7 }),
      ];
      for (const body of malformed) assert.equal(await statusOf(body), 400, JSON.stringify(body));

      outcome = () => 'ended';
      assert.equal(await statusOf(envelope({ event: {} })), 410);
      const failing = envelope({ event: {} });
      outcome = () => {
        throw new Error('the handler failed');
      };
      const failed = await send(failing);
      assert.equal(`${failed.status} ${failed.headers.get('retry-after')}`, '503 5');
      outcome = () => {};
      assert.equal(await statusOf(failing), 202, 'it is let through again');

      verify = () => {
        throw Object.assign(new Error('no'), { code: 'invalid_delivery' });
      };
      assert.equal(await statusOf(envelope({ event: {} })), 401);
      verify = () => {
        throw new Error('the keys cannot be had');
      };
      assert.equal(await statusOf(envelope({ event: {} })), 503);
      assert.same(errors, ['the handler failed', 'the keys cannot be had']);
      assert.option(
        assert.throws(() => connect.experimental_withConnectEvents(() => {}, {}), 'ERR_INVALID_OPTION'),
        'verify',
      );
    },
  },
];

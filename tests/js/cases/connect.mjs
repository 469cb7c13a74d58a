// Provider tokens from Vercel Connect, asked of the Connect service for tests.
import { makeService } from './connect-service.mjs';
import { later } from './clock.mjs';

const APP = { subject: { type: 'app' } };

/** A service, an identity that it knows, and the options of a call to it. */
async function setUp({ exchange, testing }, options) {
  exchange.clearCredentials();
  const { issuer, connect: service } = await makeService(testing, options);
  const vercelToken = await issuer.mint();
  return { issuer, service, as: (more) => ({ vercelToken, env: {}, fetch: service.fetch, ...more }) };
}

export const cases = [
  {
    name: 'connect: callers that ask for the same at the same time are billed once',
    async run(env) {
      const { service, as } = await setUp(env);
      service.fail({ delayMs: 20 });
      const calls = Array.from({ length: 50 }, () => env.connect.getToken('slack/acme-bot', APP, as()));
      const tokens = new Set(await Promise.all(calls));
      env.assert.equal(`${tokens.size} ${service.billed}`, '1 1');
      env.assert.ok(service.introspect([...tokens][0]), 'the token');
    },
  },
  {
    name: 'connect: another identity gets another token, or none',
    async run(env) {
      const { issuer, service, as } = await setUp(env);
      const token = await env.connect.getToken('slack/acme-bot', APP, as());
      const other = await env.connect.getToken('slack/acme-bot', APP, as({ vercelToken: await issuer.mint({ jti: 'other' }) }));
      env.assert.ok(other !== token, 'the other token');
      const stranger = as({ vercelToken: await issuer.mint({ project_id: 'prj_other' }) });
      const error = await env.assert.rejects(env.connect.getToken('slack/acme-bot', APP, stranger), 'ERR_EXCHANGE_REJECTED');
      env.assert.ok(error instanceof env.connect.ConnectError, 'the class');
      env.assert.equal(`${error.status} ${error.provider.code}`, '403 forbidden');
      env.assert.equal(service.billed, 2);
    },
  },
  {
    name: 'connect: a token is used until shortly before it expires',
    async run(env) {
      const { as } = await setUp(env);
      const token = await env.connect.getToken('slack/acme-bot', APP, as());
      await later(3000, async () => env.assert.equal(await env.connect.getToken('slack/acme-bot', APP, as()), token));
      await later(3575, async () => env.assert.ok((await env.connect.getToken('slack/acme-bot', APP, as())) !== token, 'another'));
    },
  },
  {
    name: 'connect: what was revoked is not handed out again',
    async run(env) {
      const { service, as } = await setUp(env);
      const ada = { subject: { type: 'user', id: 'ada' } };
      const [app, user] = [
        await env.connect.getToken('slack/acme-bot', APP, as()),
        await env.connect.getToken('slack/acme-bot', ada, as()),
      ];
      await env.connect.revokeToken('slack/acme-bot', ada, as());
      const refused = await env.assert.rejects(env.connect.getToken('slack/acme-bot', ada, as()), 'ERR_EXCHANGE_REJECTED');
      env.assert.equal(refused.name, 'UserAuthorizationRequiredError');
      env.assert.equal(service.introspect(user), undefined);
      env.assert.equal(await env.connect.getToken('slack/acme-bot', APP, as()), app);
    },
  },
  {
    name: 'connect: a user agrees, and has a token',
    async run(env) {
      const { service, as } = await setUp(env);
      const bob = { subject: { type: 'user', id: 'bob', issuer: 'https://acme.example' } };
      const { url, connector } = await env.connect.startAuthorization(
        'slack/acme-bot',
        bob,
        as({ callbackUrl: 'https://acme.example/done' }),
      );
      env.assert.equal(connector.uid, 'slack/acme-bot');
      await service.fetch(url, { redirect: 'manual' });
      env.assert.ok(service.introspect(await env.connect.getToken('slack/acme-bot', bob, as())), 'the token');
      const { vendor } = await env.connect.getConnectorMetadata('slack/acme-bot', as());
      env.assert.same(vendor, {});
    },
  },
  {
    name: 'connect: a token shows itself to nobody who prints it',
    async run(env) {
      const { as } = await setUp(env);
      const response = await env.connect.getTokenResponse('slack/acme-bot', APP, as());
      for (const text of [String(response), JSON.stringify(response)]) env.assert.ok(!text.includes(response.token), text);
      env.assert.equal({ ...response }.token, undefined, 'a copy');
    },
  },
  {
    name: 'connect: a region is a region, and no part of another host',
    async run(env) {
      const { as } = await setUp(env);
      const refused = env.connect.getToken('slack/acme-bot', APP, as({ region: 'evil.example/' }));
      env.assert.option(await env.assert.rejects(refused, 'ERR_INVALID_OPTION'), 'region');
    },
  },
];

// The entries of Vercel Connect for MCP clients, sign-in and Eve, in every runtime: no peer is there, and none is needed.
import { makeService } from './connect-service.mjs';

const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';

async function setUp({ exchange, testing }) {
  exchange.clearCredentials();
  const { issuer, connect: service } = await makeService(testing);
  const vercelToken = await issuer.mint();
  return { issuer, service, vercelToken, options: { vercelToken, env: {}, fetch: service.fetch } };
}

export const cases = [
  {
    name: 'connect/mcp: a provider has tokens, asks for consent, and evicts what was rejected',
    async run({ assert, connectAiSdk, connectMcp, connectTanstackAi, ...env }) {
      const { service, options } = await setUp(env);
      const user = (id) => ({ subject: { type: 'user', id } });
      const provider = connectMcp.connectAuthProvider('slack/acme-bot', user('ada'), options);
      const { access_token: first } = await provider.tokens();
      assert.equal(service.introspect(first).subject.id, 'ada');
      await assert.rejects(provider.redirectToAuthorization(), 'ERR_EXCHANGE_REJECTED');
      assert.ok((await provider.tokens()).access_token !== first, 'another token');
      const eager = connectAiSdk.connectAuthProvider('slack/acme-bot', user('bob'), { ...options, consent: 'eager' });
      const error = await assert.rejects(eager.tokens(), 'ERR_EXCHANGE_REJECTED');
      assert.equal(error.name, 'ConsentRequiredError');
      const consent = connectTanstackAi.getConsentChallenge(new Error('wrapped', { cause: error }));
      assert.ok(consent.verifier && !JSON.stringify([error, consent]).includes(consent.verifier), 'the verifier');
      await service.fetch(consent.url);
      assert.ok((await eager.tokens()).access_token, 'a token afterwards');
    },
  },
  {
    name: 'connect/betterauth, connect/authjs: codes and refresh tokens are used once',
    async run({ assert, connectAuthjs, connectBetterauth, ...env }) {
      const { service, vercelToken } = await setUp(env);
      const options = { connector: 'slack/acme-bot', getVercelOidcToken: async () => vercelToken, fetch: service.fetch };
      const provider = connectBetterauth.connect({ providerId: 'acme', ...options });
      // RFC 7636 appendix B.
      const [codeVerifier, challenge] = ['dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'];
      const redirectURI = 'https://acme.example/cb';
      const query = {
        client_id: provider.clientId,
        redirect_uri: redirectURI,
        response_type: 'code',
        scope: provider.scopes.join(' '),
        code_challenge: challenge,
        code_challenge_method: 'S256',
      };
      const { headers } = await service.fetch(`${provider.authorizationUrl}?${new URLSearchParams(query)}`, { redirect: 'manual' });
      const code = new URL(headers.get('location')).searchParams.get('code');
      const tokens = await provider.getToken({ code, redirectURI, codeVerifier });
      assert.equal((await provider.getUserInfo(tokens)).email, 'ada@example.com');
      const used = await assert.rejects(provider.getToken({ code, redirectURI, codeVerifier }), 'ERR_EXCHANGE_REJECTED');
      assert.equal(used.provider.code, 'invalid_grant');
      const renewed = await connectAuthjs.refreshConnectTokens({ ...options, refreshToken: tokens.refreshToken });
      assert.ok(renewed.access_token !== tokens.accessToken && renewed.expires_at > 0, 'renewed tokens');
      const again = await assert.rejects(
        connectAuthjs.refreshConnectTokens({ ...options, refreshToken: tokens.refreshToken }),
        'ERR_EXCHANGE_REJECTED',
      );
      assert.equal(again.provider.code, 'invalid_grant');
      const { authorization } = connectAuthjs.connect({ id: 'a', name: 'A', teamId: 'team_1', ...options });
      assert.equal(authorization.url, 'https://connect.vercel.com/oauth/authorize?teamId=team_1');
    },
  },
  {
    name: 'connect/eve: tokens of a connection, and callers of this environment only',
    async run({ assert, connectEve, ...env }) {
      const { issuer, options } = await setUp(env);
      const made = connectEve.connect({ connector: 'slack/acme-bot', connectOptions: options });
      const connection = { url: 'https://mcp.acme.example' };
      assert.ok((await made.getToken({ principal: { type: 'user', id: 'ada' }, connection })).token, 'a token');
      const refused = await assert.rejects(made.getToken({ principal: { type: 'user', id: 'bob' }, connection }), 'ERR_EXCHANGE_REJECTED');
      assert.equal(refused.name, 'ConnectionAuthorizationRequiredError');
      const fetch = async () => Response.json(issuer.jwks);
      const verify = connectEve.vercelOidc({ projectId: PROJECT, environment: 'production', env: {}, fetch });
      const request = async (claims) =>
        new Request('https://acme.example', { headers: { authorization: `Bearer ${await issuer.mint(claims)}` } });
      assert.equal((await verify(await request({}))).principalType, 'runtime');
      assert.equal(await verify(await request({ environment: 'preview' })), null);
    },
  },
];

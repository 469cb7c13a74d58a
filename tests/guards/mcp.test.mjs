// A server of the Model Context Protocol: the real handler, asked by the real client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createMcpHandler, withMcpAuth } from 'mcp-handler';
import { installPackage } from './package-under-test.mjs';

await installPackage();
const { createVerifier } = await import('countersign');
const { mcpTokenVerifier, protectedResource } = await import('countersign/guard');
const { createTestIssuer } = await import('countersign/testing');

const issuer = await createTestIssuer();
const {
  metadata,
  metadataUrl,
  handler: serveMetadata,
} = protectedResource({
  resource: 'https://app.example/api/mcp',
  authorizationServers: [issuer.issuer],
  scopes: ['read', 'write'],
});
const verifier = createVerifier({ issuer: issuer.issuer, audience: metadata.resource, jwks: issuer.jwks });
const handler = withMcpAuth(
  createMcpHandler((server) => {
    server.registerTool('whoami', { description: 'the client' }, (context) => {
      const { authInfo } = context.http ?? context;
      return { content: [{ type: 'text', text: `${authInfo.clientId} ${authInfo.extra.verified.claims.note} ${authInfo.scopes}` }] };
    });
  }),
  mcpTokenVerifier(verifier),
  { required: true, requiredScopes: ['read'], resourceUrl: 'https://app.example', resourceMetadataPath: new URL(metadataUrl).pathname },
);

const mint = (claims, options) =>
  issuer.mint({ aud: metadata.resource, scope: 'read', client_id: 'agent', note: 'me', ...claims }, options);

/** Calls the tool with the SDK's client; the statuses and challenges of the responses are noted. */
async function call(token) {
  const responses = [];
  const fetch = async (url, init) => {
    const response = await handler(new Request(url, init));
    responses.push([response.status, response.headers.get('www-authenticate')]);
    return response;
  };
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const client = new Client({ name: 'test', version: '1' });
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(metadata.resource), { fetch, requestInit: { headers } }));
    return { text: (await client.callTool({ name: 'whoami', arguments: {} })).content[0].text, responses };
  } catch (error) {
    return { error, responses };
  } finally {
    await client.close();
  }
}

test('a tool runs for a verified token, and gets it', async () => {
  const { text, error } = await call(await mint());
  assert.ifError(error);
  assert.equal(text, 'agent me read');
});

test('401 with the address of the metadata, which the client can read', async () => {
  const refused = {
    'no token': undefined,
    'an expired token': await mint({}, { expiresIn: -3600 }),
    'the token of another resource': await mint({ aud: 'https://other.example' }),
  };
  for (const [what, token] of Object.entries(refused)) {
    const [[status, challenge]] = (await call(token)).responses;
    assert.equal(status, 401, what);
    assert.ok(challenge.includes(`resource_metadata="${metadataUrl}"`), challenge);
  }
  assert.equal(metadataUrl, 'https://app.example/.well-known/oauth-protected-resource/api/mcp');
  assert.deepEqual(await serveMetadata().json(), {
    resource: 'https://app.example/api/mcp',
    authorization_servers: [issuer.issuer],
    scopes_supported: ['read', 'write'],
    bearer_methods_supported: ['header'],
  });
});

test('403 with the scope to ask for', async () => {
  const [[status, challenge]] = (await call(await mint({ scope: 'write' }))).responses;
  assert.equal(status, 403);
  assert.match(challenge, /error="insufficient_scope".*scope="read"/);
});

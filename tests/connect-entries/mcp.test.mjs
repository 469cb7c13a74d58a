// Clients of MCP with tokens of Connect, against a server that demands authorization and lies about where to get it.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createMCPClient as createAiSdkClient } from '@ai-sdk/mcp';
import { Client as SecondClient, StreamableHTTPClientTransport as SecondTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMCPClient as createTanStackClient } from '@tanstack/ai-mcp';
import { createWorld, endWorld, entry, listen } from './world.mjs';

const { ours, theirs } = await entry('mcp');
const { ours: tanstack, theirs: theirTanstack } = await entry('tanstack-ai');
const { ours: aiSdk, theirs: theirAiSdk } = await entry('ai-sdk');

const ADA = { subject: { type: 'user', id: 'ada' } };
const BOB = { subject: { type: 'user', id: 'bob' } };

let world;
let hostile;
let server;
/** The tokens that the MCP server refuses although they are live. */
let rejected;
/** The headers of refusals. */
let challenge;

beforeEach(async () => {
  world = await createWorld();
  hostile = await listen((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  rejected = new Set();
  challenge = () => `Bearer resource_metadata="${hostile.url}/metadata", scope="read"`;
  server = await listen(serveMcp);
});
afterEach(async () => {
  endWorld();
  await hostile.close();
  await server.close();
});

async function serveMcp(request, response) {
  const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  if (!world.connect.introspect(token) || rejected.has(token)) {
    return void response.writeHead(401, { 'www-authenticate': challenge(), 'content-type': 'text/plain' }).end('who are you?');
  }
  const mcp = new McpServer({ name: 'test', version: '1.0.0' });
  mcp.registerTool('whoami', { description: 'says whose token it was' }, () => ({
    content: [{ type: 'text', text: world.connect.introspect(token).subject.id }],
  }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on('close', () => void transport.close());
  await mcp.connect(transport);
  await transport.handleRequest(request, response);
}

/** Each client connects with a provider, calls the tool and says what it answered. */
const CLIENTS = {
  '@modelcontextprotocol/sdk': async (authProvider) => {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { authProvider }));
    const { content } = await client.callTool({ name: 'whoami' });
    await client.close();
    return content[0].text;
  },
  '@modelcontextprotocol/client': async (authProvider) => {
    const client = new SecondClient({ name: 'test', version: '1' });
    await client.connect(new SecondTransport(new URL(server.url), { authProvider }));
    const { content } = await client.callTool({ name: 'whoami' });
    await client.close();
    return content[0].text;
  },
  '@ai-sdk/mcp': async (authProvider) => {
    const client = await createAiSdkClient({ transport: { type: 'http', url: server.url, authProvider } });
    const { whoami } = await client.tools();
    const { content } = await whoami.execute({}, { toolCallId: 'a', messages: [] });
    await client.close();
    return content[0].text;
  },
};

for (const [name, run] of Object.entries(CLIENTS)) {
  describe(name, () => {
    test('a tool runs for a user who has agreed, with one billed token', async () => {
      assert.equal(await run(ours.connectAuthProvider('oauth/linear', ADA)), 'ada');
      assert.equal(world.connect.billed, 1);
      assert.deepEqual(hostile.hits, []);
    });

    test('a user who has not agreed is sent to Connect, and gets in afterwards; before that no request is sent to the server', async () => {
      const provider = ours.connectAuthProvider('oauth/linear', BOB, { consent: 'eager' });
      const error = await run(provider).then(assert.fail, (thrown) => thrown);
      const found = ours.getConsentChallenge(error);
      assert.equal(found?.connector, 'oauth/linear', inspect(error));
      assert.deepEqual([server.hits, hostile.hits], [[], []]);
      await agree(found.url);
      assert.equal(await run(provider), 'bob');
    });

    test('a hostile resource_metadata address is never fetched', async () => {
      const error = await run(ours.connectAuthProvider('oauth/linear', BOB)).then(assert.fail, (thrown) => thrown);
      // The AI SDK refuses a foreign address itself, before it asks the provider.
      if (name !== '@ai-sdk/mcp') assert.ok(ours.getConsentChallenge(error), inspect(error));
      assert.deepEqual(hostile.hits, []);
      assert.deepEqual(
        world.requests.filter(({ url }) => !url.startsWith('https://api.vercel.com/')),
        [],
      );
    });

    test('a rejected bearer evicts the cached token', async () => {
      challenge = () => 'Bearer';
      const provider = ours.connectAuthProvider('oauth/linear', ADA);
      const { access_token: first } = await provider.tokens();
      assert.equal((await provider.tokens()).access_token, first);
      rejected.add(first);
      const error = await run(provider).then(assert.fail, (thrown) => thrown);
      assert.ok(ours.getConsentChallenge(error), inspect(error));
      assert.equal(await run(provider), 'ada');
      assert.equal(world.connect.billed, 2);
    });
  });
}

const agree = async (url) => assert.equal((await world.connect.fetch(url)).status < 400, true);

test('an authorization server that the MCP server names is never fetched by the AI SDK', async () => {
  challenge = () => `Bearer resource_metadata="${server.url}/metadata"`;
  await server.close();
  server = await listen((request, response) => {
    if (request.url !== '/metadata') return serveMcp(request, response);
    const metadata = { resource: server.url, authorization_servers: [hostile.url] };
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata));
  });
  const outcome = async (api) => CLIENTS['@ai-sdk/mcp'](api.connectAuthProvider('oauth/linear', BOB)).then(assert.fail, (thrown) => thrown);
  assert.ok(ours.getConsentChallenge(await outcome(ours)));
  assert.deepEqual(hostile.hits, []);
  assert.equal(theirs.getConsentChallenge(await outcome(theirs)), undefined, 'the original has no consent here');
  assert.notDeepEqual(hostile.hits, [], 'and fetches from there');
});

test('a callback takes the place of the error in the mode transport, and comes before it in the mode eager', async () => {
  const called = [];
  const onConsentRequired = (consent) => void called.push(consent.url);
  const provider = ours.connectAuthProvider('oauth/linear', BOB, { onConsentRequired });
  const error = await CLIENTS['@modelcontextprotocol/sdk'](provider).then(assert.fail, (thrown) => thrown);
  assert.equal(error.name, 'Error', 'the error of the SDK: UnauthorizedError');
  assert.equal(ours.getConsentChallenge(error), undefined);
  assert.equal(called.length, 1);
  const eager = ours.connectAuthProvider('oauth/linear', BOB, { onConsentRequired, consent: 'eager' });
  await assert.rejects(eager.tokens(), ours.ConsentRequiredError);
  assert.equal(called.length, 2);
});

test('other refusals pass as they are: no_token has no consent', async () => {
  for (const [code, Class] of [
    ['no_token', ours.NoValidTokenError],
    ['connector_installation_required', ours.ConnectorInstallationRequiredError],
    ['forbidden', ours.ConnectError],
  ]) {
    world.connect.fail({ status: 422, code });
    await assert.rejects(ours.connectAuthProvider('oauth/linear', BOB, { consent: 'eager' }).tokens(), (error) => {
      assert.ok(error instanceof Class && !ours.isConsentRequiredError(error), inspect(error));
      return true;
    });
  }
});

test('region and forceRefresh are options here', async () => {
  const regional = ours.connectAuthProvider('oauth/linear', ADA, { region: 'fra1' });
  await regional.tokens();
  assert.equal(new URL(world.requests.at(-1).url).host, 'api-fra1.vercel.com');
  const fresh = ours.connectAuthProvider('oauth/linear', ADA, { forceRefresh: true });
  const [first, second] = [await fresh.tokens(), await fresh.tokens()];
  assert.notEqual(first.access_token, second.access_token);
  const consent = ours.connectAuthProvider('oauth/linear', BOB, { region: 'fra1', consent: 'eager', forceRefresh: true });
  await assert.rejects(consent.tokens(), ours.ConsentRequiredError);
  assert.equal(world.requests.at(-1).url, 'https://api-fra1.vercel.com/v1/connect/authorize/oauth%2Flinear');
});

describe('the verifier of ConsentRequiredError', () => {
  const challengeOf = (subject = BOB.subject) => ({
    connector: 'oauth/linear',
    subject,
    url: 'https://vercel.com/x',
    request: 'req_1',
    verifier: 'secret-verifier-0123456789',
    expiresAt: 7,
  });

  test('is not enumerable, not in JSON and not printed', async () => {
    const error = new ours.ConsentRequiredError(challengeOf());
    const found = ours.getConsentChallenge(new Error('wrapped', { cause: error }));
    assert.equal(error.verifier, 'secret-verifier-0123456789');
    assert.equal(found.verifier, 'secret-verifier-0123456789');
    assert.deepEqual(
      [error.connector, error.subject, error.url, error.request, error.expiresAt, error.name],
      ['oauth/linear', BOB.subject, 'https://vercel.com/x', 'req_1', 7, 'ConsentRequiredError'],
    );
    for (const value of [error, found]) {
      const printed = [
        JSON.stringify(value),
        String(value),
        inspect(value),
        inspect(value, { showHidden: true, getters: true, depth: 9 }),
        JSON.stringify({ ...value }),
        value.stack ?? '',
        value.message ?? '',
      ];
      for (const text of printed) assert.doesNotMatch(text, /secret-verifier/);
    }
    assert.match(inspect(error), /ConsentRequiredError: the user must agree first/);
    assert.match(JSON.stringify(new theirs.ConsentRequiredError(challengeOf())), /secret-verifier/, 'as the original has it');
  });

  test('a token that is the subject is a secret, too', () => {
    const error = new ours.ConsentRequiredError(challengeOf({ type: 'token', token: 'secret-subject-token' }));
    assert.equal(error.subject.token, 'secret-subject-token');
    for (const value of [error, ours.getConsentChallenge(error)]) {
      for (const text of [JSON.stringify(value), inspect(value, { showHidden: true, getters: true })])
        assert.doesNotMatch(text, /secret-subject/);
    }
  });

  test('is found behind sixteen errors, by name too, and not in a circle or in anything else', () => {
    const wrap = (error, times) => (times === 0 ? error : wrap(new Error('outer', { cause: error }), times - 1));
    const error = new ours.ConsentRequiredError(challengeOf());
    assert.ok(ours.getConsentChallenge(wrap(error, 15)));
    assert.equal(ours.getConsentChallenge(wrap(error, 16)), undefined);
    assert.equal(theirs.getConsentChallenge(wrap(error, 15)).verifier, error.verifier, 'the original recognizes it by name');
    assert.equal(ours.getConsentChallenge(wrap(new theirs.ConsentRequiredError(challengeOf()), 3)).verifier, error.verifier);
    assert.ok(ours.getConsentChallenge({ name: 'ConsentRequiredError', ...challengeOf() }));
    const circle = new Error('circle');
    circle.cause = circle;
    for (const other of [circle, undefined, null, 'x', 7, {}, { name: 'ConsentRequiredError', url: 'x' }, new Error('x')])
      assert.equal(ours.getConsentChallenge(other), undefined);
    assert.ok(ours.isConsentRequiredError(error) && !ours.isConsentRequiredError(wrap(error, 1)));
  });
});

describe('beside the original', () => {
  /** What a call sends to Vercel and what comes of it, without what differs from call to call. */
  async function outcome(api, call) {
    world.requests.length = 0;
    const result = await call(api).then(
      (value) => ({ value }),
      (error) => ({ error: error.name }),
    );
    const requests = world.requests.map(({ method, url, headers, body }) => ({
      method,
      url,
      body: JSON.parse(body),
      authorization: headers.authorization,
      type: headers['content-type'],
      accept: headers.accept,
    }));
    const plain = JSON.parse(
      JSON.stringify(result, (name, value) =>
        name === 'access_token' ? typeof value : name === 'expires_in' ? value > 3500 && value <= 3600 : value,
      ) ?? 'null',
    );
    return { requests, result: plain };
  }

  const token = 'opaque-access-token';
  const scripted = () => {
    world.answers.push(Response.json({ token: 't', expiresAt: Date.now() + 3_600_000, connector: {} }));
  };
  const required = () => {
    world.answers.push(Response.json({ error: { code: 'user_authorization_required', message: 'm' } }, { status: 422 }));
    world.answers.push(Response.json({ request: 'r', verifier: 'v', url: 'https://vercel.com/x', expiresAt: 9 }));
  };
  const make = (api, params, options) => api.connectAuthProvider('oauth/linear', params, options);
  const CASES = {
    tokens: [scripted, (api) => make(api, { ...ADA, scopes: ['a'] }, { vercelToken: token }).tokens()],
    'tokens with a function': [scripted, (api) => make(api, { ...ADA, scopes: ['b'] }, { vercelToken: async () => token }).tokens()],
    validityBufferMs: [scripted, (api) => make(api, { ...ADA, scopes: ['c'], validityBufferMs: 60_000 }, { vercelToken: token }).tokens()],
    'no grant': [required, (api) => make(api, BOB, { vercelToken: token }).tokens()],
    'no grant, eager': [
      required,
      (api) =>
        make(api, BOB, { vercelToken: token, consent: 'eager', redirectUrl: 'https://acme.example/done', deviceCode: true }).tokens(),
    ],
    redirectToAuthorization: [
      () => (required(), world.answers.shift()),
      (api) =>
        make(api, { ...BOB, validityBufferMs: 5 }, { vercelToken: token, redirectUrl: 'http://localhost:3000' }).redirectToAuthorization(
          new URL('https://evil.example'),
        ),
    ],
    'a token that a transport cannot live on': [
      () => world.answers.push(Response.json({ token: 't', expiresAt: Date.now() + 400, connector: {} })),
      async (api) => (await make(api, { ...ADA, scopes: ['d'] }, { vercelToken: token }).tokens()).expires_in >= 1,
    ],
  };
  for (const [name, [prepare, call]] of Object.entries(CASES)) {
    test(name, async () => {
      prepare();
      const original = await outcome(theirs, call);
      world.answers.length = 0;
      prepare();
      assert.deepEqual(await outcome(ours, call), original);
      assert.ok(original.requests.length > 0);
    });
  }

  test('the members of a provider', async () => {
    for (const options of [undefined, {}, { redirectUrl: 'https://acme.example/done' }, { redirectUrl: '' }]) {
      const [a, b] = [make(ours, ADA, options), make(theirs, ADA, options)];
      for (const name of ['redirectUrl', 'clientMetadata']) assert.deepEqual(a[name], b[name], name);
      for (const name of ['clientInformation', 'discoveryState']) assert.deepEqual(a[name](), b[name](), name);
      for (const name of ['saveTokens', 'saveCodeVerifier', 'saveDiscoveryState']) assert.equal(a[name]({}), b[name]({}), name);
      assert.equal(await a.validateResourceURL('https://a.example'), await b.validateResourceURL('https://a.example'));
      assert.throws(() => a.codeVerifier());
      assert.throws(() => b.codeVerifier());
    }
  });

  test('every export', () => {
    for (const [mine, original] of [
      [ours, theirs],
      [aiSdk, theirAiSdk],
      [tanstack, theirTanstack],
    ]) {
      for (const [name, value] of Object.entries(original)) {
        assert.equal(typeof mine[name], typeof value, name);
        if (typeof value !== 'function') assert.deepEqual(mine[name], value, name);
      }
    }
  });
});

describe('connectMCPTransport', () => {
  test('makes the configuration that the original makes', async () => {
    for (const config of [
      { type: 'http', url: 'https://mcp.example', headers: { a: 'b' } },
      { type: 'sse', url: 'https://mcp.example' },
    ]) {
      for (const options of [undefined, { redirect: 'follow' }, { redirect: 'error', consent: 'transport' }]) {
        const calls = [];
        const fetch = async (input, init) => (calls.push([input, init]), new Response());
        const made = [tanstack, theirTanstack].map((api) => api.connectMCPTransport({ ...config, fetch }, 'oauth/linear', ADA, options));
        for (const { fetch } of made) await fetch('https://mcp.example', { method: 'POST', redirect: 'follow' });
        assert.deepEqual(calls[0], calls[1]);
        const [mine, original] = made.map(({ authProvider, fetch, ...rest }) => rest);
        assert.deepEqual(mine, original);
        assert.equal(made[0].fetch === fetch, made[1].fetch === fetch);
      }
    }
  });

  test('a tool runs in the client of TanStack, and a missing consent is raised before a request', async () => {
    const run = async (params) => {
      const client = await createTanStackClient({
        transport: tanstack.connectMCPTransport({ type: 'http', url: server.url }, 'oauth/linear', params),
      });
      const tools = await client.tools();
      await client.close();
      return tools.map(({ name }) => name);
    };
    assert.deepEqual(await run(ADA), ['whoami']);
    server.hits.length = 0;
    const error = await run(BOB).then(assert.fail, (thrown) => thrown);
    assert.ok(!(error instanceof tanstack.ConsentRequiredError), 'it is wrapped');
    assert.equal(tanstack.getConsentChallenge(error)?.connector, 'oauth/linear');
    assert.deepEqual(server.hits, []);
  });

  for (const type of ['http', 'sse']) {
    test(`a redirect of the server is not followed: ${type}`, async () => {
      await server.close();
      server = await listen((_, response) => response.writeHead(307, { location: `${hostile.url}/internal` }).end());
      const config = tanstack.connectMCPTransport({ type, url: server.url }, 'oauth/linear', ADA);
      await assert.rejects(createTanStackClient({ transport: config }));
      assert.ok(server.hits.length > 0);
      assert.deepEqual(hostile.hits, []);
    });
  }
});

test('an SSE transport raises the consent after the 401', async () => {
  const client = new Client({ name: 'test', version: '1' });
  const authProvider = ours.connectAuthProvider('oauth/linear', BOB);
  const error = await client.connect(new SSEClientTransport(new URL(server.url), { authProvider })).then(assert.fail, (thrown) => thrown);
  assert.ok(ours.getConsentChallenge(error), inspect(error));
  assert.deepEqual(hostile.hits, []);
});

test('options are named where they are wrong', async () => {
  const wrong = (call, option) => assert.throws(call, (error) => error.code === 'ERR_INVALID_OPTION' && error.option === option, option);
  for (const [option, value] of Object.entries({ consent: 'later', onConsentRequired: 'x', redirectUrl: 7, deviceCode: 'yes' })) {
    wrong(() => ours.connectAuthProvider('a', ADA, { [option]: value }), option);
  }
  wrong(() => tanstack.connectMCPTransport({ type: 'http', url: 'x' }, 'a', ADA, { redirect: 'manual' }), 'redirect');
  wrong(() => tanstack.connectMCPTransport({ type: 'ws', url: 'x' }, 'a', ADA), 'type');
  wrong(() => ours.connectAuthProvider('a', ADA, null), 'options');
  for (const [options, option] of [
    [{ regoin: 'x' }, 'regoin'],
    [{ vercelToken: () => 7 }, 'vercelToken'],
    [{ vercelToken: '' }, 'vercelToken'],
    [{ region: 'evil.example/' }, 'region'],
  ]) {
    await assert.rejects(
      ours.connectAuthProvider('a', ADA, options).tokens(),
      (error) => error.code === 'ERR_INVALID_OPTION' && error.option === option,
      option,
    );
  }
});

// Deliveries of Vercel Connect, beside `@vercel/connect` with the same tokens and the same keys: each defect of its verifier by name.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { before, beforeEach, describe, test } from 'node:test';
import * as original from '@vercel/connect/chat';
import { serveKeys } from './connect/original-keys.mjs';
import { importPackage } from './package-under-test.mjs';

const { connect, countersign, testing } = await importPackage('peers-connect-deliveries');

const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
const TEAM = 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3';
const TARGET = { projectId: PROJECT, environment: 'production' };
const BODY = '{"event":"message"}';

let issuer;
let fetcher;
before(async () => {
  issuer = await testing.createTestIssuer();
  serveKeys(() => issuer.jwks);
});
beforeEach(() => {
  fetcher = keysOf(issuer);
});

/** A fetch that answers for Vercel's keys; `down` breaks it, `requests` counts. */
function keysOf(source) {
  const answer = async (input) => {
    answer.requests += 1;
    assert.equal(String(input.url ?? input), 'https://oidc.vercel.com/.well-known/jwks');
    if (answer.down === true) throw new TypeError('fetch failed');
    if (answer.down) return new Response(null, { status: answer.down });
    return Response.json(source.jwks);
  };
  return Object.assign(answer, { requests: 0, down: false });
}

const post = (token, body = BODY) =>
  new Request('https://acme.example/hooks', {
    method: 'POST',
    body,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });

/** Whether a verifier takes a token: `true`, or the code of its error. */
const verdict = (verify, token, body = BODY) =>
  verify(post(token, body), body).then(
    (result) => result,
    (error) => error.code ?? error.message,
  );

const ours = (options = {}) => connect.createConnectWebhookVerifier({ ...TARGET, fetch: fetcher, ...options });
const theirs = (options = {}) => original.createConnectWebhookVerifier({ ...TARGET, ...options });

/** A route that counts what it handles, and what is reported of the others. */
function route(options = {}, handler = () => Response.json({ ok: true })) {
  const handled = [];
  const refusals = [];
  const onRefused = (refusal) => refusals.push(refusal);
  const handle = connect.withConnectDelivery(
    async (request, delivery, ...rest) => {
      handled.push(await request.text());
      return handler(request, delivery, ...rest);
    },
    { ...TARGET, fetch: fetcher, onRefused, ...options },
  );
  return Object.assign(handle, { handled, refusals });
}

describe('a good delivery', () => {
  test('passes both verifiers', async () => {
    const token = await issuer.mint();
    assert.equal(await verdict(theirs(), token), true);
    assert.equal(await verdict(ours(), token), true);
  });

  test('passes with every option, also those that pin the team', async () => {
    const pinned = { team: 'acme', ownerId: TEAM, audience: 'https://vercel.com/acme' };
    assert.equal(await verdict(ours(pinned), await issuer.mint()), true);
  });

  test('reaches the handler with its token, its body and the other arguments, and can be read there', async () => {
    let seen;
    const handle = route({}, (_request, delivery, ...rest) => {
      seen = [delivery.token.claims.project, new TextDecoder().decode(delivery.body), rest];
      return new Response('taken', { status: 201 });
    });
    const response = await handle(post(await issuer.mint()), { params: 1 }, 2);
    assert.equal(`${response.status} ${await response.text()}`, '201 taken');
    assert.deepEqual(seen, ['acme_website', BODY, [{ params: 1 }, 2]]);
    assert.deepEqual(handle.handled, [BODY]);
  });

  test('of a custom environment passes', async () => {
    assert.equal(await verdict(ours({ environment: 'qa' }), await issuer.mint({ environment: 'qa' })), true);
  });

  test('of a team whose project uses the shared issuer passes', async () => {
    const token = await issuer.mint({ iss: 'https://oidc.vercel.com' });
    assert.equal(await verdict(ours({ team: 'acme' }), token), true);
  });

  test('project and environment come from the deployment, `VERCEL_TARGET_ENV` before `VERCEL_ENV`', async () => {
    const env = { VERCEL_PROJECT_ID: PROJECT, VERCEL_ENV: 'preview', VERCEL_TARGET_ENV: 'qa' };
    const verify = connect.createConnectWebhookVerifier({ env, fetch: fetcher });
    assert.equal(await verdict(verify, await issuer.mint({ environment: 'qa' })), true);
    assert.equal(await verdict(verify, await issuer.mint({ environment: 'preview' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });
});

describe('defects of the published verifier', () => {
  /** Tokens that `@vercel/connect` accepts, with the claim that is refused here. */
  const ACCEPTED_THERE = [
    ['a token for a third party', { aud: 'https://third-party.example' }, {}, 'aud'],
    ['a token for a third party and the team', { aud: ['https://vercel.com/acme', 'https://third-party.example'] }, {}, 'aud'],
    [
      'a token of an audience exchange',
      { aud: 'https://vercel.com/acme', act: { aud: 'https://vercel.com/acme', iat: 1 }, jti: '1' },
      {},
      'act',
    ],
    ['no `exp`: accepted for ever', { exp: undefined }, {}, 'exp'],
    ['no `aud`', { aud: undefined }, {}, 'aud'],
    ['no `sub`', { sub: undefined }, {}, 'sub'],
    ['an issuer of another team', { iss: 'https://oidc.vercel.com/other' }, {}, 'iss'],
    ['an `aud` of another team', { aud: 'https://vercel.com/other' }, {}, 'aud'],
    ['a `sub` of another project', { sub: 'owner:acme:project:other:environment:production' }, {}, 'sub'],
    ['a `sub` of another environment', { sub: 'owner:acme:project:acme_website:environment:preview' }, {}, 'sub'],
    ['an access token by its header', {}, { header: { typ: 'at+jwt' } }, 'typ'],
    ['a token of Passport by its payload', { typ: 'passport' }, {}, 'typ'],
    ['an access token by its payload', { typ: 'at' }, {}, 'typ'],
  ];
  for (const [name, claims, mint, claim] of ACCEPTED_THERE) {
    test(name, async () => {
      const token = await issuer.mint(claims, mint);
      assert.equal(await verdict(theirs(), token), true, 'the published verifier accepts it');
      const error = await ours()(post(token), BODY).then(
        () => assert.fail('accepted'),
        (thrown) => thrown,
      );
      assert.ok(error instanceof countersign.CountersignError);
      assert.equal(`${error.code} ${error.claim}`, `ERR_JWT_CLAIM_VALIDATION_FAILED ${claim}`);
    });
  }

  test('the `owner_id` of another team with the same project: refused where the team is pinned', async () => {
    const token = await issuer.mint({ owner_id: 'team_other' });
    assert.equal(await verdict(theirs(), token), true);
    assert.equal(await verdict(ours({ ownerId: TEAM }), token), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });

  test('all claims of another team that agree: refused where the team is pinned, by its slug or its id', async () => {
    const other = { iss: 'https://oidc.vercel.com/other', owner: 'other', owner_id: 'team_other', aud: 'https://vercel.com/other' };
    const token = await issuer.mint(other);
    assert.equal(await verdict(theirs(), token), true);
    assert.equal(await verdict(ours({ team: 'acme' }), token), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    assert.equal(await verdict(ours({ ownerId: TEAM }), token), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });

  test('the same token again, with another body', async () => {
    const token = await issuer.mint();
    const there = theirs();
    assert.equal(await verdict(there, token), true);
    assert.equal(await verdict(there, token, '{"event":"forged"}'), true);
    const here = ours();
    assert.equal(await verdict(here, token), true);
    const error = await here(post(token, '{}'), '{}').catch((thrown) => thrown);
    assert.equal(`${error.code} ${error.reason}`, 'ERR_DELIVERY_REFUSED other_body');
    assert.equal(await verdict(here, token), true, 'the first body still passes');
  });

  test('expired by one second: accepted here within the tolerance of 5 s, and no later', async () => {
    assert.equal(await verdict(theirs(), await issuer.mint({}, { expiresIn: -1 })), 'ERR_JWT_EXPIRED');
    assert.equal(await verdict(ours(), await issuer.mint({}, { expiresIn: -1 })), true);
    assert.equal(await verdict(ours(), await issuer.mint({}, { expiresIn: -10 })), 'ERR_JWT_EXPIRED');
  });

  test('a project or an environment that is nowhere named fails before anything is fetched', async () => {
    const verify = connect.createConnectWebhookVerifier({ env: {}, fetch: fetcher });
    const error = await verify(post(await issuer.mint()), BODY).catch((thrown) => thrown);
    assert.equal(`${error.code} ${error.option} ${fetcher.requests}`, 'ERR_INVALID_OPTION projectId 0');
  });

  test('`*` with an audience alone accepts what any customer of Vercel can obtain: refused as an option', async () => {
    const token = await issuer.mint({ project_id: 'prj_another', owner_id: 'team_other', aud: 'hooks' });
    assert.equal(await verdict(theirs({ projectId: '*', audience: 'hooks' }), token), true);
    assert.throws(() => ours({ projectId: '*', audience: 'hooks' }), { code: 'ERR_INVALID_OPTION', option: 'projectId' });
  });

  test('an unknown `kid`: the keys are fetched again; within the cooldown it is an outage, not a refusal', async () => {
    const rotating = await testing.createTestIssuer();
    const keys = keysOf(rotating);
    const handle = route({ fetch: keys });
    assert.equal((await handle(post(await rotating.mint()))).status, 200);
    rotating.rotate();
    assert.equal((await handle(post(await rotating.mint()))).status, 200, 'a new key is found at once');
    assert.equal(keys.requests, 2);
    rotating.rotate();
    const response = await handle(post(await rotating.mint()));
    assert.equal(`${response.status} ${response.headers.get('retry-after')}`, '503 5');
    assert.equal(keys.requests, 2, 'the issuer is not flooded');
    // A key that the issuer was asked about in vain is refused.
    const stranger = await testing.createTestIssuer({ alg: 'RS256' });
    const cold = route();
    assert.equal((await cold(post(await issuer.mint()))).status, 200);
    assert.equal((await cold(post(await stranger.mint({}, { header: { kid: 'unknown' } })))).status, 401);
  });
});

describe('an outage is not a refusal', () => {
  for (const down of [true, 500, 503, 404]) {
    test(`503 with Retry-After where the keys cannot be had: ${down === true ? 'no connection' : down}`, async () => {
      const handle = route();
      const token = await issuer.mint();
      fetcher.down = down;
      const response = await handle(post(token));
      assert.equal(`${response.status} ${response.headers.get('retry-after')}`, '503 5');
      assert.deepEqual(handle.handled, []);
      assert.equal(handle.refusals[0].error, 'temporarily_unavailable');
    });
  }

  test('401 for a bad delivery, 405 for another method, 413 for a long body, each told to the hook', async () => {
    const handle = route({ maxBodyBytes: 100 });
    const statusOf = async (request) => (await handle(request)).status;
    assert.equal(await statusOf(post()), 401);
    assert.equal(await statusOf(post('nonsense')), 401);
    assert.equal(
      await statusOf(
        new Request('https://acme.example/hooks', { headers: { 'x-vercel-oidc-token': await issuer.mint() }, method: 'POST' }),
      ),
      401,
    );
    assert.equal(await statusOf(new Request('https://acme.example/hooks')), 405);
    assert.equal(await statusOf(post(await issuer.mint(), 'x'.repeat(101))), 413);
    assert.equal(await statusOf(post(await issuer.mint(), 'x'.repeat(100))), 200);
    assert.deepEqual(
      handle.refusals.map(({ status, error }) => `${status} ${error}`),
      ['401 unauthorized', '401 invalid_token', '401 unauthorized', '405 method_not_allowed', '413 body_too_large'],
    );
    assert.equal((await handle(new Request('https://acme.example/hooks'))).headers.get('allow'), 'POST');
  });

  test('a body without a length is cut off at the limit', async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(1000));
      },
    });
    const request = new Request('https://acme.example/hooks', {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { authorization: `Bearer ${await issuer.mint()}` },
    });
    assert.equal((await route({ maxBodyBytes: 10_000 })(request)).status, 413);
    assert.ok(sent < 30, `${sent} parts were read`);
  });

  test('nothing that is told or thrown holds the token or the body', async () => {
    const handle = route({ maxBodyBytes: 30 });
    const secret = 'secret-of-the-body';
    const tokens = [await issuer.mint({ aud: 'other' }), `${await issuer.mint()}x`, await issuer.mint(), 'aaaa.bbbb.cccc'];
    const answers = [];
    for (const token of tokens) answers.push(await (await handle(post(token, secret.repeat(2)))).text());
    const printed = [inspect(handle.refusals, { depth: null, showHidden: true }), JSON.stringify(handle.refusals), ...answers].join('\n');
    assert.equal(handle.refusals.length, tokens.length);
    for (const hidden of [secret, ...tokens.flatMap((token) => token.split('.'))]) assert.ok(!printed.includes(hidden), hidden);
  });

  test('what the handler throws is thrown on, and a hook that throws changes nothing', async () => {
    const failure = new Error('the handler failed');
    await assert.rejects(
      route({}, () => {
        throw failure;
      })(post(await issuer.mint())),
      failure,
    );
    const refusing = connect.withConnectDelivery(() => {}, {
      ...TARGET,
      fetch: fetcher,
      onRefused: () => {
        throw new Error('hook');
      },
    });
    assert.equal((await refusing(post())).status, 401);
  });

  test('a verifier inside the handler that lacks a variable is an error of the route, not a refusal', async () => {
    const inner = connect.createConnectWebhookVerifier({ env: {}, fetch: fetcher });
    const adapter = (request) =>
      inner(request, BODY).then(
        () => new Response(),
        () => new Response(null, { status: 401 }),
      );
    const handle = connect.withConnectDelivery(adapter, { ...TARGET, fetch: fetcher });
    await assert.rejects(handle(post(await issuer.mint())), { code: 'ERR_INVALID_OPTION', option: 'projectId' });
  });

  test('a verifier inside the handler that refuses is a refusal', async () => {
    const inner = ours({ team: 'other' });
    const adapter = (request) =>
      inner(request, BODY).then(
        () => new Response(),
        () => new Response(null, { status: 401 }),
      );
    const handle = connect.withConnectDelivery(adapter, { ...TARGET, fetch: fetcher });
    assert.equal((await handle(post(await issuer.mint()))).status, 401);
  });

  test('a handler without a response is answered for with 202; 404 and 410 stay as they are', async () => {
    for (const [response, status] of [
      [undefined, 202],
      [new Response(null, { status: 404 }), 404],
      [new Response(null, { status: 410 }), 410],
    ]) {
      assert.equal((await route({}, () => response)(post(await issuer.mint()))).status, status);
    }
  });

  test('keys that were fetched serve through an outage', async (context) => {
    context.mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const handle = route();
    assert.equal((await handle(post(await issuer.mint()))).status, 200);
    fetcher.down = true;
    context.mock.timers.tick(11 * 60_000);
    const old = await issuer.mint();
    assert.equal((await handle(post(old))).status, 200, 'after 11 minutes');
    assert.equal(fetcher.requests, 2, 'the issuer was tried');
    context.mock.timers.tick(24 * 3600_000);
    assert.equal((await handle(post(await issuer.mint()))).status, 503, 'after a day');
  });
});

describe('replays', () => {
  test('a delivery that was answered with success is refused, one that failed is let through again', async () => {
    let status = 500;
    const handle = route({}, () => new Response(null, { status }));
    const token = await issuer.mint();
    assert.equal((await handle(post(token))).status, 500);
    assert.equal((await handle(post(token))).status, 500);
    status = 204;
    assert.equal((await handle(post(token))).status, 204);
    assert.equal((await handle(post(token))).status, 401);
    assert.equal(handle.refusals.at(-1).cause.reason, 'replayed');
    assert.equal(handle.handled.length, 3);
  });

  test('another body is refused after a failure too', async () => {
    const handle = route({}, () => new Response(null, { status: 500 }));
    const token = await issuer.mint();
    await handle(post(token));
    assert.equal((await handle(post(token, '{}'))).status, 401);
    assert.equal(handle.refusals.at(-1).cause.reason, 'other_body');
  });

  test('what a handler throws lets the delivery through again', async () => {
    let fails = true;
    const handle = route({}, () => {
      if (fails) throw new Error('failed');
    });
    const token = await issuer.mint();
    await assert.rejects(handle(post(token)), /failed/);
    fails = false;
    assert.equal((await handle(post(token))).status, 202);
  });

  test('one at a time: while it is handled the same body gets 503, another body 401', async () => {
    let release;
    const gate = new Promise((resolve) => {
      release = resolve;
    });
    const handle = route({}, () => gate);
    const token = await issuer.mint();
    const first = handle(post(token));
    while (handle.handled.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await handle(post(token))).status, 503);
    assert.equal((await handle(post(token, '{}'))).status, 401);
    assert.deepEqual(
      handle.refusals.map(({ cause }) => cause.reason),
      ['in_progress', 'other_body'],
    );
    release();
    assert.equal((await first).status, 202);
    assert.equal((await handle(post(token))).status, 401);
    assert.equal(handle.handled.length, 1);
  });

  test('of many requests at once one is handled', async () => {
    const handle = route();
    const token = await issuer.mint();
    const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await handle(post(token))).status));
    assert.equal(statuses.filter((status) => status === 200).length, 1);
    assert.equal(handle.handled.length, 1);
  });

  test('the entry is named by the hash of the signing input, not of the whole token', async () => {
    const names = [];
    const memory = connect.createMemoryReplayStore();
    const replay = { ...memory, set: async (name, ...rest) => memory.set(name, ...rest, names.push(name)) };
    const token = await issuer.mint();
    await route({ replay })(post(token));
    const input = token.slice(0, token.lastIndexOf('.'));
    assert.deepEqual(new Set(names), new Set([`delivery.${createHash('sha256').update(input).digest('hex')}`]));
  });

  test('`replay: false` lets everything through that verifies', async () => {
    const handle = route({ replay: false });
    const token = await issuer.mint();
    for (const body of [BODY, BODY, '{}']) assert.equal((await handle(post(token, body))).status, 200);
  });

  test('a store that fails is an outage: 503, and its failure is reported', async () => {
    const reported = [];
    const memory = connect.createMemoryReplayStore();
    for (const operation of ['lease', 'get', 'set']) {
      const replay = {
        ...memory,
        [operation]: async () => {
          throw new Error('down');
        },
      };
      const handle = route({ replay, onStoreError: (error) => reported.push(error.operation) });
      const response = await handle(post(await issuer.mint()));
      assert.equal(`${response.status} ${response.headers.get('retry-after')}`, '503 5', operation);
      assert.deepEqual(handle.handled, []);
    }
    assert.deepEqual(reported, ['lease', 'get', 'set']);
  });

  test('the store sees hashes only', async () => {
    const seen = [];
    const memory = connect.createMemoryReplayStore();
    const spy =
      (name) =>
      async (...args) => {
        seen.push(JSON.stringify(args));
        return memory[name](...args);
      };
    const token = await issuer.mint();
    await route({ replay: { get: spy('get'), set: spy('set'), lease: spy('lease') } })(post(token));
    assert.ok(seen.length >= 4);
    for (const part of [BODY, ...token.split('.')]) assert.ok(!seen.join().includes(part));
  });

  test('memory is bounded: the oldest delivery is forgotten', async () => {
    const handle = route({ replay: connect.createMemoryReplayStore({ maxEntries: 2 }) });
    const tokens = [];
    for (const jti of ['1', '2', '3']) tokens.push(await issuer.mint({ jti }));
    for (const token of tokens) assert.equal((await handle(post(token))).status, 200);
    assert.equal((await handle(post(tokens[2]))).status, 401);
    assert.equal((await handle(post(tokens[0]))).status, 200, 'forgotten');
  });
});

describe('options', () => {
  test('wrong ones are refused by name', () => {
    const WRONG = {
      projectId: 'acme_website',
      environment: '',
      team: TEAM,
      ownerId: 'acme',
      audience: [],
      replay: {},
      maxBodyBytes: 0,
      fetch: 1,
      jwksStore: {},
      storeTimeout: 0,
      onStoreError: 1,
      env: 1,
    };
    for (const [option, value] of Object.entries(WRONG)) {
      assert.throws(
        () => connect.createConnectWebhookVerifier({ ...TARGET, [option]: value }),
        { code: 'ERR_INVALID_OPTION', option },
        option,
      );
      assert.throws(
        () => connect.withConnectDelivery(() => {}, { ...TARGET, [option]: value }),
        { code: 'ERR_INVALID_OPTION', option },
        option,
      );
    }
    assert.throws(() => connect.withConnectDelivery(() => {}, { ...TARGET, onRefused: 1 }), {
      code: 'ERR_INVALID_OPTION',
      option: 'onRefused',
    });
    assert.throws(() => connect.withConnectDelivery(TARGET), { code: 'ERR_INVALID_OPTION', option: 'handler' });
    assert.throws(() => connect.createConnectWebhookVerifier({ audeince: 'x' }), {
      code: 'ERR_INVALID_OPTION',
      message: /did you mean `audience`/,
    });
    assert.throws(() => connect.createMemoryReplayStore({ maxEntries: 0 }), { code: 'ERR_INVALID_OPTION', option: 'maxEntries' });
  });

  test('a request that is not one, and a body that was read, are errors of the caller', async () => {
    const handle = route();
    await assert.rejects(handle({}), { code: 'ERR_INVALID_OPTION', option: 'request' });
    const read = post(await issuer.mint());
    await read.text();
    await assert.rejects(handle(read), { code: 'ERR_INVALID_OPTION', option: 'request' });
    await assert.rejects(ours()(post(await issuer.mint()), undefined), { code: 'ERR_INVALID_OPTION', option: 'body' });
    await assert.rejects(ours()({}, ''), { code: 'ERR_INVALID_OPTION', option: 'request' });
  });

  test('verifiers with the same options and the runtime’s own fetch share their keys', async (context) => {
    const calls = context.mock.method(globalThis, 'fetch', fetcher);
    const shared = { ...TARGET, projectId: [PROJECT, 'prj_shared'] };
    for (let number = 0; number < 3; number += 1) {
      assert.equal(await verdict(connect.createConnectWebhookVerifier(shared), await issuer.mint()), true);
    }
    assert.equal(calls.mock.callCount(), 1);
  });
});

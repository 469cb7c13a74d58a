// What happens around fetching keys: answers of every kind, floods, outages, clocks that jump, and what is never fetched.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mock, test } from 'node:test';
import { KEYS, publicJwk } from '../keys.mjs';
import { CLAIMS, HEADER, ISSUER, JWKS, NOW, mint, setUp } from './setting.mjs';

const { verifierOf, outcome } = await setUp('peers-attacks-fetching');

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const JWKS_URL = 'https://keys.example/jwks';
const json = (value) => () => Response.json(value);
const offline = () => {
  throw new TypeError('fetch failed');
};

/** A fetch that answers by URL and keeps what it was asked for; `answers` may be changed on the way. */
function fetcher(answers) {
  const asked = [];
  const fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    asked.push(url);
    assert.equal(init?.redirect, 'manual');
    const answer = answers[url];
    if (!answer) throw new TypeError(`nothing is served at ${url}`);
    return answer(init);
  };
  return { fetch, asked };
}

/** Sets the clock, without touching timers; the test's end sets it right again. */
function clock(t, start = NOW * SECOND) {
  mock.timers.enable({ apis: ['Date'], now: start });
  t.after(() => mock.timers.reset());
  return { at: (milliseconds) => mock.timers.setTime(start + milliseconds) };
}

/** A server of the test's own on loopback. */
async function serve(t, handler) {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** JSON, or nearly, and no key set. */
const SET = JSON.stringify(JWKS);
const NO_KEY_SETS = [
  'null',
  '[]',
  '{}',
  '{"keys":{}}',
  '{"keys":[]}',
  '{"keys":null}',
  '"keys"',
  `[${SET}]`,
  `${SET}x`,
  SET.replace('{', '{"keys":[],'),
];

const at = { now: NOW };
const token = mint();

test('JWKS redirect, HTML, 204, wrong JSON: refused', async (t) => {
  const answers = {
    '/redirect': [302, { location: '/good' }, '', 'ERR_JWKS_FETCH_FAILED'],
    '/permanent': [308, { location: '/good' }, '', 'ERR_JWKS_FETCH_FAILED'],
    '/html': [200, { 'content-type': 'text/html' }, '<!doctype html><title>Sign in</title>', 'ERR_JWKS_INVALID'],
    '/no-content': [204, {}, undefined, 'ERR_JWKS_FETCH_FAILED'],
    '/empty': [200, {}, '', 'ERR_JWKS_INVALID'],
    '/not-found': [404, {}, JSON.stringify(JWKS), 'ERR_JWKS_FETCH_FAILED'],
    '/broken': [500, {}, JSON.stringify(JWKS), 'ERR_JWKS_FETCH_FAILED'],
    '/created': [201, {}, JSON.stringify(JWKS), 'ERR_JWKS_FETCH_FAILED'],
    ...Object.fromEntries(
      NO_KEY_SETS.map((body, number) => [`/json-${number}`, [200, { 'content-type': 'application/json' }, body, 'ERR_JWKS_INVALID']]),
    ),
  };
  const asked = [];
  const url = await serve(t, (request, response) => {
    asked.push(request.url);
    const [status, headers, body] = answers[request.url] ?? [200, {}, JSON.stringify(JWKS)];
    response.writeHead(status, headers).end(body);
  });
  for (const [path, [status, , body, code]] of Object.entries(answers)) {
    assert.equal(await outcome(verifierOf({ jwks: url + path }).verify(token, at)), code, `${path} ${status} ${body}`);
  }
  assert.equal(await outcome(verifierOf({ jwks: `${url}/good` }).verify(token, at)), 'accepted');
  const marked = { jwks: JWKS_URL, fetch: async () => new Response(`\ufeff${SET}`) };
  assert.equal(await outcome(verifierOf(marked).verify(token, at)), 'accepted', 'after a byte order mark');
  assert.deepEqual(
    asked.filter((path) => path === '/good'),
    ['/good'],
    'no redirect was followed',
  );
});

test('JWKS redirect, HTML, 204, wrong JSON: the old set is kept', async (t) => {
  const time = clock(t);
  const bad = [
    () => Response.redirect('https://evil.example/jwks', 302),
    () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    () => new Response(null, { status: 204 }),
    json({ keys: [] }),
    json({ keys: [publicJwk(KEYS['rsa-1024'][0], { kid: 'key-1' })] }),
    offline,
  ];
  for (const answer of bad) {
    time.at(0);
    const answers = { [JWKS_URL]: json(JWKS) };
    const { fetch, asked } = fetcher(answers);
    const verifier = verifierOf({ jwks: JWKS_URL, fetch });
    assert.equal(await outcome(verifier.verify(token, at)), 'accepted');
    answers[JWKS_URL] = answer;
    time.at(11 * MINUTE);
    assert.equal(await outcome(verifier.verify(token, at)), 'accepted');
    assert.equal(await outcome(() => verifier.verifySync(token, at)), 'accepted');
    assert.equal(asked.length, 2);
  }
});

test('JWKS 80 MB body / one byte a second: the body is given up on the way', async (t) => {
  const chunk = Buffer.alloc(64 << 10, ' ');
  let sent = 0;
  const gone = deferred();
  const url = await serve(t, async (_request, response) => {
    response.once('close', gone.resolve);
    response.writeHead(200, { 'content-type': 'application/json' });
    while (sent < 80 << 20 && !response.destroyed) {
      sent += chunk.length;
      if (!response.write(chunk)) await Promise.race([once(response, 'drain'), gone.promise]).catch(() => {});
    }
    response.end();
  });
  assert.equal(await outcome(verifierOf({ jwks: url }).verify(token, at)), 'ERR_JWKS_FETCH_FAILED');
  await gone.promise;
  // The rest is what lay in the buffers of the two ends.
  assert.ok(sent < 16 << 20, `${sent} bytes were taken before the connection was given up`);
});

test('JWKS of 512 KiB is read, one byte more is not', async () => {
  for (const [size, expected] of [
    [512 * 1024, 'accepted'],
    [512 * 1024 + 1, 'ERR_JWKS_FETCH_FAILED'],
  ]) {
    const body = JSON.stringify(JWKS).padEnd(size, ' ');
    const { fetch } = fetcher({ [JWKS_URL]: () => new Response(body) });
    assert.equal(await outcome(verifierOf({ jwks: JWKS_URL, fetch }).verify(token, at)), expected, String(size));
  }
});

test('JWKS 80 MB body / one byte a second: given up after 5 s', async (t) => {
  const body = JSON.stringify(JWKS);
  const gone = deferred();
  const url = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    let at = 0;
    const drip = setInterval(() => response.write(body[at++]), SECOND);
    response.once('close', () => gone.resolve(clearInterval(drip)));
  });
  const start = performance.now();
  assert.equal(await outcome(verifierOf({ jwks: url }).verify(token, at)), 'ERR_JWKS_TIMEOUT');
  const took = performance.now() - start;
  assert.ok(took > 4900 && took < 7500, `it took ${took.toFixed(0)} ms`);
  await gone.promise;
});

test('a fetch that never answers and heeds no signal: given up after 5 s', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const verifier = verifierOf({ jwks: JWKS_URL, fetch: () => new Promise(() => {}) });
  const pending = outcome(verifier.verify(token, at));
  mock.timers.tick(5001);
  assert.equal(await pending, 'ERR_JWKS_TIMEOUT');
});

test('a slow discovery document leaves less time for the keys: 5 s in all', async (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: NOW * SECOND });
  t.after(() => mock.timers.reset());
  const { fetch, asked } = fetcher({
    [`${ISSUER}/.well-known/openid-configuration`]: () =>
      new Promise((resolve) => setTimeout(() => resolve(Response.json({ issuer: ISSUER, jwks_uri: JWKS_URL })), 3 * SECOND)),
    [JWKS_URL]: () => new Promise(() => {}),
  });
  let settled = false;
  const pending = outcome(verifierOf({ jwks: undefined, fetch }).verify(token, at)).finally(() => (settled = true));
  // Timers are the test's own; what happens between them takes a few turns of the real loop.
  const pass = async (milliseconds) => {
    mock.timers.tick(milliseconds);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  };
  await pass(3 * SECOND);
  assert.equal(asked.at(-1), JWKS_URL);
  await pass(2 * SECOND - 1);
  assert.equal(settled, false);
  await pass(1);
  assert.equal(await pending, 'ERR_JWKS_TIMEOUT');
});

test('unknown-`kid` flood: at most one refetch in 5 s', async (t) => {
  const time = clock(t);
  const { fetch, asked } = fetcher({ [JWKS_URL]: json(JWKS) });
  const verifier = verifierOf({ jwks: JWKS_URL, fetch });
  await verifier.verify(token, at);
  assert.equal(asked.length, 1);
  const flood = async (round) => {
    const tokens = Array.from({ length: 500 }, (_, number) =>
      token.replace(
        /^[^.]+/,
        Buffer.from(JSON.stringify({ ...HEADER, alg: 'RS256', kid: `evil-${round}-${number}` })).toString('base64url'),
      ),
    );
    // Half of them one after the other, half at once.
    for (const evil of tokens.slice(250)) assert.equal(await outcome(verifier.verify(evil, at)), 'ERR_JWKS_NO_MATCHING_KEY');
    const outcomes = await Promise.all(tokens.slice(0, 250).map((evil) => outcome(verifier.verify(evil, at))));
    assert.deepEqual([...new Set(outcomes)], ['ERR_JWKS_NO_MATCHING_KEY']);
    assert.equal(await outcome(verifier.verify(token, at)), 'accepted');
  };
  await flood(1);
  assert.equal(asked.length, 2);
  time.at(4 * SECOND);
  await flood(2);
  assert.equal(asked.length, 2);
  time.at(6 * SECOND);
  await flood(3);
  assert.equal(asked.length, 3);
});

test('unknown-`kid` flood on a cold cache: two fetches at most', async () => {
  const { fetch, asked } = fetcher({ [JWKS_URL]: json(JWKS) });
  const verifier = verifierOf({ jwks: JWKS_URL, fetch });
  const evil = mint({}, { kid: 'evil' });
  const outcomes = await Promise.all(Array.from({ length: 1000 }, () => outcome(verifier.verify(evil, at))));
  assert.deepEqual([...new Set(outcomes)], ['ERR_JWKS_NO_MATCHING_KEY']);
  assert.ok(asked.length <= 2, `${asked.length} fetches`);
});

test('a key that came with a rotation is found by the first token that names it', async (t) => {
  const time = clock(t);
  const answers = { [JWKS_URL]: json(JWKS) };
  const { fetch, asked } = fetcher(answers);
  const verifier = verifierOf({ jwks: JWKS_URL, fetch });
  await verifier.verify(token, at);
  time.at(MINUTE);
  const next = mint({}, { kid: 'key-2' }, 'RS256', KEYS.rsa[1]);
  answers[JWKS_URL] = json({ keys: [...JWKS.keys, publicJwk(KEYS.rsa[1], { kid: 'key-2' })] });
  const outcomes = await Promise.all([next, token, next, token, next].map((each) => outcome(verifier.verify(each, at))));
  assert.deepEqual([...new Set(outcomes)], ['accepted']);
  assert.equal(asked.length, 2);
});

test('rotation under load: twenty keys come and go, and no good token is refused', async (t) => {
  const time = clock(t);
  const keys = [...KEYS.rsa, ...KEYS['rsa-3072'], ...KEYS['rsa-4096']];
  const keyOf = (round) => publicJwk(keys[round % keys.length], { kid: `key-${round}` });
  const tokenOf = (round) => mint({}, { kid: `key-${round}` }, 'RS256', keys[round % keys.length]);
  const answers = {};
  const { fetch, asked } = fetcher(answers);
  const slowly = (value) => async () => {
    await new Promise(setImmediate);
    return Response.json(value);
  };
  const verifier = verifierOf({ jwks: JWKS_URL, fetch });
  for (let round = 1; round <= 20; round += 1) {
    // The key before this one is published as long as its tokens may live.
    answers[JWKS_URL] = slowly({ keys: [keyOf(round - 1), keyOf(round)] });
    time.at(round * MINUTE);
    const tokens = [tokenOf(round - 1), tokenOf(round)];
    const outcomes = await Promise.all(Array.from({ length: 200 }, (_, number) => outcome(verifier.verify(tokens[number % 2], at))));
    assert.deepEqual([...new Set(outcomes)], ['accepted'], `round ${round}`);
    assert.equal(asked.length, round, 'one fetch a rotation');
  }
});

test('JWKS outage: backoff, and the last good set stays usable for 24 h', async (t) => {
  const time = clock(t);
  const answers = { [JWKS_URL]: json(JWKS) };
  const { fetch, asked } = fetcher(answers);
  const verifier = verifierOf({ jwks: JWKS_URL, fetch });
  assert.equal(await outcome(verifier.verify(token, at)), 'accepted');
  answers[JWKS_URL] = offline;
  // A verification every second for ten minutes: every one succeeds, and few of them ask.
  for (let second = 0; second < 600; second += 1) {
    time.at(10 * MINUTE + second * SECOND);
    assert.equal(await outcome(verifier.verify(token, at)), 'accepted');
  }
  assert.ok(asked.length - 1 <= 26, `${asked.length - 1} fetches in ten minutes of outage`);
  time.at(24 * HOUR);
  assert.equal(await outcome(verifier.verify(token, at)), 'accepted');
  time.at(24 * HOUR + SECOND);
  assert.equal(await outcome(() => verifier.verifySync(token, at)), 'ERR_JWKS_NOT_LOADED');
  time.at(25 * HOUR);
  assert.equal(await outcome(verifier.verify(token, at)), 'ERR_JWKS_FETCH_FAILED');
  answers[JWKS_URL] = json(JWKS);
  time.at(25 * HOUR + MINUTE);
  assert.equal(await outcome(verifier.verify(token, at)), 'accepted');
});

test('JWKS outage on a cold cache: backoff, a retryable error, and one fetch for all that wait', async (t) => {
  const time = clock(t);
  const answers = { [JWKS_URL]: offline };
  const { fetch, asked } = fetcher(answers);
  const verifier = verifierOf({ jwks: JWKS_URL, fetch });
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => outcome(verifier.verify(token, at))));
  assert.deepEqual([...new Set(outcomes)], ['ERR_JWKS_FETCH_FAILED']);
  assert.equal(asked.length, 1);
  await assert.rejects(verifier.verify(token, at), { retryable: true });
  assert.equal(asked.length, 1, 'within the back-off nothing is asked');
  answers[JWKS_URL] = json(JWKS);
  time.at(31 * SECOND);
  assert.equal(await outcome(verifier.verify(token, at)), 'accepted');
});

test('JWKS thundering herd: 10,000 verifies on a cold cache', async () => {
  const discovery = `${ISSUER}/.well-known/openid-configuration`;
  const slow = (value) => async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return Response.json(value);
  };
  const direct = fetcher({ [JWKS_URL]: slow(JWKS) });
  const discovered = fetcher({ [discovery]: slow({ issuer: ISSUER, jwks_uri: JWKS_URL }), [JWKS_URL]: slow(JWKS) });
  for (const [{ fetch, asked }, jwks, expected] of [
    [direct, JWKS_URL, [JWKS_URL]],
    [discovered, undefined, [discovery, JWKS_URL]],
  ]) {
    const verifier = verifierOf({ jwks, fetch });
    const outcomes = await Promise.all(Array.from({ length: 10_000 }, () => outcome(verifier.verify(token, at))));
    assert.equal(outcomes.filter((each) => each === 'accepted').length, 10_000);
    assert.deepEqual(asked, expected);
  }
});

test('SSRF through `iss`; `jwk`, `jku`, `x5u`, `x5c` headers', async () => {
  const evil = 'https://evil.example';
  const { fetch, asked } = fetcher({
    [`${ISSUER}/.well-known/openid-configuration`]: json({ issuer: ISSUER, jwks_uri: JWKS_URL }),
    [JWKS_URL]: json(JWKS),
  });
  const verifier = verifierOf({ jwks: undefined, fetch });
  const attacker = KEYS.rsa[1];
  const own = publicJwk(attacker, { kid: 'key-1' });
  const claims = [
    { iss: evil },
    { iss: `${ISSUER}@evil.example` },
    { iss: 'http://169.254.169.254/latest/meta-data' },
    { iss: 'file:///etc/passwd' },
    { iss: `${ISSUER}/../evil` },
    {},
  ];
  const headers = [
    { jwk: own },
    { jku: `${evil}/jwks` },
    { x5u: `${evil}/x5u` },
    { x5c: ['MIIC'] },
    { jku: JWKS_URL, jwk: own, kid: `${evil}/kid` },
    {},
  ];
  for (const claim of claims) {
    for (const header of headers) assert.notEqual(await outcome(verifier.verify(mint(claim, header, 'RS256', attacker), at)), 'accepted');
  }
  // What is ignored does no harm either.
  assert.equal(await outcome(verifier.verify(mint({}, { jku: `${evil}/jwks`, jwk: own, x5u: evil, x5c: ['MIIC'] }), at)), 'accepted');
  assert.deepEqual(new Set(asked), new Set([`${ISSUER}/.well-known/openid-configuration`, JWKS_URL]));
});

test('SSRF through configuration and discovery: https, no userinfo, query or fragment; the same `issuer`', async () => {
  for (const issuer of [
    'http://issuer.example',
    'https://user@issuer.example',
    'https://issuer.example?x',
    'https://issuer.example#x',
    'ftp://issuer.example',
    'issuer.example',
    'file:///x',
    'http://127.0.0.1.evil.example',
  ]) {
    assert.equal(await outcome(async () => verifierOf({ issuer, jwks: undefined })), 'ERR_INVALID_OPTION', issuer);
  }
  for (const jwks of [
    'http://keys.example/jwks',
    'https://user:pw@keys.example/jwks',
    'https://keys.example/jwks#x',
    'data:application/json,{}',
    '/jwks',
    '',
  ]) {
    assert.equal(await outcome(async () => verifierOf({ jwks })), 'ERR_INVALID_OPTION', jwks);
  }
  const discovery = `${ISSUER}/.well-known/openid-configuration`;
  const documents = [
    { issuer: `${ISSUER}/`, jwks_uri: JWKS_URL },
    { issuer: 'https://evil.example', jwks_uri: JWKS_URL },
    { issuer: [ISSUER], jwks_uri: JWKS_URL },
    { jwks_uri: JWKS_URL },
    { issuer: ISSUER },
    { issuer: ISSUER, jwks_uri: 'http://keys.example/jwks' },
    { issuer: ISSUER, jwks_uri: 'http://127.0.0.1:9/jwks' },
    { issuer: ISSUER, jwks_uri: 'https://user@keys.example/jwks' },
    { issuer: ISSUER, jwks_uri: 'file:///etc/passwd' },
    { issuer: ISSUER, jwks_uri: [JWKS_URL] },
    [],
    null,
  ];
  for (const document of documents) {
    const { fetch, asked } = fetcher({ [discovery]: json(document), [JWKS_URL]: json(JWKS) });
    assert.equal(
      await outcome(verifierOf({ jwks: undefined, fetch }).verify(token, at)),
      'ERR_DISCOVERY_INVALID',
      JSON.stringify(document),
    );
    assert.deepEqual(asked, [discovery]);
  }
});

test('several issuers keep separate key sets', async () => {
  const other = 'https://other.example';
  const keys = { [ISSUER]: JWKS, [other]: { keys: [publicJwk(KEYS.rsa[1], { kid: 'key-1' })] } };
  const answers = Object.fromEntries(
    Object.entries(keys).flatMap(([issuer, jwks]) => [
      [`${issuer}/.well-known/openid-configuration`, json({ issuer, jwks_uri: `${issuer}/jwks` })],
      [`${issuer}/jwks`, json(jwks)],
    ]),
  );
  const { fetch } = fetcher(answers);
  const verifier = verifierOf({ issuer: [ISSUER, other], jwks: undefined, fetch });
  assert.equal(await outcome(verifier.verify(token, at)), 'accepted');
  assert.equal(await outcome(verifier.verify(mint({ iss: other }, {}, 'RS256', KEYS.rsa[1]), at)), 'accepted');
  // Each issuer's key signs for that issuer only.
  assert.equal(await outcome(verifier.verify(mint({ iss: other }), at)), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  assert.equal(await outcome(verifier.verify(mint({}, {}, 'RS256', KEYS.rsa[1]), at)), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
});

test('clock: host clock jumps back or forth', async (t) => {
  const time = clock(t);
  const answers = { [JWKS_URL]: json(JWKS) };
  const { fetch, asked } = fetcher(answers);
  const verifier = verifierOf({ jwks: JWKS_URL, fetch });
  // Where no option says otherwise.
  const tolerance = 5;
  const lifetime = {
    accepted: 'accepted',
    early: 'ERR_JWT_CLAIM_VALIDATION_FAILED nbf check_failed',
    expired: 'ERR_JWT_EXPIRED exp check_failed',
  };
  const expect = async (milliseconds, expected) => {
    time.at(milliseconds);
    assert.equal(await outcome(verifier.verify(token)), expected, `${milliseconds} ms`);
    assert.equal(await outcome(() => verifier.verifySync(token)), expected, `${milliseconds} ms, without a fetch`);
  };
  await expect(0, lifetime.accepted);
  for (const round of [1, 2, 3]) {
    await expect((CLAIMS.exp - NOW + tolerance) * SECOND, lifetime.expired);
    await expect(round * 365 * 24 * HOUR, lifetime.expired);
    await expect(-round * 365 * 24 * HOUR, lifetime.early);
    await expect((CLAIMS.nbf - NOW - tolerance) * SECOND - 1, lifetime.early);
    await expect((CLAIMS.exp - NOW + tolerance) * SECOND - 1, lifetime.accepted);
    await expect(0, lifetime.accepted);
  }
  // A clock that was set back must not make old keys fresh for as long: they are asked for again at once.
  const before = asked.length;
  answers[JWKS_URL] = offline;
  time.at(-HOUR);
  assert.equal(await outcome(verifier.verify(token, at)), 'accepted');
  assert.equal(asked.length, before + 1);
});

test('clock: an instant that is none', async () => {
  const verifier = verifierOf();
  for (const now of [NaN, Infinity, -Infinity, 1e300, 8.64e15, -1e15, '1760000000', {}, 1n, new Date()]) {
    assert.equal(await outcome(() => verifier.verifySync(token, { now })), 'ERR_INVALID_OPTION', String(now));
  }
});

test('a verifier that is disposed of while its keys are on the way', async () => {
  const late = deferred();
  const verifier = verifierOf({ jwks: JWKS_URL, fetch: () => late.promise });
  const pending = outcome(verifier.verify(token, at));
  verifier[Symbol.dispose]();
  late.resolve(Response.json(JWKS));
  assert.equal(await pending, 'ERR_INVALID_OPTION');
  const neighbour = verifierOf();
  assert.equal(await outcome(neighbour.verify(token, at)), 'accepted');
});

function deferred() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

// Secrets in errors, logs, `JSON.stringify`, `util.inspect`: whatever is printed, no part of a token and no key is in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { signTexts } from '../keys.mjs';
import { HEADER, JWKS, NOW, SIGNER, mint, setUp } from './setting.mjs';

const { countersign, next, refresh, testing, verifierOf } = await setUp('peers-attacks-secrets');

/** Of all tests here. */
const ROW = 'secrets in errors, logs, `JSON.stringify`, `util.inspect`';

const WORD = 'hush-0b5c7f';
const at = { now: NOW };

/** Everything that a program may do to show a value. */
function shown(value) {
  const texts = [
    String(value),
    `${value?.message}`,
    `${value?.stack}`,
    JSON.stringify(value) ?? '',
    JSON.stringify({ ...value }),
    JSON.stringify(Object.getOwnPropertyNames(Object(value)).map((name) => value[name])),
    inspect(value),
    // `getters` asks an error for `found` by its name.
    inspect({ value }, { showHidden: true, depth: null, getters: !(value instanceof Error), showProxy: true, maxStringLength: null }),
    // Not with `getters` too: that asks for the value by its name.
    inspect(value, { showHidden: true, depth: null, customInspect: false, maxStringLength: null }),
  ];
  return [...texts, ...(value?.cause === undefined ? [] : shown(value.cause))];
}

/** Fails where any of the secrets is shown; the message does not repeat it. */
function assertSilent(value, secrets, what) {
  for (const text of shown(value)) {
    for (const [index, secret] of secrets.entries()) assert.ok(!text.includes(secret), `${what}: secret ${index} is shown`);
  }
}

/** The parts of a token that nobody should read in a log, in pieces long enough to be no accident. */
const partsOf = (token) => [WORD, ...token.split('.').flatMap((part) => (part.length >= 24 ? [part.slice(0, 24), part.slice(-24)] : []))];

const CLAIMS_WITH_WORD = { sub: WORD, email: `${WORD}@acme.example` };

test(`${ROW}: errors of verification`, async () => {
  const good = mint(CLAIMS_WITH_WORD);
  const [header, payload, signature] = good.split('.');
  const withPayload = (text) => signTexts('RS256', SIGNER, JSON.stringify({ ...HEADER, alg: 'RS256' }), text);
  const tokens = {
    expired: mint({ ...CLAIMS_WITH_WORD, exp: NOW - 60 }),
    early: mint({ ...CLAIMS_WITH_WORD, nbf: NOW + 9 }),
    issuer: mint({ ...CLAIMS_WITH_WORD, iss: `https://${WORD}.example` }),
    audience: mint({ ...CLAIMS_WITH_WORD, aud: WORD }),
    'wrong type': mint({ ...CLAIMS_WITH_WORD, exp: WORD }),
    typ: mint(CLAIMS_WITH_WORD, { typ: WORD }),
    alg: mint(CLAIMS_WITH_WORD, { alg: WORD }),
    crit: mint(CLAIMS_WITH_WORD, { crit: [WORD], [WORD]: 1 }),
    signature: `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
    encoding: `${good}=`,
    shape: `${good}.${WORD}`,
    'not JSON': withPayload(`{"sub":"${WORD}",}`),
    duplicate: withPayload(`{"${WORD}":1,"${WORD}":"${WORD}"}`),
    'not a token': WORD,
    'too long': `${good}${WORD.repeat(4000)}`,
  };
  const verifier = verifierOf({ subject: 'somebody else' });
  for (const [what, token] of Object.entries({ ...tokens, subject: good })) {
    assert.throws(
      () => verifier.verifySync(token, at),
      (error) => (assertSilent(error, partsOf(token), what), true),
    );
    await assert.rejects(verifier.verify(token, at), (error) => (assertSilent(error, partsOf(token), what), true));
    try {
      countersign.decode(token);
    } catch (error) {
      assertSilent(error, partsOf(token), `decode, ${what}`);
    }
  }
});

test(`${ROW}: \`expected\` and \`found\` of a claim`, () => {
  for (const [options, claims, header, found] of [
    [{ claims: { roles: WORD } }, { roles: 'x' }, {}, 'x'],
    [{ claims: { roles: 'x' } }, { roles: [WORD] }, {}, [WORD]],
    [{ claims: { 'a.b': { allOf: [WORD, true] } } }, { a: { b: [WORD.toUpperCase()] } }, {}, [WORD.toUpperCase()]],
    [{ issuer: `https://${WORD}.example` }, { iss: `https://${WORD}.example/` }, {}, `https://${WORD}.example/`],
    [{ audience: WORD }, { aud: [`${WORD}/`] }, {}, [`${WORD}/`]],
    [{ typ: [WORD] }, {}, { typ: `${WORD}+jwt` }, `${WORD}+jwt`],
  ]) {
    assert.throws(
      () => verifierOf(options).verifySync(mint(claims, header), at),
      (error) => {
        assertSilent(error, [WORD, WORD.toUpperCase()], Object.keys(options)[0]);
        assert.deepEqual(error.found, found);
        return error.expected.length > 0;
      },
    );
  }
});

test(`${ROW}: errors of keys, options and fetching`, async () => {
  const secrets = [
    WORD,
    ...Object.values(SIGNER)
      .filter((member) => member.length > 24)
      .map((member) => member.slice(0, 24)),
  ];
  const privateSet = { keys: [{ ...SIGNER, kid: 'key-1', note: WORD }] };
  const made = {
    'a private key': () => verifierOf({ jwks: privateSet }),
    'a secret key': () => verifierOf({ jwks: { keys: [{ kty: 'oct', k: WORD }] } }),
    'an unknown option': () => verifierOf({ apiKey: WORD }),
    'an option of the wrong type': () => verifierOf({ clockTolerance: WORD }),
    'a URL with a password': () => verifierOf({ jwks: `https://user:${WORD}@keys.example/jwks` }),
    'an issuer with a password': () => verifierOf({ issuer: `https://user:${WORD}@issuer.example`, jwks: undefined }),
    'keys set later': () => verifierOf().setKeys(privateSet),
  };
  for (const [what, make] of Object.entries(made))
    assert.throws(make, (error) => (assertSilent(error, secrets, what), error instanceof countersign.CountersignError));

  const answers = {
    'a failure of the host': () => Promise.reject(new TypeError(`connect to ${WORD} failed`, { cause: new Error(WORD) })),
    'an error page': async () => new Response(WORD, { status: 500, statusText: WORD, headers: { 'x-note': WORD } }),
    'a redirect': async () => Response.redirect(`https://keys.example/${WORD}`, 302),
    'a body that is no key set': async () => new Response(`{"note":"${WORD}"`),
    'a private key set': async () => Response.json(privateSet),
  };
  for (const [what, fetch] of Object.entries(answers)) {
    const token = mint(CLAIMS_WITH_WORD);
    const verifier = verifierOf({ jwks: 'https://keys.example/jwks', fetch });
    await assert.rejects(
      verifier.verify(token, at),
      (error) => (assertSilent(error, [...secrets, ...partsOf(token)], what), error instanceof countersign.CountersignError),
    );
    await assert.rejects(verifier.loadKeys(), (error) => (assertSilent(error, secrets, what), true));
  }
});

test(`${ROW}: verifiers, before and after they have seen tokens`, () => {
  const token = mint(CLAIMS_WITH_WORD);
  const verifier = verifierOf({ jwks: JWKS });
  verifier.verifySync(token, at);
  assertSilent(verifier, partsOf(token), 'a verifier');
});

test(`${ROW}: bearer tokens`, async () => {
  const issuer = await testing.createTestIssuer();
  const token = await issuer.mint({ note: WORD });
  const sources = [
    { staticKey: `sk-${WORD}-${WORD}-${WORD}` },
    { env: { VERCEL_OIDC_TOKEN: token } },
    { request: { 'x-vercel-oidc-token': token } },
  ];
  for (const options of sources) {
    const bearer = await countersign.getBearerToken({ env: {}, ...options });
    const secrets = [...partsOf(bearer.value), bearer.value];
    assertSilent(bearer, secrets, bearer.source);
    assert.ok(!Object.keys(bearer).includes('value'));
    assertSilent({ ...bearer }, secrets, `${bearer.source}, spread`);
    assertSilent(Object.assign({}, bearer), secrets, `${bearer.source}, assigned`);
    assertSilent(structuredClone(bearer), secrets, `${bearer.source}, cloned`);
    assertSilent(await countersign.describeCredentials({ env: {}, ...options }), secrets, `${bearer.source}, described`);
  }
});

test(`${ROW}: errors of the credential chain`, async () => {
  const issuer = await testing.createTestIssuer();
  const expired = await issuer.mint({ note: WORD }, { expiresIn: -60 });
  const tokens = [expired, `${expired}x`, `${WORD}.${WORD}.${WORD}`, `Bearer ${expired}`, `${WORD} ${WORD}`, expired.replace('.', '..')];
  for (const token of tokens) {
    for (const options of [{ env: { VERCEL_OIDC_TOKEN: token } }, { env: {}, request: new Headers({ 'x-vercel-oidc-token': token }) }]) {
      await assert.rejects(
        countersign.getBearerToken(options),
        (error) => (assertSilent(error, partsOf(token), 'the chain'), error instanceof countersign.CountersignError),
      );
      assertSilent(await countersign.describeCredentials(options), partsOf(token), 'the description');
    }
  }
});

test(`${ROW}: what is handed to long-lived consumers, and what is said of them`, async () => {
  const issuer = await testing.createTestIssuer();
  const token = await issuer.mint({ note: WORD });
  const secrets = [...partsOf(token), token];
  const registry = refresh.createMemoryRegistry();
  for (const id of ['a', 'b']) await registry.add(id);
  const results = [];
  const write = ({ id }, given) => {
    assertSilent(given, secrets, 'a token for a writer');
    assertSilent({ ...given }, secrets, 'the same, spread');
    if (id === 'b') throw new Error(`PUT /?key=${given.value}: ${given.value.slice(40)}`, { cause: given.value });
  };
  const summary = await refresh.refreshAll(registry, write, { token: () => token, onResult: (result) => results.push(result) });
  assert.equal(summary.failed, 1);
  for (const value of [summary, results, registry]) assertSilent(value, secrets, 'a report');
  const errors = [];
  const schedule = refresh.scheduleRefresh(() => {}, { token: () => token, onError: (error) => errors.push(error) });
  await schedule.refresh();
  assertSilent(schedule, secrets, 'a schedule');
  schedule.stop();
  const dying = await issuer.mint({ note: WORD }, { expiresIn: 600 });
  const short = refresh.refreshAll(['a'], () => {}, { token: () => dying, minValidity: 1800 });
  await assert.rejects(
    short,
    (error) => (
      assertSilent(error, [...partsOf(dying), dying], 'a token that lives too short'), error.code === 'ERR_CREDENTIALS_NOT_FOUND'
    ),
  );
  assert.equal(errors.length, 0);
});

test(`${ROW}: answers of the guards`, async () => {
  const handler = next.withVerifiedToken(verifierOf(), () => new Response('ok'));
  const guard = next.guard(verifierOf());
  for (const token of [
    mint({ ...CLAIMS_WITH_WORD, exp: 1 }),
    mint({ ...CLAIMS_WITH_WORD, aud: WORD }),
    `${mint(CLAIMS_WITH_WORD)}=`,
    WORD,
  ]) {
    const request = () => new Request('https://app.example/', { headers: { authorization: `Bearer ${token}` } });
    for (const response of [await handler(request(), {}), await guard(request())]) {
      assert.ok([400, 401].includes(response.status));
      const text = `${await response.text()} ${JSON.stringify([...response.headers])}`;
      for (const part of partsOf(token)) assert.ok(!text.includes(part));
    }
  }
});

test(`${ROW}: keys of the test issuer`, async () => {
  const issuer = await testing.createTestIssuer();
  for (const value of [issuer, issuer.jwks]) assert.ok(shown(value).every((text) => !/"d"|\bd: '|"p"|\bqi\b/.test(text)));
});

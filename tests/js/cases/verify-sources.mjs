// Where a verifier has its keys from: stores, failed fetches and their causes, keys of the caller; what each function refuses.

import { later } from './clock.mjs';

const VERCEL = { team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' };
const PLAIN = { issuer: 'https://issuer.example', audience: null };
const DISPOSE = Symbol.dispose ?? Symbol.for('Symbol.dispose');

const offline = () => Promise.reject(Object.assign(new TypeError('offline'), { code: 'ECONNREFUSED' }));
const tooLarge = async () => new Response('x'.repeat(600_000));

/** A store in memory that counts its calls. */
function countingStore() {
  const kept = new Map();
  const store = {
    kept,
    gets: 0,
    get: async (key) => {
      store.gets += 1;
      return kept.get(key);
    },
    set: async (key, value) => void kept.set(key, value),
  };
  return store;
}

/** An issuer whose `fetch` can be replaced, and a maker of verifiers that use it. */
async function setUp({ countersign, testing }) {
  const issuer = await testing.createTestIssuer();
  const source = { issuer, fetches: 0, respond: issuer.fetch };
  const fetch = (...args) => {
    source.fetches += 1;
    return source.respond(...args);
  };
  source.make = (options = {}) => countersign.createVercelVerifier({ ...VERCEL, fetch, ...options });
  source.mint = (claims) => issuer.mint(claims, { expiresIn: 200_000 });
  return source;
}

export const cases = [
  {
    name: 'keys: an error has the cause of its own fetch, and none of an earlier one',
    async run(env) {
      const { assert } = env;
      const source = await setUp(env);
      const token = await source.mint();
      const verifier = source.make();
      const errorAfter = (seconds, respond) =>
        later(seconds, () => {
          source.respond = respond;
          return assert.rejects(verifier.verify(token), 'ERR_JWKS_FETCH_FAILED');
        });
      const first = await errorAfter(0, offline);
      const { value, ...rest } = Object.getOwnPropertyDescriptor(first, 'cause');
      assert.equal(value.code, 'ECONNREFUSED');
      assert.same(rest, { configurable: true, enumerable: false, writable: true });
      for (const [seconds, respond] of [
        [1_000, tooLarge],
        [2_000, async () => new Response('', { status: 502 })],
      ]) {
        const error = await errorAfter(seconds, respond);
        assert.ok(!Object.hasOwn(error, 'cause'), String(error.cause));
      }
    },
  },
  {
    name: 'keys: a token that no key fits has no cause, though the last fetch has failed',
    async run(env) {
      const { assert } = env;
      const source = await setUp(env);
      const verifier = source.make();
      const token = await source.mint();
      await verifier.verify(token);
      source.issuer.rotate();
      const rotated = await source.mint();
      source.respond = offline;
      const error = await assert.rejects(verifier.verify(rotated), 'ERR_JWKS_FETCH_FAILED');
      assert.equal(error.cause.code, 'ECONNREFUSED');
      const expired = await source.issuer.mint({}, { expiresIn: -1_000 });
      const other = await assert.rejects(verifier.verify(`${token}A`), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
      for (const thrown of [other, await assert.rejects(verifier.verify(expired), 'ERR_JWKS_FETCH_FAILED')])
        assert.equal(Object.hasOwn(thrown, 'cause'), thrown.code === 'ERR_JWKS_FETCH_FAILED');
    },
  },
  {
    name: 'jwksStore: without a store none is called, and none fails',
    async run(env) {
      const failures = [];
      const source = await setUp(env);
      await source.make({ onStoreError: (error) => failures.push(error.operation) }).verify(await source.mint());
      env.assert.same(failures, []);
    },
  },
  {
    name: 'jwksStore: a key that is not known is requested from the issuer, and not from the store',
    async run(env) {
      const source = await setUp(env);
      const jwksStore = countingStore();
      const verifier = source.make({ jwksStore });
      await verifier.verify(await source.mint());
      env.assert.equal(jwksStore.gets, 1);
      source.issuer.rotate();
      await verifier.verify(await source.mint());
      env.assert.same([jwksStore.gets, source.fetches], [1, 2]);
    },
  },
  {
    name: 'jwksStore: keys out of a store are renewed, and a token of a key that is gone is refused at once',
    async run(env) {
      const { assert } = env;
      const source = await setUp(env);
      const jwksStore = countingStore();
      const token = await source.mint();
      await source.make({ jwksStore }).verify(token);
      const verifier = source.make({ jwksStore });
      await verifier.verify(token);
      assert.equal(source.fetches, 1, 'the keys come out of the store');
      source.issuer.rotate();
      const rotated = await source.mint();
      let next;
      await later(700, async () => {
        await source.make({ jwksStore }).verify(rotated);
        assert.equal(source.fetches, 2, 'another instance renews the keys');
        await verifier.loadKeys();
        assert.equal(source.fetches, 2, 'this one takes them out of the store');
        assert.ok(verifier.verifySync(rotated));
        assert.throws(() => verifier.verifySync(token), 'ERR_JWKS_NO_MATCHING_KEY');
        source.issuer.rotate();
        next = await source.mint();
        assert.ok(await verifier.verify(next));
        assert.equal(source.fetches, 3, 'the request that the store made needless is over');
      });
      await later(1_400, async () => {
        assert.ok(await verifier.verify(next));
        assert.equal(source.fetches, 4, 'the keys are renewed');
      });
    },
  },
  {
    name: 'jwksStore: old keys out of a store are used while the issuer is down',
    async run(env) {
      const { assert } = env;
      const source = await setUp(env);
      const jwksStore = countingStore();
      const token = await source.mint();
      await source.make({ jwksStore }).verify(token);
      source.respond = offline;
      await later(2_000, async () => {
        const verifier = source.make({ jwksStore });
        assert.equal((await verifier.verify(token)).claims.owner, 'acme');
        assert.equal(source.fetches, 2, 'the issuer is asked first');
      });
    },
  },
  {
    name: 'cache: `verifySync` recalls a token whose keys should be renewed, and headers of one key are one object',
    async run(env) {
      const { assert } = env;
      const source = await setUp(env);
      const verifier = source.make();
      const [one, two] = [await source.mint({ jti: '1', nothing: null, list: [null, { a: [1] }] }), await source.mint({ jti: '2' })];
      const verified = await verifier.verify(one);
      assert.equal((await verifier.verify(two)).header, verified.header);
      await later(700, async () => assert.ok(verifier.verifySync(one) === verified, 'the same object'));
      const { list } = verified.claims;
      assert.equal(verified.claims.nothing, null);
      for (const part of [verified, verified.header, verified.claims, list, list[1], list[1].a]) assert.ok(Object.isFrozen(part), 'frozen');
    },
  },
  {
    name: 'cache: it has room for a million tokens at most',
    run({ countersign, assert }) {
      countersign.createVercelVerifier({ ...VERCEL, cache: { tokens: 1_000_000 } });
      const error = assert.throws(
        () => countersign.createVercelVerifier({ ...VERCEL, cache: { tokens: 1_000_001 } }),
        'ERR_INVALID_OPTION',
      );
      assert.equal(error.message, '`cache.tokens` must be a whole number from 0 to 1000000');
    },
  },
  {
    name: 'buffer: a token whose bytes exceed the limit is refused with both numbers, though its characters do not',
    run({ countersign, assert }) {
      // The second verifier allows as many bytes as the buffer of the first has room for.
      for (const maxTokenBytes of [1_000_000, 1_000_001]) {
        const verifier = countersign.createVercelVerifier({ ...VERCEL, jwks: 'https://keys.example/jwks', maxTokenBytes });
        const error = assert.throws(() => verifier.verifySync('é'.repeat(600_000)), 'ERR_JWS_INVALID');
        assert.equal(error.message, `the token is 1200000 bytes long, and \`maxTokenBytes\` allows ${maxTokenBytes}`);
      }
    },
  },
  {
    name: 'buffer: a token is encoded once, and not at all where it is longer than the limit',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint();
      const options = { ...VERCEL, jwks: issuer.jwks, maxTokenBytes: token.length, cache: { tokens: 0 } };
      const verifier = countersign.createVercelVerifier(options);
      verifier.verifySync(token);
      const { encode, encodeInto } = TextEncoder.prototype;
      const seen = [];
      TextEncoder.prototype.encode = function (text) {
        seen.push(`encode ${text.length}`);
        return encode.call(this, text);
      };
      TextEncoder.prototype.encodeInto = function (text, view) {
        seen.push(`encodeInto ${text.length}`);
        return encodeInto.call(this, text, view);
      };
      try {
        verifier.verifySync(token);
        assert.same(seen, [`encodeInto ${token.length}`]);
        assert.throws(() => verifier.verifySync(`${token}x`), 'ERR_JWS_INVALID');
        assert.equal(seen.length, 1);
      } finally {
        Object.assign(TextEncoder.prototype, { encode, encodeInto });
      }
    },
  },
  {
    name: 'buffer: a token exactly as long as the limit is read to its last character',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint();
      const refused = (maxTokenBytes, text) =>
        assert.throws(
          () => countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks, maxTokenBytes }).verifySync(text),
          'ERR_JWS_INVALID',
        ).message;
      const { length } = token;
      assert.ok(countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks, maxTokenBytes: length }).verifySync(token));
      assert.equal(refused(length - 1, token), `the token is ${length} bytes long, and \`maxTokenBytes\` allows ${length - 1}`);
      // The largest limit: an earlier case has not left a longer buffer.
      assert.match(refused(1_048_576, `${'x'.repeat(1_048_575)}\n`), /ends with a line break/);
    },
  },
  {
    name: 'describeKeys: keys of every algorithm are told',
    async run({ countersign, testing, assert }) {
      for (const alg of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) {
        const { jwks } = await testing.createTestIssuer({ alg });
        assert.same(
          countersign.describeKeys(jwks).map(({ algorithms }) => algorithms),
          [[alg]],
        );
      }
    },
  },
  {
    name: 'fetch: a code of Node.js or of TLS is shown, and nothing that only looks like one',
    async run(env) {
      const source = await setUp(env);
      const token = await source.mint();
      const codeFor = async (code) => {
        source.respond = () => Promise.reject(Object.assign(new Error('s3cret'), { code }));
        return (await env.assert.rejects(source.make().verify(token), 'ERR_JWKS_FETCH_FAILED')).cause.code;
      };
      for (const code of ['ECONNREFUSED', 'EAI_AGAIN', 'CERT_HAS_EXPIRED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UND_ERR_SOCKET', 'SSL_0'])
        env.assert.equal(await codeFor(code), code);
      for (const code of [
        'xECONNREFUSED',
        'ECONNREFUSED ',
        'E',
        'CERT',
        'cert_has_expired',
        'CERT_has_expired',
        '12_AB',
        'C_AB',
        'CERT_',
        'CERT_-A',
      ])
        env.assert.equal(await codeFor(code), undefined, code);
    },
  },
  {
    name: 'events: the time that a verification took is at most the time that has passed, and an error without a code is an internal one',
    async run(env) {
      const { assert } = env;
      const source = await setUp(env);
      const events = [];
      const verifier = source.make({ onEvent: (event) => events.push(event) });
      const token = await source.mint();
      const start = performance.now();
      await verifier.verify(token);
      verifier.verifySync(token);
      assert.throws(() => verifier.verifySync('x'), 'ERR_JWS_INVALID');
      const thrown = new RangeError('the caller');
      const throwing = Object.defineProperty({}, 'now', {
        enumerable: true,
        get() {
          throw thrown;
        },
      });
      assert.ok((await verifier.verify(token, throwing).catch((error) => error)) === thrown);
      const passed = performance.now() - start;
      await Promise.resolve();
      assert.same(
        events.map(({ type, code }) => [type, code]),
        [['key-fetch'], ['verified'], ['verified'], ['refused', 'ERR_JWS_INVALID'], ['refused', 'ERR_INTERNAL']].map(([type, code]) => [
          type,
          code,
        ]),
      );
      for (const { type, durationMs } of events) assert.ok(durationMs >= 0 && durationMs <= passed, `${type}: ${durationMs} of ${passed}`);
    },
  },
  {
    name: 'verifier: one whose options are a function loads its keys, and is disposed of before its first use or after',
    async run(env) {
      const { countersign, assert } = env;
      const source = await setUp(env);
      const lazy = () => countersign.createVercelVerifier(() => ({ ...VERCEL, fetch: source.respond }));
      const used = lazy();
      await used.loadKeys();
      const token = await source.mint();
      assert.ok(used.verifySync(token));
      const unused = lazy();
      for (const verifier of [used, unused]) {
        verifier[DISPOSE]();
        const error = assert.throws(() => verifier.verifySync(token), 'ERR_INVALID_OPTION');
        assert.equal(error.message, '`verifier` was disposed of and cannot be used any more');
        await assert.rejects(verifier.loadKeys(), 'ERR_INVALID_OPTION');
      }
    },
  },
  {
    name: 'spiffe: options may be a function, and the keys of the caller are a bundle too',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const keys = issuer.jwks.keys.map((key) => ({ ...key, use: 'jwt-svid' }));
      const options = { trustDomain: 'example.org', audience: 'api', bundle: { keys } };
      const token = await issuer.mint({ sub: 'spiffe://example.org/a', aud: 'api' }, { header: { typ: 'JWT' } });
      for (const given of [options, () => options]) assert.ok(countersign.createSpiffeVerifier(given).verifySync(token));
      const message = (wrong) =>
        assert.throws(() => countersign.createSpiffeVerifier({ ...options, ...wrong }), 'ERR_INVALID_OPTION').message;
      for (const name of ['jwks', 'fetch', 'jwksStore', 'storeTimeout', 'onStoreError'])
        assert.equal(message({ [name]: {} }), `\`${name}\` is not an option here: the keys are those of \`bundle\``);
      assert.equal(message({ bundle: undefined }), '`bundle` is required');
      assert.equal(message({ bundle: {} }), '`bundle` must be a SPIFFE bundle: a JWK Set with keys for `jwt-svid`');
      assert.equal(message({ bundle: { keys: [null, ...issuer.jwks.keys] } }), '`bundle` must have a key whose `use` is `jwt-svid`');
      const verifier = countersign.createSpiffeVerifier(options);
      const refused = assert.throws(() => verifier.setKeys(issuer.jwks), 'ERR_INVALID_OPTION');
      assert.equal(refused.message, '`jwks` must have a key whose `use` is `jwt-svid`');
      verifier.setKeys({ keys });
      assert.ok(verifier.verifySync(token));
    },
  },
  {
    name: 'access tokens: the claims of RFC 9068 are required, and those of the caller beside them',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer({ issuer: PLAIN.issuer });
      const options = { issuer: PLAIN.issuer, audience: 'api', jwks: issuer.jwks };
      const claims = { aud: 'api', sub: 'a', client_id: 'b', jti: 'c' };
      const mint = (more) => issuer.mint({ ...claims, ...more }, { header: { typ: 'at+jwt' } });
      const verifier = countersign.createAccessTokenVerifier(options);
      assert.ok(verifier.verifySync(await mint()));
      for (const name of ['sub', 'client_id', 'iat', 'jti']) {
        const token = await mint({ [name]: undefined });
        assert.throws(() => verifier.verifySync(token), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
      }
      const strict = countersign.createAccessTokenVerifier(() => ({ ...options, requiredClaims: ['tenant'] }));
      const [without, having] = [await mint(), await mint({ tenant: 't' })];
      assert.throws(() => strict.verifySync(without), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
      assert.ok(strict.verifySync(having));
    },
  },
  {
    name: 'verifier: every wrong option of the wrapper is refused in its own words',
    run({ countersign, assert }) {
      const jwks = '`jwks` must be a JSON Web Key Set, or the URL of one';
      const issuer = '`issuer` must be a string where it has no path, since a `URL` adds a slash';
      const cyclic = {};
      cyclic.circle = cyclic;
      for (const [maker, options, message] of [
        ['createAccessTokenVerifier', { typ: ['JWT'] }, '`typ` is always `at+jwt` here; `createVerifier` takes others'],
        ['createAccessTokenVerifier', { audience: null }, '`audience` must be a string or an array of strings, none of them empty'],
        [
          'createAccessTokenVerifier',
          { audience: 'a', requiredClaims: 'a' },
          '`requiredClaims` must be an array of strings that are not empty',
        ],
        ['createVerifier', { fetch: 7 }, '`fetch` must be a function'],
        ...[new Map(), new Set(), cyclic, () => {}, 1n].map((value) => ['createVerifier', { jwks: value }, jwks]),
        ['createVerifier', { issuer: new URL(PLAIN.issuer) }, issuer],
        ['createVerifier', { issuer: [new URL(PLAIN.issuer)] }, issuer],
      ]) {
        const error = assert.throws(() => countersign[maker]({ ...PLAIN, ...options }), 'ERR_INVALID_OPTION');
        assert.equal(error.message, message);
      }
      // The core names what is wrong with these.
      for (const end of ['?a', '#a']) {
        const error = assert.throws(
          () => countersign.createVerifier({ ...PLAIN, issuer: new URL(`${PLAIN.issuer}/${end}`) }),
          'ERR_INVALID_OPTION',
        );
        assert.ok(error.message !== issuer, end);
      }
      countersign.createVerifier({ ...PLAIN, issuer: new URL(`${PLAIN.issuer}/a`) });
      countersign.createVerifier({ ...PLAIN, jwks: new URL('https://keys.example/jwks') });
      const verifier = countersign.createVerifier(PLAIN);
      const messages = [undefined, Symbol('x'), 7, [], 'x'].map(
        (value) => assert.throws(() => verifier.setKeys(value), 'ERR_JWKS_INVALID').message,
      );
      assert.equal(messages[0], messages[1]);
      assert.equal(messages[0], messages[2]);
      const now = assert.throws(() => verifier.verifySync('a.b.c', { issuer: 'x' }), 'ERR_INVALID_OPTION');
      assert.equal(now.message, '`issuer` is not an option of `verify`; pass it to `createVerifier`');
    },
  },
];

// Where keys come from, how long they are used, and what becomes of them.

import { later } from './clock.mjs';

const VERCEL = { team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' };

/** An issuer that counts how often it is asked, and can be cut off. */
async function issuerWithSpy(testing) {
  const issuer = await testing.createTestIssuer();
  const spy = { asked: 0, answer: issuer.fetch };
  spy.fetch = async (...args) => {
    spy.asked += 1;
    return spy.answer(...args);
  };
  return { issuer, spy };
}

const memoryStore = () => {
  const kept = new Map();
  return {
    kept,
    get: async (key) => kept.get(key),
    set: async (key, value) => void kept.set(key, value),
  };
};

export const cases = [
  {
    // `tests/peers/attacks/fetching.test.mjs` has ten thousand of them.
    name: 'keys: two hundred callers on a cold cache cause one fetch',
    async run({ countersign, testing, assert }) {
      const { issuer, spy } = await issuerWithSpy(testing);
      const slow = async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return issuer.fetch(...args);
      };
      spy.answer = slow;
      const verifier = countersign.createVercelVerifier({ ...VERCEL, fetch: spy.fetch });
      const token = await issuer.mint();
      const verified = await Promise.all(Array.from({ length: 200 }, () => verifier.verify(token)));
      assert.equal(verified.length, 200);
      assert.equal(spy.asked, 1, 'the number of fetches');
    },
  },
  {
    name: 'keys: a rotated key is found, and the withdrawn one is refused',
    async run({ countersign, testing, assert }) {
      const { issuer, spy } = await issuerWithSpy(testing);
      const verifier = countersign.createVercelVerifier({ ...VERCEL, fetch: spy.fetch });
      const before = await issuer.mint();
      await verifier.verify(before);
      issuer.rotate();
      const after = await issuer.mint();
      assert.throws(() => verifier.verifySync(after), 'ERR_JWKS_NO_MATCHING_KEY');
      assert.ok(await verifier.verify(after));
      assert.equal((await assert.rejects(verifier.verify(before), 'ERR_JWKS_NO_MATCHING_KEY')).kid, countersign.decode(before).header.kid);
      assert.equal(spy.asked, 2, 'the number of fetches');
    },
  },
  {
    name: 'keys: while the previous key is still published, no token is refused',
    async run({ countersign, testing, assert }) {
      const { issuer, spy } = await issuerWithSpy(testing);
      const verifier = countersign.createVercelVerifier({ ...VERCEL, fetch: spy.fetch });
      const before = await issuer.mint();
      await verifier.verify(before);
      issuer.rotate({ keepPrevious: true });
      const after = await issuer.mint();
      await Promise.all(Array.from({ length: 200 }, (_, index) => verifier.verify(index % 2 ? before : after)));
      assert.equal(spy.asked, 2, 'the number of fetches');
    },
  },
  {
    name: 'keys: a flood of unknown key names causes one fetch in 5 seconds, which finds a new key',
    async run({ countersign, testing, assert }) {
      const { issuer, spy } = await issuerWithSpy(testing);
      const verifier = countersign.createVercelVerifier({ ...VERCEL, fetch: spy.fetch });
      await verifier.loadKeys();
      for (let index = 0; index < 50; index++) {
        const stranger = await issuer.mint({}, { header: { kid: `stranger-${index}` } });
        await assert.rejects(verifier.verify(stranger), 'ERR_JWKS_NO_MATCHING_KEY');
      }
      assert.equal(spy.asked, 2, 'the number of fetches');
      issuer.rotate();
      const token = await issuer.mint();
      await assert.rejects(verifier.verify(token), 'ERR_JWKS_NO_MATCHING_KEY');
      await later(6, () => verifier.verify(token));
      assert.equal(spy.asked, 3, 'the number of fetches');
    },
  },
  {
    name: 'keys: they are renewed after ten minutes, and the last good ones outlive an outage',
    async run({ countersign, testing, assert }) {
      const { issuer, spy } = await issuerWithSpy(testing);
      const verifier = countersign.createVercelVerifier({ ...VERCEL, fetch: spy.fetch });
      const token = await issuer.mint({}, { expiresIn: 200_000 });
      await verifier.verify(token);
      await later(599, () => verifier.verify(token));
      assert.equal(spy.asked, 1, 'fetches within ten minutes');
      await later(601, () => verifier.verify(token));
      assert.equal(spy.asked, 2, 'fetches after ten minutes');
      spy.answer = async () => new Response('<html>', { status: 502 });
      await later(2000, () => verifier.verify(token));
      assert.equal(spy.asked, 3, 'fetches in the outage');
      await later(86_000, () => verifier.verifySync(token));
      await later(87_100, async () => {
        assert.throws(() => verifier.verifySync(token), 'ERR_JWKS_NOT_LOADED');
        const error = await assert.rejects(verifier.verify(token), 'ERR_JWKS_FETCH_FAILED');
        assert.equal(error.status, 502);
        assert.equal(error.retryable, true);
      });
    },
  },
  {
    name: 'keys: an error about the token has no cause while the keys cannot be renewed',
    async run({ countersign, testing, assert }) {
      const { issuer, spy } = await issuerWithSpy(testing);
      const verifier = countersign.createVercelVerifier({ ...VERCEL, fetch: spy.fetch });
      const token = await issuer.mint({}, { expiresIn: 300 });
      await verifier.verify(token);
      spy.answer = () => Promise.reject(new TypeError('offline'));
      await later(700, async () => {
        const error = await assert.rejects(verifier.verify(token), 'ERR_JWT_EXPIRED');
        assert.equal(error.cause, undefined);
        assert.equal(spy.asked, 2, 'the number of fetches');
      });
    },
  },
  {
    name: 'keys: what is no key set is refused, each in its own words',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint();
      const answers = [
        ['ERR_JWKS_INVALID', () => new Response('<html>hello</html>')],
        ['ERR_JWKS_INVALID', () => Response.json({ keys: [] })],
        ['ERR_JWKS_INVALID', () => Response.json({ keys: [{ kty: 'oct', k: 'AQ' }] })],
        ['ERR_JWKS_FETCH_FAILED', () => new Response(null, { status: 204 })],
        ['ERR_JWKS_FETCH_FAILED', () => new Response('{}', { status: 404 })],
        ['ERR_JWKS_FETCH_FAILED', () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } })],
        ['ERR_JWKS_FETCH_FAILED', () => new Response('x'.repeat(600_000))],
        ['ERR_JWKS_FETCH_FAILED', () => Promise.reject(new TypeError('no network'))],
      ];
      for (const [code, answer] of answers) {
        const verifier = countersign.createVercelVerifier({ ...VERCEL, fetch: async () => answer() });
        await assert.rejects(verifier.verify(token), code);
        await assert.rejects(verifier.loadKeys(), code);
      }
    },
  },
  {
    name: 'keys: keys in hand are used without fetching',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const fetch = async () => {
        throw new Error('nothing is fetched');
      };
      const verifier = countersign.createVercelVerifier({ ...VERCEL, fetch });
      verifier.setKeys(issuer.jwks);
      assert.ok(verifier.verifySync(await issuer.mint()));
      await later(1_000_000, async () => verifier.verifySync(await issuer.mint()));
      await verifier.loadKeys();
      assert.throws(() => verifier.setKeys({ keys: [] }), 'ERR_JWKS_INVALID');
      assert.throws(() => verifier.setKeys(undefined), 'ERR_JWKS_INVALID');
      assert.ok(verifier.verifySync(await issuer.mint()), 'what was refused replaced nothing');
    },
  },
  {
    name: 'keys: isolates share them through a store, and only the first one fetches',
    async run({ countersign, testing, assert }) {
      const { issuer, spy } = await issuerWithSpy(testing);
      const jwksStore = memoryStore();
      const isolate = () => countersign.createVercelVerifier({ ...VERCEL, fetch: spy.fetch, jwksStore, storeTimeout: 10 });
      const token = await issuer.mint();
      await isolate().verify(token);
      await isolate().verify(token);
      await isolate().loadKeys();
      assert.equal(spy.asked, 1, 'the number of fetches');
      const key = 'countersign:jwks:https://oidc.vercel.com/acme/.well-known/jwks';
      assert.same([...jwksStore.kept.keys()], [key]);
      issuer.rotate();
      await isolate().verify(await issuer.mint());
      assert.equal(spy.asked, 2, 'the number of fetches after a rotation');
      await isolate().verify(await issuer.mint());
      assert.equal(spy.asked, 2, 'the number of fetches once the new key is shared');
      await later(700, async () => isolate().verify(await issuer.mint()));
      assert.equal(spy.asked, 3, 'the number of fetches once the shared set is old');
    },
  },
  {
    name: 'keys: a store that fails, stalls or lies never fails a verification',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint();
      const forged = await testing.createTestIssuer({ issuer: 'https://oidc.vercel.com/acme', alg: 'ES256' });
      const now = Math.floor(Date.now() / 1000);
      const broken = () => {
        throw new Error('down');
      };
      const stores = [
        { get: broken, set: broken },
        { get: async () => broken(), set: async () => broken() },
        { get: async () => 'nonsense', set: async () => {} },
        { get: async () => `${now}\n{"keys":[]}`, set: async () => {} },
        { get: async () => `${now}\n${JSON.stringify(forged.jwks)}`, set: async () => {} },
        { get: async () => `${now + 1000}\n${JSON.stringify(issuer.jwks)}`, set: async () => {} },
        { get: async () => 7, set: async () => {} },
        { get: async () => null, set: () => new Promise(() => {}) },
        { get: () => new Promise(() => {}), set: async () => {} },
      ];
      const verify = (jwksStore) => countersign.createVercelVerifier({ ...VERCEL, fetch: issuer.fetch, jwksStore }).verify(token);
      await Promise.all(stores.map(verify));
      assert.throws(() => countersign.createVercelVerifier({ ...VERCEL, jwksStore: {} }), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'keys: several issuers keep theirs apart',
    async run({ countersign, testing, assert }) {
      const [one, two] = await Promise.all(
        ['https://one.example', 'https://two.example/tenant'].map((issuer) => testing.createTestIssuer({ issuer })),
      );
      two.rotate();
      const fetch = (input) => one.fetch(input).catch(() => two.fetch(input));
      const verifier = countersign.createVerifier({ issuer: [one.issuer, two.issuer], audience: null, fetch });
      assert.equal((await verifier.verify(await one.mint())).claims.iss, one.issuer);
      assert.equal((await verifier.verify(await two.mint())).claims.iss, two.issuer);
      await assert.rejects(async () => verifier.verify(await one.mint({ iss: two.issuer })), 'ERR_JWKS_NO_MATCHING_KEY');
      await assert.rejects(
        async () => verifier.verify(await one.mint({ iss: 'https://three.example' })),
        'ERR_JWT_CLAIM_VALIDATION_FAILED',
      );
      assert.throws(() => verifier.setKeys(one.jwks), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'keys: a verifier that was disposed of is not used again',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const verifier = countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks });
      const other = countersign.createVercelVerifier({ ...VERCEL, jwks: issuer.jwks });
      const token = await issuer.mint();
      verifier.verifySync(token);
      verifier[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
      assert.throws(() => verifier.verifySync(token), 'ERR_INVALID_OPTION');
      await assert.rejects(verifier.verify(token), 'ERR_INVALID_OPTION');
      assert.ok(other.verifySync(token));
    },
  },
  {
    name: 'keys: an answer for a verifier that is gone reaches nobody else',
    async run({ countersign, testing, assert }) {
      const [one, two] = await Promise.all(
        ['https://one.example', 'https://two.example'].map((issuer) => testing.createTestIssuer({ issuer })),
      );
      // New issuers begin with the same key; from now on this one has another.
      two.rotate();
      const gate = () => {
        let open;
        const opened = new Promise((resolve) => {
          open = resolve;
        });
        return { open, opened };
      };
      const gated =
        (issuer, { opened }) =>
        async (...args) => {
          await opened;
          return issuer.fetch(...args);
        };
      const make = (issuer, at) =>
        countersign.createVerifier({
          issuer: issuer.issuer,
          audience: null,
          jwks: `${issuer.issuer}/.well-known/jwks`,
          fetch: gated(issuer, at),
        });
      const [first, second] = [gate(), gate()];
      const gone = make(one, first);
      const lost = gone.verify(await one.mint());
      gone[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
      const verifier = make(two, second);
      const kept = verifier.verify(await two.mint());
      first.open();
      await assert.rejects(lost, 'ERR_INVALID_OPTION');
      const forged = await one.mint({ iss: two.issuer });
      assert.throws(() => verifier.verifySync(forged), 'ERR_JWKS_NOT_LOADED');
      second.open();
      assert.equal((await kept).claims.iss, two.issuer);
      await assert.rejects(verifier.verify(forged), 'ERR_JWKS_NO_MATCHING_KEY');
    },
  },
  {
    name: 'keys: keys that the caller has set stay, whatever is in flight and whoever asks, until null',
    async run({ countersign, testing, assert }) {
      const { issuer, spy } = await issuerWithSpy(testing);
      const verifier = countersign.createVercelVerifier({ ...VERCEL, fetch: spy.fetch });
      const before = await issuer.mint();
      const own = structuredClone(issuer.jwks);
      issuer.rotate();
      const strange = await issuer.mint();
      const loading = verifier.loadKeys();
      verifier.setKeys(own);
      await loading;
      assert.ok(verifier.verifySync(before), 'the fetch in flight is dropped');
      await assert.rejects(verifier.verify(strange), 'ERR_JWKS_NO_MATCHING_KEY');
      assert.equal(spy.asked, 1, 'fetches for a stranger');
      verifier.setKeys(null);
      assert.ok(await verifier.verify(strange));
      const inHand = countersign.createVercelVerifier({ ...VERCEL, jwks: own });
      assert.throws(() => inHand.setKeys(null), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'keys: an error has the URL, the code of a failed connection, and why each key cannot be used',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const token = await issuer.mint();
      const outage = new TypeError('fetch failed', {
        cause: Object.assign(new Error('connect 10.0.0.1 s3cret'), { code: 'ECONNREFUSED' }),
      });
      const lost = countersign.createVercelVerifier({ ...VERCEL, fetch: () => Promise.reject(outage) });
      const failed = await assert.rejects(lost.verify(token), 'ERR_JWKS_FETCH_FAILED');
      assert.equal(failed.url, 'https://oidc.vercel.com/acme/.well-known/jwks');
      for (const { cause } of [failed, await assert.rejects(lost.loadKeys(), 'ERR_JWKS_FETCH_FAILED')]) {
        assert.same([cause.message, cause.code, cause.cause ?? null], ['the connection failed: ECONNREFUSED', 'ECONNREFUSED', null]);
      }
      const page = countersign.createVercelVerifier({ ...VERCEL, fetch: async () => new Response('<!DOCTYPE html>') });
      const refused = await assert.rejects(page.verify(token), 'ERR_JWKS_INVALID');
      assert.equal(refused.message, 'the key set is an HTML page: the URL serves no key set');
      const keys = [
        { kty: 'oct', kid: 'a', k: 'AQ' },
        { ...issuer.jwks.keys[0], use: 'enc' },
      ];
      const unusable = assert.throws(() => countersign.createVercelVerifier({ ...VERCEL, jwks: { keys } }), 'ERR_JWKS_INVALID');
      assert.same(unusable.keys, [
        { index: 0, kid: 'a', reason: 'has private or secret members' },
        { index: 1, kid: keys[1].kid, reason: '`use` is not `sig`' },
      ]);
      assert.same(
        countersign.describeKeys({ keys }).map(({ reason }) => reason),
        unusable.keys.map(({ reason }) => reason),
      );
      assert.same(countersign.describeKeys(`\ufeff${JSON.stringify(issuer.jwks)}`)[0].algorithms, ['RS256']);
    },
  },
];

// The relay, and stores, in every runtime. What needs Redis, processes and other clocks is in tests/peers.
import { later } from './clock.mjs';

const KEY = '2lQcZ0yJXW8bGm4pNq7sTfVd1hKoRe5uYwAiBx9jC3M=';
const PRODUCTION = { ownerId: 'team_one', projectId: 'prj_one', environment: 'production' };

/** A store in memory, as the documentation of `RelayStore` has it. */
function memoryStore() {
  const kept = new Map();
  return {
    kept,
    getLatest: async (name) => kept.get(name)?.value,
    async setLatest(name, value, expiresAt, replaceable) {
      const present = kept.get(name);
      if (present && present.value !== replaceable && present.expiresAt >= expiresAt) return false;
      kept.set(name, { value, expiresAt });
      return true;
    },
  };
}

async function setting({ refresh, countersign, testing }) {
  const issuer = await testing.createTestIssuer();
  const store = memoryStore();
  const relayOf = (more) =>
    refresh.createTokenRelay({ store, key: KEY, team: 'acme', jwks: issuer.jwks, storeTimeout: 10, ...PRODUCTION, ...more });
  const mint = (more, expiresIn = 3600) =>
    issuer.mint({ owner_id: 'team_one', project_id: 'prj_one', environment: 'production', ...more }, { expiresIn });
  const find = (relay, more) => countersign.getBearerToken({ env: {}, request: new Headers(), refresh: false, relay, ...more });
  const publish = (relay, token) => refresh.publishToken(relay, new Headers({ 'x-vercel-oidc-token': token }));
  return { store, relayOf, mint, find, publish };
}

export const cases = [
  {
    name: 'relay: what a handler publishes, work without a token finds',
    async run(env) {
      const { store, relayOf, mint, find, publish } = await setting(env);
      const [token, newer] = [await mint(), await mint({}, 7200)];
      env.assert.equal((await publish(relayOf(), token)).status, 'published');
      const found = await find(relayOf());
      env.assert.equal(`${found.source} ${found.authMethod} ${found.value === token}`, 'shared oidc true');
      env.assert.equal((await publish(relayOf(), newer)).status, 'published');
      env.assert.equal((await publish(relayOf(), token)).status, 'current');
      env.assert.equal((await find(relayOf())).value, newer);
      const stored = [...store.kept]
        .flat()
        .map((part) => (typeof part === 'string' ? part : part.value))
        .join(' ');
      for (const secret of [newer, 'team_one', 'prj_one', 'production'])
        env.assert.ok(!stored.includes(secret), 'the silence of the store');
    },
  },
  {
    name: 'relay: a token of others or an expired one is neither stored nor handed out',
    async run(env) {
      const { store, relayOf, mint, find, publish } = await setting(env);
      for (const more of [
        { owner_id: 'team_two' },
        { project_id: 'prj_two' },
        { environment: 'preview' },
        { iss: 'https://oidc.vercel.com/evil' },
      ]) {
        env.assert.equal((await publish(relayOf(), await mint(more))).status, 'failed');
      }
      env.assert.equal(store.kept.size, 0);
      await publish(relayOf(), await mint());
      await env.assert.rejects(find(relayOf({ environment: 'preview' })), 'ERR_CREDENTIALS_NOT_FOUND');
      await later(3601, () => env.assert.rejects(find(relayOf()), 'ERR_CREDENTIALS_NOT_FOUND'));
      env.assert.equal((await find(relayOf())).source, 'shared', 'the clock is back');
    },
  },
  {
    name: 'relay: an expired token of a request goes on to it only where it is of the same identity',
    async run(env) {
      const { relayOf, mint, find, publish } = await setting(env);
      await publish(relayOf(), await mint());
      const captured = (token) => ({ captured: { token, expiresAt: 0 } });
      env.assert.equal((await find(relayOf(), captured(await mint({}, -60)))).source, 'shared');
      const error = await env.assert.rejects(
        find(relayOf(), captured(await mint({ environment: 'preview' }, -60))),
        'ERR_CREDENTIAL_EXPIRED',
      );
      env.assert.match(error.message, /the option `relay`/);
      env.assert.match(
        error.causes.find(({ source }) => source === 'shared').reason,
        /the `captured` token is of another team, project or environment/,
      );
    },
  },
  {
    name: 'relay: a store that hangs costs its time-out, and the error is typed',
    async run(env) {
      const { relayOf, mint, find, publish } = await setting(env);
      const heard = [];
      const hangs = { getLatest: () => new Promise(() => {}), setLatest: () => new Promise(() => {}) };
      const relay = relayOf({ store: hangs, storeTimeout: 0.05, onStoreError: (error, context) => heard.push([error.name, context]) });
      const error = await env.assert.rejects(find(relay), 'ERR_CREDENTIAL_INVALID');
      env.assert.equal(error.retryable, true);
      env.assert.same(heard, [['StoreError', { operation: 'getLatest', reason: 'timeout', bypassedFor: 2 }]]);
      const own = await mint();
      env.assert.equal((await find(relay, { request: new Headers({ 'x-vercel-oidc-token': own }) })).value, own);
      env.assert.equal((await publish(relay, own)).status, 'failed');
    },
  },
  {
    name: 'stores: a JWK Set that was written without the key is not taken',
    async run({ countersign, testing, assert }) {
      const [issuer, attacker] = [await testing.createTestIssuer(), await testing.createTestIssuer()];
      attacker.rotate();
      const kept = new Map();
      const plain = { get: async (name) => kept.get(name), set: async (name, value) => void kept.set(name, value) };
      const verifierOf = (fetch, jwksStore) =>
        countersign.createVercelVerifier({
          team: 'acme',
          ownerId: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3',
          projectId: '*',
          environment: '*',
          fetch,
          jwksStore,
          storeTimeout: 10,
        });
      await verifierOf(attacker.fetch, plain).verify(await attacker.mint());
      const forged = await attacker.mint();
      assert.ok(await verifierOf(issuer.fetch, plain).verify(forged), 'a plain store is as powerful as the issuer');
      await assert.rejects(verifierOf(issuer.fetch, countersign.authenticatedStore(plain, KEY)).verify(forged), 'ERR_JWKS_NO_MATCHING_KEY');
      const down = () => Promise.reject(new Error('nothing may be fetched'));
      assert.ok(
        await verifierOf(down, countersign.authenticatedStore(plain, KEY)).verify(await issuer.mint()),
        'what was written with the key is taken',
      );
    },
  },
];

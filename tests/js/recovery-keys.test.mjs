// A trap inside a module: which keys a verifier has afterwards, and which bound the credential cache. More about traps: recovery.test.mjs.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { installProject } from './install.mjs';

const OPTIONS = { team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' };

let index;
let testing;
let trap;
let credentials;
before(async () => {
  const project = await installProject('recovery-keys');
  const load = (file) => import(pathToFileURL(join(project, 'node_modules/countersign/dist', file)));
  [index, testing] = await Promise.all([load('inline/index.js'), load('inline/testing.js')]);
  credentials = { ...(await load('credentials/module.js')), exchange: await load('inline/exchange.js') };
  const { verifyModule } = await load('verify/module.js');
  // Asks for more memory than there is, which aborts the module.
  trap = () => assert.throws(() => verifyModule.call((wasm) => wasm.buffer(0xffff_fff0)), { code: 'ERR_INTERNAL' });
});

test('a trap brings no keys back that were given up for keys of the caller', async () => {
  const issuer = await testing.createTestIssuer();
  const token = await issuer.mint();
  const verifier = index.createVercelVerifier({ ...OPTIONS, fetch: issuer.fetch });
  await verifier.verify(token);
  verifier.setKeys(issuer.jwks);
  verifier.setKeys(null);
  assert.throws(() => verifier.verifySync(token), { code: 'ERR_JWKS_NOT_LOADED' });
  trap();
  assert.throws(() => verifier.verifySync(token), { code: 'ERR_JWKS_NOT_LOADED' });
});

test('a trap brings no keys that were fetched while the caller set others', async () => {
  const issuer = await testing.createTestIssuer();
  const own = structuredClone(issuer.jwks);
  const token = await issuer.mint();
  issuer.rotate();
  const fetched = await issuer.mint();
  const verifier = index.createVercelVerifier({ ...OPTIONS, fetch: issuer.fetch });
  const loading = verifier.loadKeys();
  verifier.setKeys(own);
  await loading;
  trap();
  assert.ok(verifier.verifySync(token));
  assert.throws(() => verifier.verifySync(fetched), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

test('a trap leaves keys that came out of a store, without asking it again', async () => {
  const issuer = await testing.createTestIssuer();
  const [token, other] = [await issuer.mint({ jti: '1' }), await issuer.mint({ jti: '2' })];
  const kept = new Map();
  let calls = 0;
  const jwksStore = { get: async (key) => (calls++, kept.get(key)), set: async (key, value) => void kept.set(key, value) };
  const make = (fetch) => index.createVercelVerifier({ ...OPTIONS, fetch, jwksStore });
  await make(issuer.fetch).verify(token);
  const verifier = make(() => assert.fail('nothing is fetched'));
  await verifier.verify(token);
  trap();
  assert.ok(verifier.verifySync(other), 'a token that is not cached');
  assert.equal(calls, 2);
});

test('a trap brings no older keys that a store had', async (context) => {
  const issuer = await testing.createTestIssuer();
  const kept = new Map();
  const jwksStore = { get: async () => undefined, set: async (key, value) => void kept.set(key, value) };
  let fetcher = issuer.fetch;
  const make = () => index.createVercelVerifier({ ...OPTIONS, fetch: (...args) => fetcher(...args), jwksStore });
  await make().verify(await issuer.mint());
  const [older] = kept.values();
  issuer.rotate();
  const verifier = make();
  await verifier.verify(await issuer.mint());
  const [next, last] = [await issuer.mint({ jti: '1' }), await issuer.mint({ jti: '2' })];

  fetcher = () => Promise.reject(new Error('down'));
  let calls = 0;
  jwksStore.get = async () => (calls++, older);
  // The keys are no longer fresh, and still usable.
  context.mock.timers.enable({ apis: ['Date'], now: Date.now() + 700_000 });
  assert.ok(await verifier.verify(next));
  assert.equal(calls, 1);
  trap();
  assert.ok(verifier.verifySync(last), 'a token of the newer key');
});

test('after a trap, a token as long as its limit is read', async () => {
  const issuer = await testing.createTestIssuer();
  const token = await issuer.mint();
  const verifier = index.createVercelVerifier({ ...OPTIONS, jwks: issuer.jwks, maxTokenBytes: token.length });
  trap();
  assert.ok(verifier.verifySync(token));
});

test('a trap leaves the bound of the credential cache', async () => {
  const { credentialsModule, exchange } = credentials;
  const bound = async () => (await index.describeCredentials({ env: {}, request: {}, refresh: false })).cache.maxCredentials;
  const trapCredentials = () =>
    assert.throws(() => credentialsModule.call((wasm) => wasm.complete_operation(0, 200, [], { length: 0xffff_fff0 }, 0)), {
      code: 'ERR_INTERNAL',
    });
  trapCredentials();
  assert.equal(await bound(), 256, 'the default');
  exchange.configureCredentialCache({ maxCredentials: 7 });
  assert.equal(await bound(), 7);
  trapCredentials();
  assert.equal(await bound(), 7);
});

// A trap inside the wasm: a typed error, a fresh instance, and every verifier goes on with the keys that it had.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { installProject } from './install.mjs';

let core;
let countersign;
let testing;
before(async () => {
  const project = await installProject('recovery');
  const load = (file) => import(pathToFileURL(join(project, 'node_modules/countersign/dist', file)));
  countersign = await load('inline/index.js');
  testing = await load('inline/testing.js');
  // Not public: the way in by which a test can ask for more memory than there is, which aborts the module.
  core = await load('core/core.js');
});

const trap = () => core.call((wasm) => wasm.buffer(0xffff_fff0));
const options = { team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' };

test('wasm trap: ERR_INTERNAL, and the next call works', async () => {
  const before = core.currentGeneration();
  assert.throws(trap, (error) => error instanceof countersign.CountersignError && error.code === 'ERR_INTERNAL' && error.retryable);
  assert.equal(core.currentGeneration(), before + 1);
  const issuer = await testing.createTestIssuer();
  assert.equal(countersign.decode(await issuer.mint()).claims.iss, issuer.issuer);
});

test('wasm trap: verifiers are rebuilt with keys given, set and fetched', async () => {
  const issuer = await testing.createTestIssuer();
  const token = await issuer.mint();
  let asked = 0;
  const fetch = (...args) => {
    asked += 1;
    return issuer.fetch(...args);
  };
  const given = countersign.createVercelVerifier({ ...options, jwks: issuer.jwks });
  const set = countersign.createVercelVerifier(options);
  set.setKeys(issuer.jwks);
  const fetched = countersign.createVercelVerifier({ ...options, fetch });
  await fetched.verify(token);
  for (let round = 0; round < 3; round++) {
    assert.throws(trap);
    for (const verifier of [given, set, fetched]) assert.equal(verifier.verifySync(token).claims.owner, 'acme');
    await fetched.verify(token);
  }
  assert.equal(asked, 1, 'a lost instance costs no fetch');
});

test('an operation that is in flight when the instance is lost ends in an error that says to try again, or in keys', async () => {
  const issuer = await testing.createTestIssuer();
  const token = await issuer.mint();
  const fetch = async (...args) => {
    assert.throws(trap);
    return issuer.fetch(...args);
  };
  const verifier = countersign.createVercelVerifier({ ...options, fetch });
  await assert.rejects(verifier.verify(token), { code: 'ERR_INTERNAL' });
  const calm = countersign.createVercelVerifier({ ...options, fetch: issuer.fetch });
  assert.ok(await calm.verify(token));
});

test('an answer for a lost instance reaches nobody else', async () => {
  const [one, two] = await Promise.all(['https://one.example', 'https://two.example'].map((issuer) => testing.createTestIssuer({ issuer })));
  // New issuers begin with the same key; from now on this one has another.
  two.rotate();
  let land;
  const landed = new Promise((resolve) => {
    land = resolve;
  });
  const gated = (issuer) => async (...args) => {
    await landed;
    return issuer.fetch(...args);
  };
  const make = (issuer, fetch) => countersign.createVerifier({ issuer: issuer.issuer, audience: null, jwks: `${issuer.issuer}/.well-known/jwks`, fetch });
  const lost = make(one, gated(one)).verify(await one.mint());
  assert.throws(trap);
  // The first operation of the new instance has the number that the lost one had.
  const verifier = make(two, gated(two));
  const kept = verifier.verify(await two.mint());
  land();
  await assert.rejects(lost, { code: 'ERR_INTERNAL' });
  assert.equal((await kept).claims.iss, two.issuer);
  await assert.rejects(async () => verifier.verify(await one.mint({ iss: two.issuer })), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

test('three hundred thousand tokens leave the memory where it was', () => {
  const decode = (token) => {
    try {
      countersign.decode(token);
    } catch {}
  };
  const text = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from(`{"exp":1,"x":"${'x'.repeat(800)}"}`).toString('base64url')}.AQ`;
  for (let index = 0; index < 10_000; index++) decode(`${text}${index}`);
  const before = core.memoryBytes();
  for (let index = 0; index < 300_000; index++) decode(`${text}${index}`);
  assert.equal(core.memoryBytes(), before);
  assert.ok(before <= 4 << 20, `linear memory has ${before} bytes`);
});

// `verifyVercelOidcToken` of both packages, side by side: what a caller's `catch` sees of a token of another project, and of an outage.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import theirs from '@vercel/oidc';
import { importPackage } from './package-under-test.mjs';

const { countersign, testing, vercelOidc } = await importPackage('peers-vercel-oidc-verify');
const issuer = await testing.createTestIssuer();
const OPTIONS = { projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' };
const OWNER = 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3';
const mint = (claims, options) => issuer.mint({ project_id: OPTIONS.projectId, owner_id: OWNER, ...claims }, options);

/** Vercel's keys. This package fetches them, the other one asks for them by `https.get`. */
const server = http.createServer((_, response) => response.end(JSON.stringify(issuer.jwks)));
await once(server.listen(0, '127.0.0.1'), 'listening');
const getOfNode = https.get;
https.get = (_url, { agent: _, ...options }) => http.get(`http://127.0.0.1:${server.address().port}`, options);
after(() => {
  https.get = getOfNode;
  server.close();
  server.closeAllConnections();
});

const fetchOfNode = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = fetchOfNode;
});
const published = async () => Response.json(issuer.jwks);

/** What a caller can tell: the class, the code, and whether there is a result. */
async function outcome(oidc, token, options) {
  try {
    const { payload, protectedHeader } = await oidc.verifyVercelOidcToken(token, { ...OPTIONS, ...options });
    return { project: payload.project_id, alg: protectedHeader.alg };
  } catch (error) {
    return { isTypeError: error instanceof TypeError, code: error.code, name: error.name === 'VercelOidcTokenValidationError' };
  }
}

const IDENTITY = { isTypeError: true, code: 'ERR_VERCEL_OIDC_TOKEN_VALIDATION', name: true };
const CASES = {
  'the token of this project': [{}, {}, { project: OPTIONS.projectId, alg: 'RS256' }],
  'another project': [{ project_id: 'prj_other' }, {}, IDENTITY],
  'a project outside the list': [{}, { projectId: ['prj_a', 'prj_b'] }, IDENTITY],
  'another environment': [{ environment: 'preview', sub: 'owner:acme:project:acme_website:environment:preview' }, {}, IDENTITY],
  'another owner': [{}, { ownerId: 'team_other' }, IDENTITY],
  'another issuer': [{ iss: 'https://example.com' }, {}, IDENTITY],
  'an issuer that begins alike': [{ iss: 'https://oidc.vercel.com.example/acme' }, {}, IDENTITY],
  'another audience': [
    {},
    { audience: 'https://other.example' },
    { isTypeError: false, code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', name: false },
  ],
  'another subject': [{}, { subject: 'owner:other' }, { isTypeError: false, code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', name: false }],
};
for (const [name, [claims, options, expected]] of Object.entries(CASES)) {
  test(`both packages say the same of ${name}`, async () => {
    globalThis.fetch = published;
    const token = await mint(claims);
    assert.deepEqual(await outcome(vercelOidc, token, options), expected);
    assert.deepEqual(await outcome(theirs, token, options), expected);
  });
}

test('both packages say the same of an expired token', async () => {
  globalThis.fetch = published;
  const token = await mint({}, { expiresIn: -60 });
  const expected = { isTypeError: false, code: 'ERR_JWT_EXPIRED', name: false };
  assert.deepEqual([await outcome(vercelOidc, token), await outcome(theirs, token)], [expected, expected]);
});

test('an outage of the keys is no failure of the token', async () => {
  globalThis.fetch = async () => {
    throw new TypeError('fetch failed');
  };
  // Options that no test before has used, so that there are no keys yet.
  const error = await vercelOidc.verifyVercelOidcToken(await mint(), { ...OPTIONS, maxTokenAge: 3600 }).catch((thrown) => thrown);
  assert.ok(!(error instanceof TypeError));
  assert.deepEqual([error.code, error.retryable], ['ERR_JWKS_FETCH_FAILED', true]);
});

test('the cause says what is different, and prints no expectation', async () => {
  globalThis.fetch = published;
  const error = await vercelOidc.verifyVercelOidcToken(await mint({ project_id: 'prj_other' }), OPTIONS).catch((thrown) => thrown);
  assert.deepEqual([error.cause.code, error.cause.claim], ['ERR_JWT_CLAIM_VALIDATION_FAILED', 'project_id']);
  assert.equal(error.message, error.cause.message);
  assert.ok(error.cause instanceof countersign.CountersignError);
});

test('messages name the sources that the functions have, and no others', async () => {
  const { VERCEL_OIDC_TOKEN_FILE, VERCEL_OIDC_TOKEN } = process.env;
  delete process.env.VERCEL_OIDC_TOKEN;
  try {
    process.env.VERCEL_OIDC_TOKEN_FILE = ' ';
    const messages = [await vercelOidc.getVercelOidcToken().catch(({ message }) => message)];
    assert.match(
      messages[0],
      /^no credential found: header: not configured; context: not configured; file: VERCEL_OIDC_TOKEN_FILE is blank;/,
    );
    process.env.VERCEL_OIDC_TOKEN_FILE = join(await mkdtemp(join(tmpdir(), 'oidc-')), 'empty');
    await writeFile(process.env.VERCEL_OIDC_TOKEN_FILE, '\n');
    messages.push(await vercelOidc.getVercelOidcToken().catch(({ message }) => message));
    assert.match(messages[1], /: the file that VERCEL_OIDC_TOKEN_FILE names is empty$/);
    assert.throws(
      () => vercelOidc.getVercelOidcTokenSync(),
      ({ message }) => messages.push(message) > 0,
    );
    assert.equal(messages.length, 3);
    for (const message of messages) assert.doesNotMatch(message, /static-key|captured|shared/);
  } finally {
    delete process.env.VERCEL_OIDC_TOKEN_FILE;
    if (VERCEL_OIDC_TOKEN_FILE !== undefined) process.env.VERCEL_OIDC_TOKEN_FILE = VERCEL_OIDC_TOKEN_FILE;
    if (VERCEL_OIDC_TOKEN !== undefined) process.env.VERCEL_OIDC_TOKEN = VERCEL_OIDC_TOKEN;
  }
});

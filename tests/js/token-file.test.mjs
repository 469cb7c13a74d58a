// The file that `VERCEL_OIDC_TOKEN_FILE` names: read at each call, whatever lies there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { installProject } from './install.mjs';
import { shown } from './fakes/machine.mjs';

let countersign;
let issuer;
let folder;
let file;
before(async () => {
  const project = await installProject('token-file');
  const load = (name) => import(pathToFileURL(join(project, 'node_modules/countersign/dist/inline', name)));
  countersign = await load('index.js');
  issuer = await (await load('testing.js')).createTestIssuer();
  folder = await mkdtemp(join(tmpdir(), 'countersign-'));
  file = join(folder, 'token');
});
after(() => rm(folder, { recursive: true, force: true }));

const find = (more = {}) => countersign.getBearerToken({ refresh: false, ...more, env: { VERCEL_OIDC_TOKEN_FILE: file, ...more.env } });

test('its token is read at each call, without the white space around it', async () => {
  for (const around of [
    ['', ''],
    ['\n', ' \r\n'],
    ['\uFEFF', '\n'],
  ]) {
    const token = await issuer.mint({ jti: JSON.stringify(around) });
    await writeFile(`${file}.new`, around.join(token));
    await rename(`${file}.new`, file);
    const found = await find();
    assert.equal(`${found.source} ${found.value}`, `file ${token}`);
  }
});

test('it comes after everything that a caller or a request brings, and before the environment', async () => {
  const [inFile, other] = [await issuer.mint({ jti: 'file' }), await issuer.mint({ jti: 'other' })];
  await writeFile(file, inFile);
  assert.equal((await find({ env: { VERCEL_OIDC_TOKEN: other } })).source, 'file');
  assert.equal((await find({ request: { 'x-vercel-oidc-token': other } })).source, 'header');
  assert.equal((await find({ captured: { token: other, expiresAt: 0 } })).source, 'captured');
  assert.equal((await find({ staticKey: 'key' })).source, 'static-key');
  const context = Symbol.for('@vercel/request-context');
  globalThis[context] = { get: () => ({ headers: { 'x-vercel-oidc-token': other } }) };
  try {
    assert.equal((await find()).source, 'context');
  } finally {
    delete globalThis[context];
  }
  await writeFile(file, await issuer.mint({}, { expiresIn: -1 }));
  assert.equal((await find({ env: { VERCEL_OIDC_TOKEN: other } })).source, 'env');
  // Where something better comes first, a broken file is nobody's business.
  await writeFile(file, 'broken');
  assert.equal((await find({ request: { 'x-vercel-oidc-token': other } })).source, 'header');
});

test('a name that is blank is not set', async () => {
  const token = await issuer.mint();
  for (const name of ['', ' \n', undefined]) {
    assert.equal((await find({ env: { VERCEL_OIDC_TOKEN_FILE: name, VERCEL_OIDC_TOKEN: token } })).source, 'env');
  }
  assert.equal(await countersign.getBearerTokenOptional({ refresh: false, env: { VERCEL_OIDC_TOKEN_FILE: ' ' } }), undefined);
});

test('a named file without a token is a fault, and no other identity is used', async () => {
  const hush = 'hush-0b5c7f';
  const token = await issuer.mint();
  await mkdir(join(folder, 'folder'));
  await symlink(join(folder, 'nowhere'), join(folder, 'dangling'));
  await symlink('loop', join(folder, 'loop'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const files = {
    empty: ['', /the file that VERCEL_OIDC_TOKEN_FILE names is empty/],
    blank: [' \n\n', /the file that VERCEL_OIDC_TOKEN_FILE names is empty/],
    garbage: [hush, /is not a JWT/],
    'a login': [JSON.stringify({ token: hush }), /is not a JWT/],
    bytes: [Buffer.from([0xff, 0xfe, 0x00]), /is not a JWT/],
    large: ['x'.repeat(65_537), /TOO_LARGE/],
    missing: [undefined, /ENOENT/],
    folder: [undefined, /NOT_A_FILE/],
    dangling: [undefined, /ENOENT/],
    loop: [undefined, /ELOOP/],
    pipe: [undefined, /NOT_A_FILE/],
    'missing\0name': [undefined, /ERR_INVALID_ARG_VALUE/],
  };
  for (const [name, [content, reason]] of Object.entries(files)) {
    const path = join(folder, name);
    if (content !== undefined) await writeFile(path, content);
    const env = { VERCEL_OIDC_TOKEN_FILE: path, VERCEL_OIDC_TOKEN: token };
    const error = await find({ env }).catch((thrown) => thrown);
    assert.equal(error.code, 'ERR_CREDENTIAL_INVALID', `${name}: ${error}`);
    assert.equal(error.causes.at(-1).source, 'file');
    assert.match(error.causes.at(-1).reason, reason, name);
    assert.ok(!shown(error, { inspect }).includes(hush), name);
    const { sources } = await countersign.describeCredentials({ refresh: false, env });
    assert.equal(sources.find(({ source }) => source === 'file').state, 'failed', name);
  }
  const device = await find({ env: { VERCEL_OIDC_TOKEN_FILE: '/dev/zero' } }).catch((thrown) => thrown);
  assert.match(device.causes.at(-1).reason, /NOT_A_FILE/);
});

test('a captured token is not printed, and JSON carries it', async () => {
  const captured = countersign.captureToken({ 'x-vercel-oidc-token': await issuer.mint() });
  for (const text of [inspect(captured), inspect({ job: [captured] }, { depth: null, showHidden: true }), `${captured}`]) {
    for (const part of captured.token.split('.')) assert.ok(!text.includes(part));
  }
  assert.match(inspect(captured), /\[redacted\]/);
  assert.equal(JSON.parse(JSON.stringify(captured)).token, captured.token);
});

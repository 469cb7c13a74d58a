// The upload route: from the outputs of what was set up, through the project's environment, to an object in the bucket.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setUpInfrastructure } from '../../www/scripts/demo/infrastructure.mjs';
import { createTestIssuer, PROJECT_ID, startApp } from '../../www/scripts/local.mjs';

const issuer = await createTestIssuer();
const keys = await issuer.listen();
after(() => keys.close());

const CONFIGURED = {
  COUNTERSIGN_TEAM: 'acme',
  COUNTERSIGN_PROJECT_ID: PROJECT_ID,
  COUNTERSIGN_ENVIRONMENT: 'production',
  COUNTERSIGN_JWKS_URL: keys.jwksUrl,
};

async function start(t, env) {
  const app = await startApp({ ...CONFIGURED, ...env });
  t.after(() => app.stop());
  return app;
}

const upload = async (app, body) =>
  fetch(`${app.url}/api/upload`, { method: 'POST', headers: { authorization: `Bearer ${await issuer.mint()}` }, body });

test('deployed: an object is kept with keys that the deployment’s token was traded for', async (t) => {
  const cloud = await setUpInfrastructure(() => {});
  t.after(() => cloud.stop());
  const token = await issuer.mint();
  const app = await start(t, { ...cloud.env, VERCEL_OIDC_TOKEN: token });
  const answers = await Promise.all(['one', 'two'].map(async (text) => (await upload(app, text)).json()));
  assert.notEqual(answers[0].key, answers[1].key);
  for (const [index, { bucket, key, bytes }] of answers.entries()) {
    assert.ok(key.startsWith(`uploads/${PROJECT_ID}/`), key);
    assert.equal(bytes, 3);
    assert.equal(await cloud.read(bucket, key), ['one', 'two'][index]);
  }
  const listed = await fetch(`${app.url}/api/bucket`, { headers: { authorization: `Bearer ${token}` } });
  assert.deepEqual(
    (await listed.json()).objects.map(({ size }) => size),
    [3, 3],
  );
  assert.ok(!app.log().includes(token));
});

test('on this machine: the keys are those of the AWS profile', async (t) => {
  const seen = [];
  const bucket = createServer((request, response) => {
    seen.push(request.headers.authorization);
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(bucket, 'listening');
  t.after(() => bucket.close());
  const folder = await mkdtemp(join(tmpdir(), 'profile-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'credentials'), '[mine]\naws_access_key_id = AKIDOFTHEPROFILE\naws_secret_access_key = secret\n');
  const app = await start(t, {
    AWS_PROFILE: 'mine',
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_REGION: 'eu-central-1',
    S3_BUCKET_NAME: 'uploads',
    COUNTERSIGN_AWS_ENDPOINT: `http://127.0.0.1:${bucket.address().port}`,
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/app',
  });
  assert.equal((await upload(app, 'text')).status, 201);
  assert.match(seen[0], /Credential=AKIDOFTHEPROFILE\/\d{8}\/eu-central-1\/s3\//);
});

test('what is missing, too large, or cannot be kept is said', async (t) => {
  const bare = await start(t, { VERCEL_ENV: 'production' });
  const missing = await upload(bare, 'text');
  assert.equal(missing.status, 503);
  assert.deepEqual(
    (await missing.json()).problems.map(({ variable }) => variable),
    ['S3_BUCKET_NAME', 'AWS_REGION', 'AWS_ROLE_ARN'],
  );
  assert.equal((await fetch(`${bare.url}/api/upload`, { method: 'POST', body: 'text' })).status, 401);

  const elsewhere = await start(t, {
    AWS_REGION: 'eu-central-1',
    S3_BUCKET_NAME: 'uploads',
    COUNTERSIGN_AWS_ENDPOINT: 'http://s3.example',
  });
  assert.deepEqual(
    (await (await upload(elsewhere, 'text')).json()).problems.map(({ variable }) => variable),
    ['COUNTERSIGN_AWS_ENDPOINT'],
  );

  const app = await start(t, {
    VERCEL_ENV: 'production',
    AWS_REGION: 'eu-central-1',
    S3_BUCKET_NAME: 'uploads',
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/app',
    // No token to trade.
  });
  assert.equal((await upload(app, 'x'.repeat(1024 * 1024 + 1))).status, 413);
  const refused = await upload(app, 'text');
  assert.equal(refused.status, 502);
  assert.deepEqual(await refused.json(), { error: 'not_stored', code: 'ERR_CREDENTIALS_NOT_FOUND' });
});

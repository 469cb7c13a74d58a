// The whole trade, with AWS's own clients and moto in AWS's place: a token, a role's keys, a bucket, an object; and again after
// the keys have run out.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { CreateBucketCommand, GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { importPackage } from './package-under-test.mjs';

const ROLE = 'arn:aws:iam::123456789012:role/deploy';
const program = process.env.MOTO_SERVER ?? fileURLToPath(new URL('../../target/moto/bin/moto_server', import.meta.url));

let aws, exchange, testing;
let issuer;
let moto;
let endpoint;

before(async () => {
  ({ aws, exchange, testing } = await importPackage('moto'));
  issuer = await testing.createTestIssuer();
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address();
  await new Promise((closed) => free.close(closed));
  endpoint = `http://127.0.0.1:${port}`;
  moto = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const died = once(moto, 'exit').then(([code]) => assert.fail(`moto has ended with ${code}`));
  const ready = async () => {
    while (!(await fetch(`${endpoint}/moto-api/data.json`).catch(() => undefined))) await new Promise((tick) => setTimeout(tick, 100));
  };
  await Promise.race([ready(), died]);
  died.catch(() => {});
});

after(() => moto?.kill());

/** Clients, and a provider of their keys whose requests are counted. */
function setting(options) {
  const requests = [];
  const counting = async (url, init) => {
    requests.push(new URLSearchParams(init.body));
    const answer = await fetch(url, init);
    // The clock of AWS goes with that of the test, which moves.
    const expiration = new Date(Date.now() + 900_000).toISOString();
    return new Response((await answer.text()).replace(/(?<=<Expiration>)[^<]*/, expiration), { status: answer.status });
  };
  const credentials = aws.awsCredentialsProvider({ roleArn: ROLE, endpoint, fetch: counting, ...options });
  const config = { region: 'eu-central-1', endpoint, credentials };
  return { requests, credentials, s3: new S3Client({ ...config, forcePathStyle: true }), sts: new STSClient(config) };
}

test('an object is written and read with keys for the token of the request', async () => {
  const token = await issuer.mint({ jti: 'moto' }, { expiresIn: 7200 });
  const request = new Headers({ 'x-vercel-oidc-token': token });
  const { requests, credentials, s3, sts } = setting({ request, durationSeconds: 900 });
  await s3.send(new CreateBucketCommand({ Bucket: 'site', CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }));
  await s3.send(new PutObjectCommand({ Bucket: 'site', Key: 'greeting', Body: 'hello' }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'site', Key: 'greeting' }));
  assert.equal(await Body.transformToString(), 'hello');
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  assert.deepEqual(
    Buckets.map(({ Name }) => Name),
    ['site'],
  );
  assert.match((await sts.send(new GetCallerIdentityCommand({}))).Arn, /:assumed-role\/deploy\/countersign$/);
  assert.equal(requests.length, 1, 'one exchange for all of them');
  assert.equal(requests[0].get('WebIdentityToken'), token);

  const first = await credentials();
  const real = Date.now;
  try {
    // An hour later the keys are dead, and the clients of before ask for new ones.
    Date.now = () => real.call(Date) + 3_600_000;
    await s3.send(new PutObjectCommand({ Bucket: 'site', Key: 'greeting', Body: 'hello again' }));
    const answer = await s3.send(new GetObjectCommand({ Bucket: 'site', Key: 'greeting' }));
    assert.equal(await answer.Body.transformToString(), 'hello again');
    assert.equal(requests.length, 2);
    assert.notEqual((await credentials()).accessKeyId, first.accessKeyId);
  } finally {
    Date.now = real;
  }
  // The clock is back: how old the keys from the future are, nobody knows.
  const third = await credentials();
  assert.equal(requests.length, 3);
  const forced = await credentials({ forceRefresh: true });
  assert.equal(requests.length, 4);
  assert.notEqual(forced.accessKeyId, third.accessKeyId);
  for (const text of [inspect(forced, { depth: 9, showHidden: true }), JSON.stringify(forced), `${forced}`]) {
    assert.ok(!text.includes(forced.secretAccessKey) && !text.includes(forced.sessionToken), text);
  }
});

test('1,000 callers with clients of their own make one exchange', async () => {
  const token = await issuer.mint({ jti: 'moto crowd' });
  const shared = setting({ token });
  const callers = Array.from({ length: 1000 }, () => shared.credentials());
  const keys = new Set((await Promise.all(callers)).map(({ accessKeyId }) => accessKeyId));
  assert.deepEqual([keys.size, shared.requests.length], [1, 1]);
});

test('two tenants have two pairs of keys, and another role has a third', async () => {
  const [a, b] = [await issuer.mint({ jti: 'tenant a' }), await issuer.mint({ jti: 'tenant b' })];
  const keys = async (options) => (await setting(options).credentials()).accessKeyId;
  const seen = [await keys({ token: a }), await keys({ token: b }), await keys({ token: a, roleArn: `${ROLE}-2` })];
  assert.equal(new Set(seen).size, 3);
  assert.equal(await keys({ token: a }), seen[0]);
  exchange.clearCredentials();
  assert.notEqual(await keys({ token: a }), seen[0]);
});

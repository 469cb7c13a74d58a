// What `awsTrust` gives, given to IAM by AWS's own clients: provider and role are made of it, the role is taken with a token,
// and an object goes in and out with what that gives. Moto does not judge tokens; whom the policy lets in, the simulator says.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { startMoto } from './moto.mjs';
import { createTestIssuer, infra, inspect } from './package.mjs';

const ACCOUNT = '123456789012';
const TRUST = { team: 'acme', project: 'acme_website', environment: ['production', 'preview'], accountId: ACCOUNT };

test("with the documents of awsTrust, AWS's own clients set up a role, take it, and use it", async (t) => {
  const moto = await startMoto();
  t.after(() => moto.stop());
  const client = { endpoint: moto.url, region: 'eu-central-1' };
  const owner = { ...client, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const { provider, trustPolicy } = infra.awsTrust(TRUST);

  const iam = new IAMClient(owner);
  const created = await iam.send(
    new CreateOpenIDConnectProviderCommand({ Url: provider.url, ClientIDList: provider.clientIds, ThumbprintList: provider.thumbprints }),
  );
  assert.equal(created.OpenIDConnectProviderArn, provider.arn);
  const known = await iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: provider.arn }));
  assert.deepEqual([known.Url, known.ClientIDList], ['oidc.vercel.com/acme', ['https://vercel.com/acme']]);
  await iam.send(new CreateRoleCommand({ RoleName: 'app', AssumeRolePolicyDocument: JSON.stringify(trustPolicy) }));
  const { Role: role } = await iam.send(new GetRoleCommand({ RoleName: 'app' }));
  assert.deepEqual(JSON.parse(decodeURIComponent(role.AssumeRolePolicyDocument)), trustPolicy);
  const use = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::uploads/uploads/*' }],
  };
  await iam.send(new PutRolePolicyCommand({ RoleName: 'app', PolicyName: 'uploads', PolicyDocument: JSON.stringify(use) }));
  await new S3Client({ ...owner, forcePathStyle: true }).send(
    new CreateBucketCommand({ Bucket: 'uploads', CreateBucketConfiguration: { LocationConstraint: client.region } }),
  );

  const token = await (await createTestIssuer()).mint();
  const sts = new STSClient({ ...client, credentials: { accessKeyId: 'none', secretAccessKey: 'none' } });
  const { Credentials: given } = await sts.send(
    new AssumeRoleWithWebIdentityCommand({ RoleArn: role.Arn, RoleSessionName: 'site', WebIdentityToken: token }),
  );
  const credentials = { accessKeyId: given.AccessKeyId, secretAccessKey: given.SecretAccessKey, sessionToken: given.SessionToken };
  const { Arn: arn } = await new STSClient({ ...client, credentials }).send(new GetCallerIdentityCommand({}));
  assert.equal(arn, `arn:aws:sts::${ACCOUNT}:assumed-role/app/site`);
  const s3 = new S3Client({ ...client, credentials, forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: 'uploads', Key: 'uploads/a.txt', Body: 'hello' }));
  const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: 'uploads', Key: 'uploads/a.txt' }));
  assert.equal(await body.transformToString(), 'hello');
});

let issuer;
before(async () => (issuer = await createTestIssuer()));

for (const issuerMode of ['team', 'global']) {
  const name = issuerMode === 'team' ? 'https://oidc.vercel.com/acme' : 'https://oidc.vercel.com';
  const aws = (claims, environment = TRUST.environment) => {
    const { provider, trustPolicy } = infra.awsTrust({ ...TRUST, environment, issuerMode });
    return issuer
      .mint({ iss: name, ...claims })
      .then((token) => inspect.simulate({ kind: 'aws', policy: trustPolicy, clientIds: provider.clientIds }, token));
  };

  test(`the policy lets in the project's own environments: issuer mode ${issuerMode}`, async () => {
    for (const environment of TRUST.environment) {
      const { accepted, summary } = await aws({ environment });
      assert.ok(accepted, summary);
    }
  });

  test(`and refuses every other identity: issuer mode ${issuerMode}`, async () => {
    const others = {
      'a neighbour project': { project: 'acme_website2' },
      'a project whose name begins alike': { project: 'acme_website_fork' },
      // A pull request from a fork is deployed as a preview of this very project.
      'a fork’s preview': { environment: 'preview' },
      development: { environment: 'development' },
      'a custom environment': { environment: 'production-eu' },
      'another team': { owner: 'evil', iss: issuerMode === 'team' ? 'https://oidc.vercel.com/evil' : name },
      'another team that uses this audience': { owner: 'evil', aud: 'https://vercel.com/acme' },
      'another audience': { aud: 'https://vercel.com/evil' },
      'a subject that goes on': { sub: 'owner:acme:project:acme_website:environment:production:x' },
    };
    for (const [who, claims] of Object.entries(others)) {
      const { decision, summary } = await aws(claims, 'production');
      assert.equal(decision, 'refused', `${who}: ${summary}`);
    }
  });
}

test('names and ids are checked', () => {
  for (const [option, value] of [
    ['team', 'a/b'],
    ['project', '*'],
    ['project', ''],
    ['environment', 'a:b'],
    ['environment', []],
    ['accountId', '123'],
    ['partition', 'aws-x'],
    ['issuerMode', 'both'],
    ['audience', ''],
  ]) {
    assert.throws(() => infra.awsTrust({ ...TRUST, [option]: value }), { code: 'ERR_INVALID_OPTION' }, `${option}: ${value}`);
  }
  assert.throws(() => infra.awsTrust({ ...TRUST, environments: [] }), { code: 'ERR_INVALID_OPTION' });
});

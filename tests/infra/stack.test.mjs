// The programs in www/infra: they type-check against the providers' own packages, and declare what they should. Nothing is
// deployed: Pulumi's mocks stand for the clouds. No Terraform binary is needed either: HashiCorp's own parser reads the twin.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from '@cdktf/hcl2json';

const EXAMPLE = new URL('../../www/infra/', import.meta.url);
const require = createRequire(new URL('package.json', EXAMPLE));
const path = (name) => fileURLToPath(new URL(name, EXAMPLE));

const ACCOUNT = '123456789012';
const SETTINGS = { team: 'acme', project: 'acme_website', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', region: 'eu-central-1' };

/** Every resource that the program declares: its type without the package, its name and its inputs. */
const resources = [];
let outputs;

before(async () => {
  // Inside node_modules, where the packages are found and nobody looks.
  const compiled = new URL('node_modules/.compiled/', EXAMPLE);
  execFileSync(path('node_modules/.bin/tsc'), ['--noEmit', 'false', '--outDir', fileURLToPath(compiled)], {
    cwd: path('.'),
    stdio: 'inherit',
  });
  const pulumi = require('@pulumi/pulumi');
  await pulumi.runtime.setMocks({
    newResource({ type, name, inputs }) {
      resources.push({ type, name, inputs });
      const arn = type.includes('s3/bucket:Bucket') ? `arn:aws:s3:::${name}-1` : `arn:aws:iam::${ACCOUNT}:role/${name}-1`;
      return { id: `${name}-1`, state: { ...inputs, arn, bucket: `${name}-1` } };
    },
    call: ({ token, inputs }) => (token === 'aws:index/getCallerIdentity:getCallerIdentity' ? { accountId: ACCOUNT } : inputs),
  });
  const { deploy } = require(fileURLToPath(new URL('stack.js', compiled)));
  const declared = deploy({ aws: require('@pulumi/aws'), vercel: require('@pulumiverse/vercel') }, SETTINGS);
  outputs = await new Promise((resolve) => pulumi.output(declared).apply(resolve));
  // Resources register behind the outputs that they wait for.
  await pulumi.runtime.disconnect();
});

const only = (type) => {
  const found = resources.filter((resource) => resource.type === type);
  assert.equal(found.length, 1, `${found.length} resources of type ${type}`);
  return found[0].inputs;
};

const TRUST = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/oidc.vercel.com/acme` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'oidc.vercel.com/acme:aud': 'https://vercel.com/acme',
          'oidc.vercel.com/acme:sub': ['production', 'preview'].map((name) => `owner:acme:project:acme_website:environment:${name}`),
        },
      },
    },
  ],
};

test('the provider trusts the team and its audience, without thumbprints', () => {
  assert.deepEqual(only('aws:iam/openIdConnectProvider:OpenIdConnectProvider'), {
    url: 'https://oidc.vercel.com/acme',
    clientIdLists: ['https://vercel.com/acme'],
  });
});

test('the role can be taken by production and preview of this project, and no wildcard is in it', () => {
  const role = only('aws:iam/role:Role');
  assert.deepEqual(JSON.parse(role.assumeRolePolicy), TRUST);
  assert.ok(!role.assumeRolePolicy.includes('*'));
  assert.equal(role.maxSessionDuration, 3600);
});

test('the role may read and write objects under one prefix of one bucket, and nothing else', () => {
  assert.deepEqual(JSON.parse(only('aws:iam/rolePolicy:RolePolicy').policy), {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::uploads-1/uploads/*' }],
  });
});

test('nothing in the bucket can be made public', () => {
  const { bucket, ...blocks } = only('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock');
  assert.equal(bucket, 'uploads-1');
  assert.deepEqual(blocks, { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true });
});

test('the project is told in every environment', () => {
  const { projectId, teamId, variables } = only('vercel:index/projectEnvironmentVariables:ProjectEnvironmentVariables');
  assert.deepEqual([projectId, teamId], [SETTINGS.projectId, 'acme']);
  assert.deepEqual(Object.fromEntries(variables.map(({ key, value }) => [key, value])), outputs);
  assert.deepEqual(outputs, {
    AWS_ROLE_ARN: `arn:aws:iam::${ACCOUNT}:role/app-1`,
    AWS_REGION: 'eu-central-1',
    S3_BUCKET_NAME: 'uploads-1',
    S3_BUCKET_ARN: 'arn:aws:s3:::uploads-1',
  });
  for (const { targets } of variables) assert.deepEqual(targets, ['production', 'preview', 'development']);
});

test('settings come from the environment, and a missing one is named', () => {
  const { settings } = require(path('node_modules/.compiled/settings.js'));
  const env = { VERCEL_TEAM: 'acme', VERCEL_PROJECT_NAME: 'acme_website', VERCEL_PROJECT_ID: SETTINGS.projectId };
  assert.deepEqual(settings(env), SETTINGS);
  assert.throws(() => settings({ ...env, VERCEL_TEAM: '' }), /^Error: VERCEL_TEAM is not set/);
});

test('the SST program hands in the providers that SST makes global, in the version that is tested here', async () => {
  // SST calls its config with a global.
  globalThis.$config = (config) => config;
  const config = require(path('node_modules/.compiled/sst.config.js'));
  const app = config.default.app({ stage: 'production' });
  const { dependencies } = JSON.parse(await readFile(path('package.json'), 'utf8'));
  assert.equal(app.providers.vercel, dependencies['@pulumiverse/vercel']);
  assert.equal(typeof config.default.run, 'function');
});

test('the Terraform twin is well-formed, refers to what it declares, and declares the same', async () => {
  const folder = path('terraform');
  const parsed = {};
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.tf'))) {
    const blocks = await parse(file, await readFile(`${folder}/${file}`, 'utf8'));
    for (const [block, content] of Object.entries(blocks))
      parsed[block] = Array.isArray(content) ? [...(parsed[block] ?? []), ...content] : { ...parsed[block], ...content };
  }
  const { resource, data, variable, locals, output } = parsed;
  const declared = new Set([
    ...Object.keys(variable).map((name) => `var.${name}`),
    ...locals.flatMap((block) => Object.keys(block)).map((name) => `local.${name}`),
    ...Object.entries(resource).flatMap(([type, names]) => Object.keys(names).map((name) => `${type}.${name}`)),
    ...Object.entries(data).flatMap(([type, names]) => Object.keys(names).map((name) => `data.${type}.${name}`)),
  ]);
  const text = JSON.stringify({ resource, data, locals, output, provider: parsed.provider });
  const used = [...text.matchAll(/\b((?:var|local)\.\w+|data\.\w+\.\w+|(?<!data\.)(?:aws|vercel)_\w+\.\w+)/g)].map(([, name]) => name);
  assert.ok(used.length > 15);
  for (const name of used) assert.ok(declared.has(name), `${name} is declared nowhere`);

  const types = (names) => [...names].sort();
  const snake = {
    OpenIdConnectProvider: 'iam_openid_connect_provider',
    Role: 'iam_role',
    RolePolicy: 'iam_role_policy',
    Bucket: 's3_bucket',
    BucketPublicAccessBlock: 's3_bucket_public_access_block',
  };
  const same = resources.map(({ type }) =>
    type.startsWith('aws:') ? `aws_${snake[type.split(':')[2]]}` : 'vercel_project_environment_variables',
  );
  assert.deepEqual(types(Object.keys(resource)), types(same));
  assert.deepEqual(Object.keys(output).sort(), Object.keys(outputs).sort());
  assert.deepEqual(Object.keys(locals[0].variables).sort(), Object.keys(outputs).sort());
  const [statement] = [data.aws_iam_policy_document.uploads[0].statement].flat();
  assert.deepEqual(statement, { actions: ['s3:GetObject', 's3:PutObject'], resources: ['${aws_s3_bucket.uploads.arn}/uploads/*'] });
  const [{ actions, condition }] = [data.aws_iam_policy_document.trust[0].statement].flat();
  assert.deepEqual(actions, ['sts:AssumeRoleWithWebIdentity']);
  assert.deepEqual(
    condition.map(({ test, variable }) => [test, variable]),
    [
      ['StringEquals', '${local.issuer}:aud'],
      ['StringEquals', '${local.issuer}:sub'],
    ],
  );
  assert.ok(!('thumbprint_list' in resource.aws_iam_openid_connect_provider.vercel[0]));
});

// Infrastructure for the demo: a cloud that trusts the project, and the project told about it. Moto stands for AWS, a server of the
// tests for Vercel's REST API; both are on this machine.

import { createRequire } from 'node:module';
import { startMoto } from '../../../tests/infra/moto.mjs';
import { startVercelApi } from '../../../tests/infra/vercel-api.mjs';
import { WWW } from '../local.mjs';

const requireFromApp = createRequire(new URL('package.json', WWW));
const { awsTrust, pullEnvironment, syncEnvironment } = requireFromApp('countersign/infra');

const ACCOUNT = '123456789012';
const REGION = 'eu-central-1';
const BUCKET = 'acme-uploads';

/** Whom AWS is to trust: production of the app's project. */
const TRUST = { team: 'acme', project: 'acme_website', environment: 'production', accountId: ACCOUNT };

/**
 * Sets up provider, role and bucket, tells the project, and resolves to the environment of a deployment: the variables as they arrived,
 * and where the fakes are.
 */
export async function setUpInfrastructure(say) {
  const [moto, vercel] = await Promise.all([startMoto(), startVercelApi({ team: { id: 'team_1', slug: 'acme' } })]);
  const project = { project: 'site', team: 'acme', token: vercel.token, apiUrl: vercel.url };

  const { provider, trustPolicy } = awsTrust(TRUST);
  await iam(moto.url, { Action: 'CreateOpenIDConnectProvider', Url: provider.url, 'ClientIDList.member.1': provider.clientIds[0] });
  say(`AWS trusts ${provider.url}`);
  const role = await iam(moto.url, { Action: 'CreateRole', RoleName: 'app', AssumeRolePolicyDocument: JSON.stringify(trustPolicy) });
  const [, arn] = /<Arn>([^<]+)<\/Arn>/.exec(role);
  say(`role ${arn}, for ${trustPolicy.Statement[0].Condition.StringEquals[`${provider.url.slice(8)}:sub`]}`);
  await s3(
    moto.url,
    'PUT',
    BUCKET,
    `<CreateBucketConfiguration><LocationConstraint>${REGION}</LocationConstraint></CreateBucketConfiguration>`,
  );

  const outputs = { AWS_ROLE_ARN: arn, AWS_REGION: REGION, S3_BUCKET_NAME: BUCKET, S3_BUCKET_ARN: `arn:aws:s3:::${BUCKET}` };
  const first = await syncEnvironment({ ...project, values: outputs });
  const again = await syncEnvironment({ ...project, values: outputs });
  say(`environment of the project: ${first.created.length} variables created; a second run finds ${again.unchanged.length} unchanged`);
  const { values } = await pullEnvironment({ ...project, target: 'production' });

  return {
    env: { ...values, VERCEL_ENV: 'production', COUNTERSIGN_BUCKET: values.S3_BUCKET_NAME, COUNTERSIGN_AWS_ENDPOINT: moto.url },
    /** The text of an object, as the bucket's owner reads it. */
    read: (bucket, key) => s3(moto.url, 'GET', `${bucket}/${key}`),
    stop: () => Promise.all([moto.stop(), vercel.close()]),
  };
}

/** Moto looks at a signature only to see which service is meant, so no client of AWS's is needed here; the tests use them. */
const signedFor = (service) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

async function iam(url, parameters) {
  return answered(
    await fetch(url, { method: 'POST', headers: signedFor('iam'), body: new URLSearchParams({ Version: '2010-05-08', ...parameters }) }),
  );
}

async function s3(url, method, path, body) {
  return answered(await fetch(`${url}/${path}`, { method, headers: signedFor('s3'), ...(body && { body }) }));
}

async function answered(response) {
  const text = await response.text();
  if (!response.ok) throw new Error(`moto answered ${response.status}: ${text}`);
  return text;
}

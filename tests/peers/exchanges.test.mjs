// The requests of the exchanges beside those of the services' own clients, captured here: field for field the same, and tried
// again after the same answers.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { before, test } from 'node:test';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { ClientAssertionCredential } from '@azure/identity';
import { exchangeVercelOidcToken } from '@vercel/oidc';
import { ExternalAccountClient } from 'google-auth-library';
import { importPackage } from './package-under-test.mjs';

const ROLE = 'arn:aws:iam::123456789012:role/deploy';
const PROVIDER = '//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/vercel/providers/vercel';
const TENANT = '11111111-2222-3333-4444-555555555555';
const CLIENT = '66666666-7777-8888-9999-000000000000';

let aws, azure, exchange, gcp, testing;
let issuer;
before(async () => {
  ({ aws, azure, exchange, gcp, testing } = await importPackage('exchanges'));
  issuer = await testing.createTestIssuer();
});

let minted = 0;
/** A token that no other test has. */
const mint = () => issuer.mint({ jti: `exchange-${++minted}` });

/** A server that answers what it is told to, and remembers what it was asked. */
async function serve(t, answer) {
  const asked = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({ method: request.method, path: request.url, headers: request.headers, body });
    const { status = 200, text, type = 'application/json' } = answer(asked.length, asked.at(-1));
    response.writeHead(status, { 'content-type': type }).end(text);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(
    () =>
      new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      }),
  );
  return { asked, url: `http://127.0.0.1:${server.address().port}` };
}

const fields = (body) => Object.fromEntries([...new URLSearchParams(body)].sort(([a], [b]) => (a < b ? -1 : 1)));
const later = () => new Date(Date.now() + 3_600_000).toISOString();

const keys = () => ({
  type: 'text/xml',
  text: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
    <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/deploy/x</Arn><AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser>
    <Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>se/cr+et</SecretAccessKey><SessionToken>to+k/en==</SessionToken>
    <Expiration>${later()}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
});

test('AWS: the request is the one of @aws-sdk/client-sts, and so are the keys', async (t) => {
  const { asked, url } = await serve(t, keys);
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] };
  const policyArns = ['arn:aws:iam::aws:policy/ReadOnlyAccess', 'arn:aws:iam::123456789012:policy/a+b'];
  const token = await mint();
  for (const all of [false, true]) {
    const sts = new STSClient({ region: 'eu-central-1', endpoint: url });
    const answer = await sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: ROLE,
        RoleSessionName: all ? 'site@production' : 'countersign',
        WebIdentityToken: token,
        ...(all && { DurationSeconds: 900, Policy: JSON.stringify(policy), PolicyArns: policyArns.map((arn) => ({ arn })) }),
      }),
    );
    const provider = aws.awsCredentialsProvider({
      roleArn: ROLE,
      token,
      endpoint: url,
      ...(all && { roleSessionName: 'site@production', durationSeconds: 900, policy, policyArns }),
    });
    const credentials = await provider();
    const [theirs, ours] = asked.splice(0);
    assert.deepEqual(fields(ours.body), fields(theirs.body));
    assert.equal(Object.keys(fields(ours.body)).length, all ? 9 : 5);
    assert.deepEqual([ours.method, ours.path], [theirs.method, theirs.path]);
    assert.equal(ours.headers['content-type'], theirs.headers['content-type']);
    assert.equal(theirs.headers.authorization, undefined, 'it is not signed');
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials;
    const { accessKeyId, secretAccessKey, sessionToken, expiration, accountId } = credentials;
    assert.deepEqual([accessKeyId, secretAccessKey, sessionToken, accountId], [AccessKeyId, SecretAccessKey, SessionToken, '123456789012']);
    assert.ok(Math.abs(expiration - (all ? Date.now() + 900_000 : Expiration)) < 10_000);
    assert.equal({ ...credentials }.secretAccessKey, undefined, 'the secret is not an own member');
  }
});

test('AWS: each region has the endpoint that the SDK has for it', async () => {
  const regions = {
    aws: ['us-east-1', 'eu-central-1', 'ap-southeast-4', 'il-central-1'],
    'aws-cn': ['cn-north-1'],
    'aws-us-gov': ['us-gov-west-1'],
    'aws-iso': ['us-iso-east-1'],
    'aws-iso-b': ['us-isob-east-1'],
    'aws-iso-e': ['eu-isoe-west-1'],
    'aws-iso-f': ['us-isof-south-1'],
    'aws-eusc': ['eusc-de-east-1'],
  };
  const token = await mint();
  for (const [partition, names] of Object.entries(regions)) {
    const roleArn = ROLE.replace(':aws:', `:${partition}:`);
    for (const region of names) {
      const seen = [];
      const requestHandler = {
        handle: async ({ protocol, hostname, path }) => seen.push(`${protocol}//${hostname}${path}`) && Promise.reject(new Error('seen')),
      };
      const sts = new STSClient({ region, requestHandler, maxAttempts: 1 });
      await sts
        .send(new AssumeRoleWithWebIdentityCommand({ RoleArn: roleArn, RoleSessionName: 'xx', WebIdentityToken: token }))
        .catch(() => {});
      const fetch = async (url) => seen.push(url) && new Response('', { status: 403 });
      await aws
        .awsCredentialsProvider({ roleArn, token, region, fetch })()
        .catch(() => {});
      await aws
        .awsCredentialsProvider({
          roleArn,
          token,
          env: { AWS_REGION: region, AWS_DEFAULT_REGION: 'x' },
          roleSessionName: 'from-env',
          fetch,
        })()
        .catch(() => {});
      assert.deepEqual(seen, [seen[0], seen[0], seen[0]], region);
    }
  }
});

const fault = (code) => ({
  type: 'text/xml',
  text: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
});

for (const [status, code] of [
  [400, 'ExpiredTokenException'],
  [400, 'InvalidIdentityToken'],
  [400, 'IDPCommunicationError'],
  [400, 'MalformedPolicyDocument'],
  [400, 'PackedPolicyTooLarge'],
  [403, 'IDPRejectedClaim'],
  [403, 'RegionDisabledException'],
  [403, 'AccessDenied'],
  [400, 'Throttling'],
  [400, 'RequestLimitExceeded'],
  [429, 'TooManyRequestsException'],
  [500, 'InternalFailure'],
  [502, 'x'],
  [503, 'ServiceUnavailable'],
  [504, 'x'],
]) {
  test(`AWS: after ${status} ${code} it is tried again if the SDK tries again`, { concurrency: true }, async (t) => {
    const { asked, url } = await serve(t, () => ({ status, ...fault(code) }));
    const token = await mint();
    const sts = new STSClient({ region: 'us-east-1', endpoint: url });
    const thrown = await sts
      .send(new AssumeRoleWithWebIdentityCommand({ RoleArn: ROLE, RoleSessionName: 'xx', WebIdentityToken: token }))
      .catch((error) => error);
    const theirs = asked.splice(0).length;
    const error = await aws
      .awsCredentialsProvider({ roleArn: ROLE, token, endpoint: url })()
      .catch((error) => error);
    assert.deepEqual([asked.length, error.provider.code, error.status], [theirs, code, status]);
    // The SDK names its classes after the codes, with an ending that not every code has.
    assert.equal(thrown.name.replace(/Exception$/, ''), code.replace(/Exception$/, ''));
    assert.equal(error.retryable, theirs > 1);
  });
}

/** What google-auth-library and this package say to the same servers. */
async function google(t, answers, options = {}) {
  const { asked, url } = await serve(t, answers);
  const token = await mint();
  const request = new Headers({ 'x-vercel-oidc-token': token });
  const scopes = ['https://www.googleapis.com/auth/devstorage.read_only', 'https://www.googleapis.com/auth/pubsub'];
  const client = ExternalAccountClient.fromJSON({
    type: 'external_account',
    audience: PROVIDER,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${url}/v1/token`,
    subject_token_supplier: gcp.gcpSubjectTokenSupplier({ request, fetch: () => assert.fail('no exchange of the audience') }),
    ...(options.serviceAccount && {
      service_account_impersonation_url: `${url}/v1/projects/-/serviceAccounts/${options.serviceAccount}:generateAccessToken`,
      ...(options.lifetimeSeconds && { service_account_impersonation: { token_lifetime_seconds: options.lifetimeSeconds } }),
    }),
  });
  client.scopes = scopes;
  const theirs = await client.getAccessToken().catch((error) => error);
  const theirRequests = asked.splice(0);
  // The second address cannot be chosen here, since it takes a token that is worth something: it is led to the same server.
  const fetch = (address, init) => globalThis.fetch(address.replace('https://iamcredentials.googleapis.com', url), init);
  const ours = await gcp
    .gcpAccessToken({ audience: PROVIDER, request, scopes, tokenUrl: `${url}/v1/token`, fetch, ...options })
    .catch((error) => error);
  return { theirs, ours, theirRequests, ourRequests: asked };
}

const federated = (number) => ({
  text: JSON.stringify({
    access_token: `federated-${number}`,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3599,
  }),
});

test('Google Cloud: the request is the one of google-auth-library', async (t) => {
  const { theirs, ours, theirRequests, ourRequests } = await google(t, federated);
  assert.equal(theirs.token, 'federated-1');
  assert.equal(ours.value, 'federated-1');
  assert.deepEqual([theirRequests.length, ourRequests.length], [1, 1]);
  assert.deepEqual(fields(ourRequests[0].body), fields(theirRequests[0].body));
  assert.deepEqual([ourRequests[0].method, ourRequests[0].path], [theirRequests[0].method, theirRequests[0].path]);
  assert.equal(ourRequests[0].headers['content-type'].split(';')[0], theirRequests[0].headers['content-type'].split(';')[0]);
});

for (const lifetimeSeconds of [undefined, 600]) {
  test(`Google Cloud: so are those for a service account (${lifetimeSeconds ?? 'default'} seconds)`, async (t) => {
    const second = () => ({ text: JSON.stringify({ accessToken: 'of-the-account', expireTime: later() }) });
    const answers = (number) => (number % 2 === 1 ? federated(number) : second());
    const serviceAccount = 'site@acme.iam.gserviceaccount.com';
    const options = { serviceAccount, ...(lifetimeSeconds && { lifetimeSeconds }) };
    const { theirs, ours, theirRequests, ourRequests } = await google(t, answers, options);
    assert.equal(theirs.token, 'of-the-account');
    assert.equal(ours.value, 'of-the-account');
    assert.deepEqual([theirRequests.length, ourRequests.length], [2, 2]);
    assert.deepEqual(fields(ourRequests[0].body), fields(theirRequests[0].body));
    assert.deepEqual(JSON.parse(ourRequests[1].body), JSON.parse(theirRequests[1].body));
    for (const part of ['method', 'path']) assert.equal(ourRequests[1][part], theirRequests[1][part]);
    assert.equal(ourRequests[1].headers.authorization, theirRequests[1].headers.authorization);
  });
}

for (const status of [400, 401, 403, 404, 429, 500, 501, 503]) {
  test(`Google Cloud: after ${status} it is tried again if google-auth-library tries again`, { concurrency: true }, async (t) => {
    const refusal = { status, text: JSON.stringify({ error: 'invalid_grant', error_description: 'no' }) };
    const { theirRequests, ours, ourRequests } = await google(t, () => refusal);
    assert.equal(ourRequests.length > 1, theirRequests.length > 1, `${theirRequests.length} requests of theirs`);
    assert.deepEqual([ours.code, ours.status, ours.provider.code], ['ERR_EXCHANGE_REJECTED', status, 'invalid_grant']);
  });
}

/** What @azure/identity and this package say to the same server. */
async function entra(answer) {
  const token = await mint();
  const asked = [];
  const respond = (url, method, body, headers) => {
    asked.push({ url, method, body, headers });
    return answer(asked.length);
  };
  const httpClient = {
    async sendRequest(request) {
      const { status = 200, text } = respond(request.url, request.method, request.body, request.headers.toJSON());
      return { request, status, headers: request.headers, bodyAsText: text };
    },
  };
  const assertion = azure.azureClientAssertion({ token });
  const credential = new ClientAssertionCredential(TENANT, CLIENT, assertion, { httpClient, disableInstanceDiscovery: true });
  const theirs = await credential.getToken('https://vault.azure.net/.default').catch((error) => error);
  const theirRequests = asked.splice(0).filter(({ method }) => method === 'POST');
  const fetch = async (url, { method, body, headers }) => {
    const { status = 200, text } = respond(url, method, body, Object.fromEntries(new Headers(headers)));
    return new Response(text, { status });
  };
  const ours = await azure
    .azureAccessToken({ tenantId: TENANT, clientId: CLIENT, scope: 'https://vault.azure.net/.default', token, fetch })
    .catch((error) => error);
  return { theirs, ours, theirRequests, ourRequests: asked };
}

/** What MSAL tells about itself beside the request. */
const TELEMETRY = /^(client-request-id|x-client-.*|x-app-.*|x-ms-lib-capability|client_info)$/;

test('Entra ID: the request is the one of @azure/identity', async () => {
  const { theirs, ours, theirRequests, ourRequests } = await entra(() => ({
    text: JSON.stringify({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: 'at' }),
  }));
  assert.deepEqual([theirs.token, ours.value], ['at', 'at']);
  assert.ok(Math.abs(theirs.expiresOnTimestamp - ours.expiresAt) < 10_000);
  const essential = Object.fromEntries(Object.entries(fields(theirRequests[0].body)).filter(([name]) => !TELEMETRY.test(name)));
  assert.deepEqual(fields(ourRequests[0].body), essential);
  const address = new URL(theirRequests[0].url);
  for (const name of [...address.searchParams.keys()].filter((name) => TELEMETRY.test(name))) address.searchParams.delete(name);
  assert.equal(ourRequests[0].url, address.href);
  assert.match(theirRequests[0].headers['content-type'], new RegExp(ourRequests[0].headers['content-type']));
});

for (const status of [400, 401, 500, 503]) {
  test(`Entra ID: after ${status} it is tried again if @azure/identity tries again`, { concurrency: true }, async () => {
    const { theirRequests, ours, ourRequests } = await entra(() => ({
      status,
      text: JSON.stringify({ error: 'invalid_client', error_description: 'AADSTS700213: no' }),
    }));
    assert.equal(ourRequests.length > 1, theirRequests.length > 1, `${theirRequests.length} requests of theirs`);
    assert.deepEqual(
      [ours.code, ours.provider.code, ours.provider.description],
      ['ERR_EXCHANGE_REJECTED', 'invalid_client', 'AADSTS700213: no'],
    );
  });
}

test('Vercel: the request is the one of @vercel/oidc', async (t) => {
  const asked = [];
  const answer = async (url, { method, headers, body }) => {
    asked.push({ url: String(url), method, headers: Object.fromEntries(new Headers(headers)), body: JSON.parse(body) });
    return Response.json({ token: `new-${asked.length}`, expiry: Math.floor(Date.now() / 1000) + 60 });
  };
  const real = globalThis.fetch;
  globalThis.fetch = answer;
  t.after(() => (globalThis.fetch = real));
  for (const jti of [undefined, 'one']) {
    const token = await mint();
    await exchangeVercelOidcToken({ token, audience: 'sts.amazonaws.com', jti });
    await exchange.exchangeAudience({ token, audience: 'sts.amazonaws.com', jti });
    const [theirs, ours] = asked.splice(0);
    delete theirs.headers['user-agent'];
    assert.deepEqual(ours, theirs);
  }
});

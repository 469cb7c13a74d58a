// AWS, Google Cloud, Entra ID and any service of RFC 8693, each a function that answers as documented. That the requests are those
// of the services' own clients is proved in tests/peers.

import { service } from './exchange.mjs';

const ROLE = 'arn:aws:iam::123456789012:role/deploy';
const PROVIDER = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/vercel/providers/vercel';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

const mint = async (testing, name) => (await testing.createTestIssuer()).mint({ jti: name });
const fields = ({ body }) => Object.fromEntries(new URLSearchParams(body));
const soon = () => new Date(Date.now() + 3_600_000).toISOString();

export const awsKeys = (id) =>
  new Response(
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
  <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/deploy/x</Arn></AssumedRoleUser><Credentials><AccessKeyId>${id}</AccessKeyId>
  <SecretAccessKey>se/cr+et</SecretAccessKey><SessionToken>to+k/en</SessionToken><Expiration>${soon()}</Expiration></Credentials>
  </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
  );

const accessToken = (value) =>
  new Response(
    JSON.stringify({ access_token: value, issued_token_type: JWT, token_type: 'Bearer', expires_in: 3600, refresh_token: 'rt' }),
  );

export const cases = [
  {
    name: 'aws: keys of a role, in the form that the SDK takes',
    async run({ aws, testing, assert }) {
      const token = await mint(testing, 'aws');
      const { asked, fetch } = service(() => awsKeys('ASIA1'));
      const policy = { Version: '2012-10-17', Statement: [] };
      const provider = aws.awsCredentialsProvider({
        roleArn: ROLE,
        token: async () => token,
        policy,
        env: { AWS_REGION: 'eu-west-3' },
        fetch,
      });
      assert.equal(asked.length, 0, 'nothing is asked before it is needed');
      const got = await provider();
      assert.equal(asked[0].url, 'https://sts.eu-west-3.amazonaws.com/');
      assert.equal(fields(asked[0]).WebIdentityToken, token);
      assert.equal(fields(asked[0]).Policy, JSON.stringify(policy));
      assert.ok(got.expiration instanceof Date, 'a date');
      const { accessKeyId, secretAccessKey, sessionToken, accountId } = got;
      assert.same(
        { accessKeyId, secretAccessKey, sessionToken, accountId },
        { accessKeyId: 'ASIA1', secretAccessKey: 'se/cr+et', sessionToken: 'to+k/en', accountId: '123456789012' },
      );
      for (const text of [String(got), JSON.stringify(got)]) assert.ok(!/se.cr.et|to.k.en/.test(text), text);
      // The SDK notes in the object where it is from; the next caller does not see that.
      got.$source = {};
      assert.ok(!('$source' in (await provider())), 'what another has changed');
      await provider({ forceRefresh: true });
      assert.equal(asked.length, 2, 'requests');
    },
  },
  {
    name: 'aws: a role is not asked for with a forged token, nor for another tenant',
    async run({ aws, testing, assert }) {
      const [a, b] = [await mint(testing, 'tenant-a'), await mint(testing, 'tenant-b')];
      const forged = `${b.slice(0, -8)}AAAAAAAA`;
      const { fetch } = service((_url, init) => {
        const token = fields(init).WebIdentityToken;
        const fault =
          '<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>m</Message></Error></ErrorResponse>';
        return token === forged ? new Response(fault, { status: 400 }) : awsKeys(token === a ? 'OF-A' : 'OF-B');
      });
      const ask = async (token) => (await aws.awsCredentialsProvider({ roleArn: ROLE, token, fetch })()).accessKeyId;
      assert.equal(await ask(b), 'OF-B');
      assert.equal(await ask(a), 'OF-A');
      const error = await assert.rejects(ask(forged), 'ERR_EXCHANGE_REJECTED');
      assert.same(error.provider, { name: 'aws', code: 'InvalidIdentityToken', description: 'm' });
    },
  },
  {
    name: 'aws: the token can be exchanged for one with another audience first',
    async run({ aws, testing, assert }) {
      const token = await mint(testing, 'aws audience');
      const { asked, fetch } = service(
        () => new Response(JSON.stringify({ token: 'for-sts', expiry: Math.floor(Date.now() / 1000) + 3600 })),
        () => awsKeys('ASIA2'),
      );
      const request = { headers: { 'x-vercel-oidc-token': token } };
      await aws.awsCredentialsProvider({ roleArn: ROLE, request, audience: 'sts.amazonaws.com', fetch })();
      assert.equal(JSON.parse(asked[0].body).aud, 'sts.amazonaws.com');
      assert.equal(fields(asked[1]).WebIdentityToken, 'for-sts');
    },
  },
  {
    name: 'aws: mistakes are named before anything is sent',
    run({ aws, assert }) {
      for (const [name, options] of Object.entries({
        options: null,
        roleArn: { roleArn: 'deploy' },
        roleSessionName: { roleSessionName: 'a b' },
        durationSeconds: { durationSeconds: 899 },
        policy: { policy: 'allow all' },
        policyArns: { policyArns: ['x'] },
        region: { region: 'evil.example/' },
        endpoint: { endpoint: 'http://sts.example' },
        rolearn: { rolearn: ROLE },
      })) {
        const error = assert.throws(() => aws.awsCredentialsProvider(options && { roleArn: ROLE, ...options }), 'ERR_INVALID_OPTION');
        assert.option(error, name);
      }
    },
  },
  {
    name: 'gcp: a federated token, or one of a service account',
    async run({ gcp, testing, assert }) {
      const token = await mint(testing, 'gcp');
      const { asked, fetch } = service(
        () => accessToken('federated'),
        () => new Response(JSON.stringify({ accessToken: 'of-the-account', expireTime: soon() })),
      );
      const options = { audience: PROVIDER, token, fetch };
      assert.equal((await gcp.gcpAccessToken({ ...options, serviceAccount: 'a@b.example', scopes: 'openid' })).value, 'of-the-account');
      assert.equal(fields(asked[0]).audience, PROVIDER);
      assert.same(JSON.parse(asked[1].body), { scope: ['openid'], lifetime: '3600s' });
      const plain = service(() => accessToken('federated'));
      const got = await gcp.gcpAccessToken({ ...options, fetch: plain.fetch });
      assert.equal(got.value, 'federated');
      assert.ok(!JSON.stringify(got).includes('federated'), 'the token is shown');
      await assert.rejects(gcp.gcpAccessToken({ ...options, audience: 'https://x' }), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'gcp, azure: what the services’ own clients are given is the token, and no exchange by accident',
    async run({ azure, gcp, testing, assert }) {
      const token = await mint(testing, 'suppliers');
      const { asked, fetch } = service(
        () => new Response(JSON.stringify({ token: 'exchanged', expiry: Math.floor(Date.now() / 1000) + 3600 })),
      );
      const supplier = gcp.gcpSubjectTokenSupplier({ token, fetch });
      assert.equal(await supplier.getSubjectToken({ audience: PROVIDER, subjectTokenType: JWT, transporter: {} }), token);
      assert.equal(await azure.azureClientAssertion({ token, fetch })(), token);
      assert.equal(asked.length, 0, 'requests');
      assert.equal(await azure.azureClientAssertion({ token, audience: 'api://AzureADTokenExchange', fetch })(), 'exchanged');
      assert.equal(await gcp.gcpSubjectTokenSupplier({ token, tokenAudience: 'pool', fetch }).getSubjectToken(), 'exchanged');
      assert.throws(() => gcp.gcpSubjectTokenSupplier({ token, audience: PROVIDER }), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'azure: an access token for an application',
    async run({ azure, testing, assert }) {
      const token = await mint(testing, 'azure');
      const { asked, fetch } = service(() => new Response(JSON.stringify({ access_token: 'at', token_type: 'Bearer', expires_in: 3599 })));
      const options = { tenantId: 'acme.example', clientId: 'app', scope: 'https://vault.azure.net/.default', token, fetch };
      assert.equal((await azure.azureAccessToken(options)).value, 'at');
      assert.equal(asked[0].url, 'https://login.microsoftonline.com/acme.example/oauth2/v2.0/token');
      await assert.rejects(azure.azureAccessToken({ ...options, scope: 'https://vault.azure.net' }), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'exchange: any service that speaks RFC 8693',
    async run({ exchange, testing, assert }) {
      const token = await mint(testing, 'rfc8693');
      const { asked, fetch } = service(() => accessToken('issued'));
      const options = {
        url: 'https://idp.example/token',
        audience: ['a', 'b'],
        scope: ['x', 'y'],
        clientId: 'c',
        clientSecret: 's3cret',
        token,
        fetch,
      };
      const got = await exchange.exchangeToken(options);
      assert.same([got.value, got.tokenType, got.refreshToken], ['issued', 'Bearer', 'rt']);
      assert.ok(!/issued"|"rt"/.test(JSON.stringify(got)), JSON.stringify(got));
      assert.same(new URLSearchParams(asked[0].body).getAll('audience'), ['a', 'b']);
      assert.equal(fields(asked[0]).scope, 'x y');
      // The order in which options are written changes nothing; their order in a list may.
      const { url, ...rest } = options;
      await exchange.exchangeToken({ ...rest, url });
      assert.equal(asked.length, 1, 'requests');
      await exchange.exchangeToken({ ...options, clientSecret: 'other' });
      assert.equal(asked.length, 2, 'requests');
    },
  },
  {
    name: 'clouds: AWS policies have the form of its SDK too, and options of neighbours are refused by what to write',
    run({ aws, assert }) {
      const role = { roleArn: 'arn:aws:iam::123456789012:role/deploy' };
      aws.awsCredentialsProvider({ ...role, policyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }] });
      for (const [name, words] of Object.entries({
        clientConfig: '`region`',
        jti: '`exchangeAudience',
        skipTokenCache: '`forceRefresh`',
        providerId: 'leave it out',
        clientPlugins: '`fetch`',
      })) {
        const error = assert.throws(() => aws.awsCredentialsProvider({ ...role, [name]: {} }), 'ERR_INVALID_OPTION');
        assert.option(error, name);
        assert.ok(error.message.includes(words), error.message);
      }
      const mixed = assert.throws(
        () => aws.awsCredentialsProvider({ ...role, policyArns: [{ arn: 'x', other: 1 }] }),
        'ERR_INVALID_OPTION',
      );
      assert.option(mixed, 'policyArns');
    },
  },
  {
    name: 'clouds: where nothing is configured a credential chain goes on, and a broken source ends it',
    async run({ aws, azure, assert }) {
      const nothing = { env: {}, refresh: false };
      const broken = { env: { VERCEL_OIDC_TOKEN: 'not a token' }, refresh: false };
      const role = { roleArn: 'arn:aws:iam::123456789012:role/deploy' };
      const absent = await assert.rejects(aws.awsCredentialsProvider({ ...role, ...nothing }), 'ERR_CREDENTIALS_NOT_FOUND');
      assert.equal(absent.tryNextLink, true);
      const failed = await assert.rejects(aws.awsCredentialsProvider({ ...role, ...broken }), 'ERR_CREDENTIAL_INVALID');
      assert.equal(failed.tryNextLink, undefined);
      assert.equal((await assert.rejects(azure.azureClientAssertion(nothing), 'ERR_CREDENTIALS_NOT_FOUND')).name, 'CountersignError');
      assert.equal((await assert.rejects(azure.azureClientAssertion(broken), 'ERR_CREDENTIAL_INVALID')).name, 'AuthenticationError');
    },
  },
];

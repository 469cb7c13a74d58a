// Secrets: what a service quotes back, and what a program may do with an object that holds one.

const SECRET = 'hush/+ "of the client"';
const ACTOR = 'hush-of-the-actor-0123456789';

/** The forms in which a service may quote a text. */
function forms(text) {
  const bytes = new TextEncoder().encode(text);
  const base64 = btoa(String.fromCharCode(...bytes));
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    encodeURIComponent(text).replace(/%../g, (encoded) => encoded.toLowerCase()),
    new URLSearchParams({ x: text }).toString().slice(2),
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
  ];
}

/** Everything that a program may do to show a value, in one text. */
const shown = (value) =>
  [
    String(value),
    value?.stack,
    JSON.stringify(value),
    JSON.stringify({ ...value }),
    JSON.stringify(value?.provider),
    String(value?.message),
    String(Object.entries(value ?? {})),
  ].join('\n');

const answer =
  (body, status = 200) =>
  async () =>
    new Response(JSON.stringify(body), { status });

/** One object of each kind that holds a secret, with the names of the members that have it. */
export async function holders({ countersign, aws, connect, exchange, infra, testing }) {
  const token = await (await testing.createTestIssuer()).mint({ jti: 'secrets' });
  const keys = `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AKIA</AccessKeyId><SecretAccessKey>hush-1</SecretAccessKey><SessionToken>hush-2</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/a/b</Arn></AssumedRoleUser></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
  const provider = aws.awsCredentialsProvider({
    roleArn: 'arn:aws:iam::123456789012:role/secrets',
    token,
    fetch: async () => new Response(keys),
  });
  const granted = { access_token: 'hush-3', refresh_token: 'hush-4', issued_token_type: 'urn:x:y', token_type: 'Bearer', expires_in: 3600 };
  const connected = { token: 'hush-5', expiresAt: Date.now() + 3_600_000, connector: { id: 'scl_1', uid: 'slack/a' } };
  const envs = [{ id: '1', key: 'A', type: 'plain', value: 'hush-6', target: ['development'] }];
  return [
    ['AWS keys', await provider(), ['secretAccessKey', 'sessionToken']],
    [
      'an access token',
      await exchange.exchangeToken({ url: 'https://secrets.example/token', token, fetch: answer(granted) }),
      ['value', 'refreshToken'],
    ],
    [
      'a token of Connect',
      await connect.getTokenResponse('slack/secrets', { subject: { type: 'app' } }, { vercelToken: token, fetch: answer(connected) }),
      ['token'],
    ],
    ['pulled variables', await infra.pullEnvironment({ project: 'site', token: 't', fetch: answer({ envs }) }), ['values']],
    ['a bearer token', await countersign.getBearerToken({ staticKey: 'hush-7' }), ['value']],
  ];
}

export const cases = [
  {
    name: 'secrets: a service that quotes the form, in whatever encoding, is quoted without secrets',
    async run({ exchange, testing, assert }) {
      const token = await (await testing.createTestIssuer()).mint({ jti: 'quoted' });
      for (const [name, secret] of [
        ['client_secret', SECRET],
        ['actor_token', ACTOR],
        ['subject_token', token],
        ['client_secret', 'ab1'],
      ]) {
        for (const form of forms(secret)) {
          const text = `the field ${name}=${form}&client_id=client-1 is wrong`;
          const options = {
            url: 'https://quoting.example/token',
            token,
            clientId: 'client-1',
            clientSecret: name === 'client_secret' ? secret : SECRET,
            actorToken: ACTOR,
            actorTokenType: 'urn:x:y',
          };
          const fetch = async () =>
            new Response(JSON.stringify({ error: 'invalid_client', error_description: text }), {
              status: 401,
              headers: { 'x-request-id': `${name}=${form}` },
            });
          exchange.clearCredentials();
          const error = await assert.rejects(exchange.exchangeToken({ ...options, fetch }), 'ERR_EXCHANGE_REJECTED');
          assert.ok(error.provider.description.startsWith(`the field ${name}=[redacted]`), error.provider.description);
          assert.ok(error.provider.requestId.includes('[redacted]'), error.provider.requestId);
          assert.ok(!shown(error).includes(form), shown(error));
        }
      }
    },
  },
  {
    name: 'secrets: an object that holds one gives it by name, and to nothing that lists, copies or prints',
    async run(env) {
      for (const [what, object, names] of await holders(env)) {
        for (const name of names) {
          env.assert.ok(JSON.stringify(object[name]).includes('hush'), `${what}: ${name}`);
          env.assert.ok(name in object && !Object.keys(object).includes(name), `${what}: ${name}`);
        }
        const seen = [];
        for (const member in object) seen.push(member, object[member]);
        // A browser and a worker clone what is posted.
        const cloned = structuredClone(object);
        seen.push(
          JSON.stringify(object),
          JSON.stringify(cloned),
          String(object),
          JSON.stringify({ ...object }),
          JSON.stringify(Object.entries(object)),
        );
        seen.push(JSON.stringify(Object.values(Object.getOwnPropertyDescriptors(object)).map(({ value }) => value)));
        env.assert.ok(!seen.join('\n').includes('hush'), `${what}: ${seen.join('\n')}`);
      }
    },
  },
  {
    name: 'secrets: the bound of the credential cache can be set, and three hundred connectors in turn ask once each',
    async run({ countersign, connect, exchange, testing, assert }) {
      const token = await (await testing.createTestIssuer()).mint({ jti: 'bound' });
      const report = async () => (await countersign.describeCredentials({ request: {}, env: {}, refresh: false })).cache;
      let asked = 0;
      const fetch = async () => {
        asked += 1;
        return new Response(
          JSON.stringify({
            token: `t-${asked}`,
            expiresAt: Date.now() + 3_600_000,
            connector: { id: `scl_${asked}`, uid: `slack/${asked}` },
          }),
        );
      };
      const all = async () => {
        for (let number = 0; number < 300; number += 1)
          await connect.getToken(`slack/bound-${number}`, { subject: { type: 'app' } }, { vercelToken: token, fetch });
      };
      exchange.clearCredentials();
      exchange.configureCredentialCache({ maxCredentials: 400 });
      try {
        await all();
        assert.equal(asked, 300, 'the first time');
        await all();
        assert.equal(asked, 300, 'the second time');
        const { evicted, ...full } = await report();
        assert.same(full, { credentials: 300, maxCredentials: 400 });
        exchange.configureCredentialCache({ maxCredentials: 10 });
        await connect.getToken('slack/bound-300', { subject: { type: 'app' } }, { vercelToken: token, fetch });
        assert.same(await report(), { credentials: 10, maxCredentials: 10, evicted: evicted + 291 });
      } finally {
        exchange.configureCredentialCache({ maxCredentials: 256 });
        exchange.clearCredentials();
      }
      for (const maxCredentials of [0, -1, 1.5, NaN, 65_537, '9', null])
        assert.throws(() => exchange.configureCredentialCache({ maxCredentials }), 'ERR_INVALID_OPTION');
      assert.throws(() => exchange.configureCredentialCache({ maxCredential: 1 }), 'ERR_INVALID_OPTION');
      assert.throws(() => exchange.configureCredentialCache(), 'ERR_INVALID_OPTION');
    },
  },
];

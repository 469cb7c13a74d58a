// Finding the credential to send. The environment is given: what the process has is nobody's business here.

export const cases = [
  {
    name: 'chain: a static key goes before an OIDC token',
    async run({ countersign, assert }) {
      const found = await countersign.getBearerToken({ staticKey: { env: 'KEY' }, env: { KEY: 'secret-key' } });
      assert.equal(found.value, 'secret-key');
      assert.equal(found.source, 'static-key');
      assert.equal(found.authMethod, 'api-key');
    },
  },
  {
    name: 'chain: the token of the request goes before that of the environment',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const [header, other] = [await issuer.mint({ sub: 'a' }), await issuer.mint({ sub: 'b' })];
      const request = new Headers({ 'x-vercel-oidc-token': header });
      const found = await countersign.getBearerToken({ request, env: { VERCEL_OIDC_TOKEN: other } });
      assert.equal(found.value, header);
      assert.equal(found.source, 'header');
      assert.equal(found.authMethod, 'oidc');
      assert.equal(found.expiresAt.getTime() / 1000, countersign.decode(header).claims.exp);
    },
  },
  {
    name: 'chain: a credential shows itself to nobody who prints it',
    async run({ countersign, assert }) {
      const found = await countersign.getBearerToken({ staticKey: 'secret-key', env: {} });
      for (const text of [String(found), JSON.stringify(found), `${Object.values(found)}`]) assert.ok(!text.includes('secret-key'), text);
    },
  },
  {
    name: 'chain: nothing set up is told apart from something broken',
    async run({ countersign, assert }) {
      const nothing = { env: {}, request: new Headers() };
      const error = await assert.rejects(countersign.getBearerToken(nothing), 'ERR_CREDENTIALS_NOT_FOUND');
      assert.ok(error.causes.length > 0, 'the reasons');
      assert.equal(await countersign.getBearerTokenOptional(nothing), undefined);
      const broken = { env: { VERCEL_OIDC_TOKEN: 'not a token' }, request: new Headers() };
      await assert.rejects(countersign.getBearerTokenOptional(broken), 'ERR_CREDENTIAL_INVALID');
    },
  },
];

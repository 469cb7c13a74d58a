// countersign/inspect: what a token says.

const CLAIMS = { iss: 'https://oidc.vercel.com/acme', aud: 'https://vercel.com/acme', sub: 'owner:acme:project:site:environment:preview' };

export const cases = [
  {
    name: 'inspect: a token and its claims are read alike',
    async run({ inspect, testing, assert }) {
      const token = await (await testing.createTestIssuer()).mint(CLAIMS);
      const { header, claims, vercel } = inspect.readToken(token);
      assert.equal(header.alg, 'RS256');
      assert.same(vercel, { issuerMode: 'team', owner: 'acme', project: 'site', environment: 'preview' });
      assert.same(inspect.readToken(claims), { claims, vercel });
    },
  },
  {
    name: 'inspect: what is malformed is refused with a code',
    run({ inspect, assert }) {
      assert.throws(() => inspect.readToken('nonsense'), 'ERR_JWS_INVALID');
      assert.throws(() => inspect.readToken('{"iss":1,"iss":2}'), 'ERR_JWT_INVALID');
      assert.throws(() => inspect.readToken(undefined), 'ERR_JWS_INVALID');
    },
  },
];

// countersign/inspect: what a token says, what a policy makes of it, and the policy that lets in nothing else.

const CLAIMS = {
  iss: 'https://oidc.vercel.com/acme',
  aud: 'https://vercel.com/acme',
  sub: 'owner:acme:project:site:environment:preview',
  owner: 'acme',
  owner_id: 'team_1',
  project: 'site',
  project_id: 'prj_1',
  environment: 'preview',
  exp: 2_000_000_000,
};

const REQUESTS = {
  aws: { kind: 'aws', accountId: '123456789012' },
  gcp: { kind: 'gcp', projectNumber: '123456789', serviceAccount: 'site@acme-1.iam.gserviceaccount.com' },
  azure: { kind: 'azure', appId: '00000000-0000-0000-0000-00000000000a' },
};

const now = 1_900_000_000;

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
  {
    name: 'inspect: a generated policy lets in its token and no other',
    run({ inspect, assert }) {
      for (const request of Object.values(REQUESTS)) {
        const { kind, policy, outputs } = inspect.generatePolicy({ ...request, token: CLAIMS });
        assert.equal(kind, request.kind);
        const formats = outputs.map(({ format }) => format);
        assert.same(formats, ['json', 'terraform', 'pulumi', ...(kind === 'aws' ? ['sst'] : []), 'cli']);
        const own = inspect.simulate({ kind, policy, now }, CLAIMS);
        assert.ok(own.accepted, own.summary);
        assert.same(own.warnings, []);
        const production = { ...CLAIMS, environment: 'production', sub: CLAIMS.sub.replace('preview', 'production') };
        const other = inspect.simulate({ kind, policy, now }, production);
        assert.equal(other.decision, 'refused');
        const failed = other.rules[0].checks.find(({ passed }) => passed === false);
        assert.ok(failed.fix && failed.position.line > 1, JSON.stringify(failed));
      }
    },
  },
  {
    name: 'inspect: names give the policy that a token gives',
    run({ inspect, assert }) {
      const names = { team: 'acme', project: 'site', environment: 'preview' };
      for (const request of [REQUESTS.aws, REQUESTS.azure]) {
        const [byToken, byNames] = [{ token: CLAIMS }, names].map((trusted) => inspect.generatePolicy({ ...request, ...trusted }));
        assert.same(byNames, byToken);
      }
      const error = assert.throws(() => inspect.generatePolicy({ ...REQUESTS.aws, ...names, team: 'a b' }), 'ERR_INVALID_OPTION');
      assert.match(error.message, /^`team` must have letters/);
    },
  },
  {
    name: 'inspect: times count unless they are left alone',
    run({ inspect, assert }) {
      const question = { kind: 'vercel-verifier', policy: { team: 'acme', projectId: 'prj_1', environment: 'preview' } };
      assert.equal(inspect.simulate({ ...question, now }, CLAIMS).decision, 'accepted');
      assert.match(inspect.simulate({ ...question, now: 2_000_000_005 }, CLAIMS).summary, /has expired/);
      assert.ok(inspect.simulate({ ...question, now: null }, { ...CLAIMS, exp: 1 }).accepted);
      assert.ok(!inspect.simulate(question, { ...CLAIMS, exp: 1 }).accepted, 'by the clock');
      assert.throws(() => inspect.simulate({ ...question, now: NaN }, CLAIMS), 'ERR_INVALID_OPTION');
    },
  },
  {
    name: 'inspect: conditions of Google Cloud and links of Connect are explained',
    run({ inspect, assert }) {
      const { policy } = inspect.generatePolicy({ ...REQUESTS.gcp, token: CLAIMS });
      const wide = { ...policy, attributeCondition: "assertion.sub.matches('^owner:acme:') && 'x' in ['x']" };
      const { accepted, warnings } = inspect.simulate({ kind: 'gcp', policy: wide, now }, CLAIMS);
      assert.ok(accepted);
      assert.same(
        warnings.map(({ code }) => code),
        ['other-project', 'development', 'production', 'other-environment'],
      );
      const links = { links: [{ projectId: 'prj_1', environments: ['production'] }] };
      assert.match(inspect.simulate({ kind: 'connect', policy: links, now }, CLAIMS).summary, /enable the link/);
    },
  },
  {
    name: 'inspect: a policy that no cloud would take is refused with its place',
    run({ inspect, assert }) {
      const policy = '{\n  "Version": "2012-10-17",\n  "Statement": [{ "Effect": "allow" }]\n}';
      const error = assert.throws(() => inspect.simulate({ kind: 'aws', policy }, CLAIMS), 'ERR_POLICY_INVALID');
      assert.same(error.position, { path: 'Statement[0].Effect', line: 3, column: 29 });
      assert.throws(() => inspect.simulate({ kind: 'aws', policy: '{' }, CLAIMS), 'ERR_POLICY_INVALID');
      assert.throws(() => inspect.simulate({ kind: 'ldap', policy }, CLAIMS), 'ERR_INVALID_OPTION');
      assert.throws(() => inspect.simulate({ kind: 'gcp', policy: { oidc: {} } }, CLAIMS), 'ERR_POLICY_INVALID');
    },
  },
];

// Rules about claims, pairs of projects and environments, and what the error of a claim says.

const ISSUER = 'https://idp.example';

/** A verifier with these options, and a function that gives the verdict about claims: `accepted`, or claim, reason and difference. */
async function setUp({ countersign, testing, assert }, options) {
  const issuer = await testing.createTestIssuer({ issuer: ISSUER });
  const verifier = countersign.createVerifier({ issuer: ISSUER, audience: 'api', jwks: issuer.jwks, ...options });
  return async (claims) => {
    const token = await issuer.mint({ aud: 'api', ...claims });
    try {
      verifier.verifySync(token);
      return 'accepted';
    } catch (thrown) {
      assert.ok(thrown instanceof countersign.CountersignError, `not a CountersignError: ${thrown}`);
      return [thrown.claim, thrown.reason, thrown.difference].filter(Boolean).join(' ');
    }
  };
}

export const cases = [
  {
    name: 'claims: rules by name, by path and by type',
    async run(env) {
      const verdict = await setUp(env, {
        claims: {
          'realm_access.roles': { oneOf: ['admin', 'editor'] },
          'https://example.com/roles': { allOf: ['a', 'b'] },
          'kubernetes.io.serviceaccount.name': 'checkout',
          email_verified: true,
          level: [2, 3],
        },
        requiredClaims: ['kubernetes.io.namespace'],
      });
      const good = {
        realm_access: { roles: ['viewer', 'editor'] },
        'https://example.com/roles': ['b', 'c', 'a'],
        'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'checkout' } },
        email_verified: true,
        level: 3,
      };
      const { assert } = env;
      assert.equal(await verdict(good), 'accepted');
      for (const [change, wanted] of [
        [{ realm_access: { roles: ['viewer'] } }, 'realm_access.roles check_failed'],
        [{ realm_access: { roles: 'editor' } }, 'realm_access.roles invalid wrong-type'],
        [{ realm_access: ['editor'] }, 'realm_access.roles missing'],
        [{ 'realm_access.roles': ['admin'] }, 'realm_access.roles invalid ambiguous'],
        [{ 'https://example.com/roles': ['a'] }, 'https://example.com/roles check_failed'],
        [
          { 'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'Checkout' } } },
          'kubernetes.io.serviceaccount.name check_failed letter-case',
        ],
        [{ 'kubernetes.io': { serviceaccount: { name: 'checkout' } } }, 'kubernetes.io.namespace missing'],
        [{ email_verified: 'true' }, 'email_verified invalid wrong-type'],
        [{ email_verified: 1 }, 'email_verified invalid wrong-type'],
        [{ email_verified: false }, 'email_verified check_failed'],
        [{ level: '3' }, 'level invalid wrong-type'],
        [{ level: 3.5 }, 'level check_failed'],
        [{ level: null }, 'level invalid wrong-type'],
      ]) {
        assert.equal(await verdict({ ...good, ...change }), wanted, JSON.stringify(change));
      }
    },
  },
  {
    name: 'claims: a Vercel verifier accepts pairs of project and environment, and none across them',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer();
      const verifier = countersign.createVercelVerifier({
        team: 'acme',
        projects: [
          { projectId: 'prj_site', environment: 'production' },
          { projectId: 'prj_docs', environment: ['preview', 'production'] },
          { projectId: 'prj_lab', environment: '*' },
        ],
        jwks: issuer.jwks,
      });
      const verify = async (project_id, environment) => {
        const sub = `owner:acme:project:site:environment:${environment}`;
        return verifier.verifySync(await issuer.mint({ owner: 'acme', project: 'site', project_id, environment, sub }));
      };
      for (const [project, environment] of [
        ['prj_site', 'production'],
        ['prj_docs', 'preview'],
        ['prj_docs', 'production'],
        ['prj_lab', 'qa'],
      ]) {
        assert.equal((await verify(project, environment)).claims.project_id, project);
      }
      const error = await assert.rejects(verify('prj_site', 'preview'), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
      assert.same([error.claim, error.expected, error.found], ['environment', ['production'], 'preview']);
      const other = await assert.rejects(verify('prj_evil', 'production'), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
      assert.same([other.claim, other.difference, other.found], ['project_id', 'another-project', 'prj_evil']);
    },
  },
  {
    name: 'claims: an error says what was expected and found, to those who ask by name',
    async run({ countersign, testing, assert }) {
      const issuer = await testing.createTestIssuer({ issuer: ISSUER });
      const refusal = async (claims, options, header) => {
        const verifier = countersign.createVerifier({ issuer: ISSUER, audience: 'https://api.example', jwks: issuer.jwks, ...options });
        const token = await issuer.mint({ aud: 'https://api.example', ...claims }, { header });
        try {
          verifier.verifySync(token);
        } catch (thrown) {
          return thrown;
        }
        throw new Error('accepted');
      };
      for (const [claims, options, header, expected, found, message] of [
        [
          { iss: `${ISSUER}/` },
          {},
          {},
          [ISSUER],
          `${ISSUER}/`,
          'claim `iss` is not what this verifier expects: it differs in a slash at the end',
        ],
        [
          { aud: ['https://api.other'] },
          {},
          {},
          ['https://api.example'],
          ['https://api.other'],
          'claim `aud` is not what this verifier expects: it has another host',
        ],
        [{ sub: 'Me' }, { subject: 'me' }, {}, ['me'], 'Me', 'claim `sub` is not what this verifier expects: it differs in letter case'],
        [
          { groups: ['a'] },
          { claims: { groups: 'a' } },
          {},
          ['a'],
          ['a'],
          'claim `groups` has the wrong type or form: it is a list in place of a string',
        ],
        [
          { tid: '42' },
          { claims: { tid: 'acme' } },
          {},
          ['acme'],
          '42',
          'claim `tid` is not what this verifier expects: it is an id in place of a name',
        ],
        [
          { exp: 1_760_000_000_000 },
          {},
          {},
          undefined,
          1_760_000_000_000,
          'claim `exp` has the wrong type or form: it is in milliseconds in place of seconds',
        ],
        [{}, {}, { typ: 'at+jwt' }, ['JWT'], 'at+jwt', 'claim `typ` is not what this verifier expects'],
        [{}, { claims: { absent: [1, true] } }, {}, [1, true], undefined, 'claim `absent` is missing'],
        [{}, { algorithms: ['RS256', 'EdDSA'] }, { alg: 'RS512' }, ['RS256', 'EdDSA'], 'RS512', "the token's `alg` is not allowed here"],
      ]) {
        const error = await refusal(claims, options, header);
        assert.equal(error.message, message);
        assert.same([error.expected ?? null, error.found ?? null], [expected ?? null, found ?? null], message);
        const names = [...Object.getOwnPropertyNames(error), ...Object.keys(error)];
        assert.ok(!names.includes('expected') && !names.includes('found'), `members: ${names}`);
        assert.ok(!/expected"|found"/.test(JSON.stringify(error)), JSON.stringify(error));
      }
      const long = await refusal({ groups: 'x'.repeat(5000) }, { claims: { groups: 'a' } });
      assert.equal(long.found, undefined);
    },
  },
];

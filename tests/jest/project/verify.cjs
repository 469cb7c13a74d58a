// Runs inside Jest: verification, a guard, and a function that loads the second module at its first call.
const { CountersignError, createVercelVerifier, getBearerToken } = require('countersign');
const { createGuard } = require('countersign/guard');
const { createTestIssuer } = require('countersign/testing');

const projectId = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';

test('tokens are verified, refused and found', async () => {
  const issuer = await createTestIssuer();
  const verifier = createVercelVerifier({ team: 'acme', projectId, environment: 'production', fetch: issuer.fetch });
  const token = await issuer.mint({ project_id: projectId });
  const { claims } = await verifier.verify(token);
  expect(claims.project_id).toBe(projectId);
  expect(verifier.verifySync(token).claims).toEqual(claims);
  const error = await verifier.verify(`${token.slice(0, -8)}AAAAAAAA`).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(CountersignError);
  expect(error.code).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');

  const guard = createGuard(verifier);
  const ask = (headers) => guard.check(new Request('https://app.example/', { headers }));
  expect((await ask({})).response.status).toBe(401);
  expect((await ask({ authorization: `Bearer ${token}` })).token.claims.sub).toBe(claims.sub);
  expect((await getBearerToken({ env: { VERCEL_OIDC_TOKEN: token } })).value).toBe(token);
});

test('the environment is the one that is named', () => {
  expect(typeof document).toBe(process.env['WITH_DOCUMENT'] ? 'object' : 'undefined');
});

// What Google Cloud and Microsoft Entra are told, and whom that lets in.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createTestIssuer, infra, inspect } from './package.mjs';

const TRUST = { team: 'acme', project: 'acme_website', environment: 'production' };
const GCP = { ...TRUST, projectNumber: '123456789012' };
const AZURE = { ...TRUST, appId: '11111111-2222-3333-4444-555555555555' };

let issuer;
before(async () => (issuer = await createTestIssuer()));

/** Whom a policy must refuse. */
const OTHERS = {
  'a neighbour project': { project: 'acme_website2' },
  'a fork’s preview': { environment: 'preview' },
  development: { environment: 'development' },
  'another team': { owner: 'evil', iss: 'https://oidc.vercel.com/evil' },
  'another audience': { aud: 'https://vercel.com/evil' },
};

const POLICIES = {
  gcp: () => ({ kind: 'gcp', policy: infra.gcpTrust(GCP).provider }),
  azure: () => ({ kind: 'azure', policy: infra.azureTrust(AZURE) }),
};

for (const [name, question] of Object.entries(POLICIES)) {
  test(`${name}: the environment is let in, and every other identity is refused`, async () => {
    const own = inspect.simulate(question(), await issuer.mint());
    assert.ok(own.accepted, own.summary);
    for (const [who, claims] of Object.entries(OTHERS)) {
      const { decision, summary } = inspect.simulate(question(), await issuer.mint(claims));
      assert.equal(decision, 'refused', `${who}: ${summary}`);
    }
  });
}

test('Google Cloud: names fit together', () => {
  const { pool, provider, audience, principalSet } = infra.gcpTrust({ ...GCP, poolId: 'builds', providerId: 'site' });
  const name = 'projects/123456789012/locations/global/workloadIdentityPools/builds';
  assert.deepEqual([pool, provider.name], [{ id: 'builds', name }, `${name}/providers/site`]);
  assert.equal(audience, `//iam.googleapis.com/${name}/providers/site`);
  assert.equal(principalSet, `principalSet://iam.googleapis.com/${name}/*`);
  assert.deepEqual(provider.oidc, { issuerUri: 'https://oidc.vercel.com/acme', allowedAudiences: ['https://vercel.com/acme'] });
});

test('Entra: a credential for each environment, each with a name of its own', () => {
  const credentials = infra.azureTrust({ ...AZURE, environment: ['production', 'preview'] });
  assert.deepEqual(
    credentials.map(({ subject }) => subject),
    ['production', 'preview'].map((environment) => `owner:acme:project:acme_website:environment:${environment}`),
  );
  assert.equal(new Set(credentials.map(({ name }) => name)).size, 2);
});

test('names and ids are checked', () => {
  assert.throws(() => infra.gcpTrust({ ...GCP, projectNumber: 'my-project' }), { code: 'ERR_INVALID_OPTION' });
  assert.throws(() => infra.gcpTrust({ ...GCP, environment: '*' }), { code: 'ERR_INVALID_OPTION' });
  assert.throws(() => infra.azureTrust({ ...AZURE, appId: 'app' }), { code: 'ERR_INVALID_OPTION' });
  assert.throws(() => infra.azureTrust(), { code: 'ERR_INVALID_OPTION' });
});

import { createTestIssuer, type TestIssuer } from 'countersign/testing';

/** Made-up tokens, signed in the browser with the test issuer's keys, which everyone knows. */
export const SAMPLES = ['production', 'expired preview', 'edited by hand', 'GitHub Actions', 'not Vercel’s', 'cut off'] as const;
export type Sample = (typeof SAMPLES)[number];

const HOUR = 3600;

/** The test issuer's keys have names of this form, here and on the command line. */
export const isTestKey = (kid: unknown): boolean => typeof kid === 'string' && /^mrk-test-\d+$/.test(kid);

/** The public halves of the keys that the samples are signed with, as text to paste. */
export async function testKeys(): Promise<string> {
  const issuers = await Promise.all([createTestIssuer(), createTestIssuer({ alg: 'ES256' })]);
  return JSON.stringify({ keys: issuers.flatMap(({ jwks }) => jwks.keys) }, null, 2);
}

export async function makeSample(sample: Sample, now: number): Promise<string> {
  const vercel = await createTestIssuer();
  switch (sample) {
    case 'production':
      return mintVercel(vercel, 'production', now - 720, HOUR);
    case 'expired preview':
      return mintVercel(vercel, 'preview', now - 3 * HOUR - 1234, HOUR);
    case 'edited by hand': {
      const [header, claims, signature] = (await mintVercel(vercel, 'preview', now - 300, HOUR)).split('.');
      const edited = { ...JSON.parse(atob(claims ?? '')), environment: 'production', project: 'acme_billing' };
      return [header, btoa(JSON.stringify(edited)).replace(/=+$/, ''), signature].join('.');
    }
    case 'GitHub Actions':
      return (await createTestIssuer({ issuer: 'https://token.actions.githubusercontent.com' })).mint(github(now - 90));
    case 'not Vercel’s':
      return (await createTestIssuer({ issuer: 'https://login.example.com/', alg: 'ES256' })).mint(
        only({
          iss: 'https://login.example.com/',
          sub: '5be86359-073c-434b-ad2d-a3932222dabe',
          aud: ['https://api.example.com', 'https://reports.example.com'],
          iat: now - 40,
          exp: now + 30 * 86_400,
          jti: 'dd8bae34-e5ae-4c0c-b4bd-cf4a4f8a0a52',
          client_id: 's6BhdRkqt3',
          scope: 'reports:read reports:write',
          tenant: { id: 42, region: 'eu' },
        }),
        { header: { typ: 'at+jwt' } },
      );
    case 'cut off':
      return (await mintVercel(vercel, 'production', now - 720, HOUR)).replace(/\.[^.]*$/, '');
  }
}

const mintVercel = (issuer: TestIssuer, environment: string, issued: number, lifetime: number): Promise<string> =>
  issuer.mint({ environment, nbf: issued, iat: issued, exp: issued + lifetime });

/** The issuer fills in the claims of a Vercel token: those that another one does not have are left out. */
function only(claims: Record<string, unknown>): Record<string, unknown> {
  const vercel = ['aud', 'sub', 'scope', 'owner', 'owner_id', 'project', 'project_id', 'environment', 'nbf'];
  return { ...Object.fromEntries(vercel.map((name) => [name, undefined])), ...claims };
}

const github = (issued: number): Record<string, unknown> =>
  only({
    jti: '7e2b3f0c-6a41-4d0e-9f4d-2f1f3f1c0a77',
    sub: 'repo:acme/website:ref:refs/heads/main',
    aud: 'sts.amazonaws.com',
    ref: 'refs/heads/main',
    ref_type: 'branch',
    ref_protected: 'true',
    sha: '2f4cae9d1b7f3c15f0f1b2b6f0d6b0c9a4a1f7e3',
    repository: 'acme/website',
    repository_id: '614412301',
    repository_owner: 'acme',
    repository_owner_id: '31140',
    repository_visibility: 'private',
    run_id: '9182736450',
    run_attempt: '1',
    actor: 'mona',
    actor_id: '583231',
    workflow: 'Deploy',
    workflow_ref: 'acme/website/.github/workflows/deploy.yml@refs/heads/main',
    job_workflow_ref: 'acme/website/.github/workflows/deploy.yml@refs/heads/main',
    event_name: 'push',
    runner_environment: 'github-hosted',
    nbf: issued - 300,
    iat: issued,
    exp: issued + 600,
  });

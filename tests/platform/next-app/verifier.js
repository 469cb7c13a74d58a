import { createVercelVerifier } from 'countersign';

const { TRUSTED_PROJECT_ID = 'prj_unknown', TRUSTED_JWKS } = process.env;

/** Verifies production tokens of one project. The test sets its keys; a deployment leaves them to the issuer's discovery document. */
export const verifier = createVercelVerifier({
  team: 'acme',
  projectId: TRUSTED_PROJECT_ID,
  environment: 'production',
  ...(TRUSTED_JWKS && { jwks: JSON.parse(TRUSTED_JWKS) }),
});

import { createVercelVerifier } from 'countersign';

/**
 * Accepts tokens of this project, in this environment: a deployment may call itself, and so may its cron jobs and workers.
 * A function, because `next build` loads every route and a build has none of the variables.
 */
export const verifier = createVercelVerifier(() => {
  const { TRUSTED_JWKS_URL, TRUSTED_TEAM, VERCEL_PROJECT_ID, VERCEL_TARGET_ENV, VERCEL_ENV } = process.env;
  return {
    team: TRUSTED_TEAM ?? '',
    projectId: VERCEL_PROJECT_ID ?? '',
    environment: VERCEL_TARGET_ENV || VERCEL_ENV || '',
    // The keys of a test issuer on your machine. Without it they come from Vercel's issuer.
    ...(TRUSTED_JWKS_URL && { jwks: TRUSTED_JWKS_URL }),
  };
});

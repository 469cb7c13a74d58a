import { createVercelVerifier } from 'countersign';

// A build has none of these variables: the options are read with the first request.
export const verifier = createVercelVerifier(() => ({
  team: process.env['TEAM'] as string,
  projectId: process.env['PROJECT_ID'] as string,
  environment: 'production',
  jwks: JSON.parse(process.env['JWKS'] as string),
}));

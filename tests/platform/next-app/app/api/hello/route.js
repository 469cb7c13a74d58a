import { withVerifiedToken } from 'countersign/next';
import { verifier } from '../../../verifier.js';

export const GET = withVerifiedToken(verifier, (_request, { token }) =>
  Response.json({ project: token.claims.project_id, node: process.versions.node }),
);

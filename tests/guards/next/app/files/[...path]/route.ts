import { withVerifiedToken } from 'countersign/next';
import { verifier } from '../../../verifier';

export const GET = withVerifiedToken(verifier, async (_request, { params, token }) => {
  const { path } = await params;
  return Response.json([path, token.claims.project]);
});

import type { VercelClaims, VerifiedToken } from 'countersign';
import { withVerifiedToken } from 'countersign/next';
import type { NextRequest } from 'next/server';
import { verifier } from '../../../verifier';

interface Context {
  params: Promise<{ id: string }>;
  token: VerifiedToken<VercelClaims>;
}

export const GET = withVerifiedToken(verifier, async (request: NextRequest, { params, token }: Context) => {
  const { id } = await params;
  return Response.json([request.nextUrl.pathname, id, token.claims.project]);
});

import type { VercelClaims, VerifiedToken } from 'countersign';
import { withVerifiedToken } from 'countersign/next';
import type { NextRequest } from 'next/server';
import { verifier } from '../../../verifier';

type Context = RouteContext<'/typed/[id]'> & { token: VerifiedToken<VercelClaims> };

export const POST = withVerifiedToken(
  verifier,
  async (_request: NextRequest, { params, token }: Context) => {
    const { id }: { id: string } = await params;
    return Response.json([id, token.claims.project]);
  },
  { scope: 'write' },
);

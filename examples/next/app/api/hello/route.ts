import { withVerifiedToken } from 'countersign/next';
import { verifier } from '@/lib/verifier';

export const GET = withVerifiedToken(verifier, (_request, { token }) =>
  Response.json({ hello: token.claims.sub, until: new Date(token.claims.exp * 1000).toISOString() }),
);

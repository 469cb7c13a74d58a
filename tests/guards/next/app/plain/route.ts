import { withVerifiedToken } from 'countersign/next';
import { verifier } from '../../verifier';

export const GET = withVerifiedToken(verifier, (_request, { token }) => Response.json(token.claims.project));

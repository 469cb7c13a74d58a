import { createVercelVerifier } from 'countersign';
import { withVerifiedToken } from 'countersign/next';
import { answer, options } from '../../../lib/verifier.js';

export const dynamic = 'force-dynamic';

export const GET = withVerifiedToken(
  createVercelVerifier(() => ({ ...options(), cache: { tokens: 0 } })),
  answer,
);

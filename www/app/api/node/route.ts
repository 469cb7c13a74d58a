import { withVerifiedToken } from 'countersign/next';
import { welcome } from '@/lib/answer';
import { whenConfigured } from '@/lib/verifier';

export const runtime = 'nodejs';

export const GET = whenConfigured((verifier) => withVerifiedToken(verifier, (_request, { token }) => welcome(runtime, token.claims)));

import { withVerifiedToken } from 'countersign/next';
import { welcome } from '@/lib/answer';
import { whenConfigured } from '@/lib/verifier';

// Vercel has deprecated standalone Edge Functions such as this one. Routing Middleware runs on the same runtime and is not deprecated.
export const runtime = 'edge';

export const GET = whenConfigured((verifier) => withVerifiedToken(verifier, (_request, { token }) => welcome(runtime, token.claims)));

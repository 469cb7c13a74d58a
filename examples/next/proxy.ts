import { guard } from 'countersign/next';
import { verifier } from '@/lib/verifier';

// Every page and route below /internal is for verified callers only.
export const proxy = guard(verifier);
export const config = { matcher: '/internal/:path*' };

import { guard } from 'countersign/next';
import { verifier } from './verifier';

export const proxy = guard(verifier, { preflight: true });
export const config = { matcher: '/proxied' };

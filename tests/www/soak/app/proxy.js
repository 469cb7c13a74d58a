import { createVercelVerifier } from 'countersign';
import { guard } from 'countersign/next';
import { options } from './lib/verifier.js';

export const proxy = guard(createVercelVerifier(options));

export const config = { matcher: '/proxied' };

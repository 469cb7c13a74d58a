import type { MiddlewareHandler } from 'astro';
import type { VercelClaims, Verifier } from 'countersign';
import { guard } from 'countersign/astro';

declare const verifier: Verifier<VercelClaims>;

export const onRequest: MiddlewareHandler = guard(verifier, { preflight: true });

import type { Handle } from '@sveltejs/kit/hooks';
import { sequence } from '@sveltejs/kit/hooks';
import type { VercelClaims, VerifiedToken, Verifier } from 'countersign';
import { guard } from 'countersign/sveltekit';

declare global {
  namespace App {
    interface Locals {
      token: VerifiedToken<VercelClaims>;
    }
  }
}

declare const verifier: Verifier<VercelClaims>;

export const handle: Handle = guard(verifier, { check: ({ claims }, { url }) => url?.endsWith(claims.project) ?? false });
export const both = sequence(handle, guard(verifier));

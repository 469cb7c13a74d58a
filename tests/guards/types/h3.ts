import type { VercelClaims, Verifier } from 'countersign';
import { guard } from 'countersign/h3';
import { H3 } from 'h3';
import { createApp, defineEventHandler } from 'h3-v1';

declare const verifier: Verifier<VercelClaims>;

const auth = guard(verifier, { scope: ['read'] });
new H3().use(auth).get('/me', (event) => auth.token(event)?.claims.owner_id satisfies string | undefined);
createApp()
  .use(auth)
  .use(
    '/me',
    defineEventHandler((event) => auth.token(event)?.claims.owner_id satisfies string | undefined),
  );

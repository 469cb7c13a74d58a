import type { VercelClaims, Verifier } from 'countersign';
import { type TokenVariables, guard } from 'countersign/hono';
import { Hono } from 'hono';

declare const verifier: Verifier<VercelClaims>;

const app = new Hono<{ Variables: TokenVariables<VercelClaims> }>();
app.use(guard(verifier, { check: (token, { headers }) => headers.get('x-owner') === token.claims.owner }));
app.get('/me', guard(verifier), (c) => c.json(c.get('token').claims.owner_id satisfies string));
new Hono().use('/api/*', guard(verifier));
// @ts-expect-error no such variable
app.get('/other', (c) => c.json(c.get('other')));

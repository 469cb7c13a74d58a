import type { VercelClaims, Verifier } from 'countersign';
import { guard } from 'countersign/express';
import express from 'express';

declare const verifier: Verifier<VercelClaims>;

const app = express();
const auth = guard(verifier, {
  scope: 'read',
  check: (token, request: express.Request) => request.path === token.claims.project,
  preflight: true,
});
app.use(auth);
app.use('/api', auth);
app.get('/me/:id', auth, (request, response) => {
  response.json([request.params.id, auth.token(request).claims.owner_id]);
});
// @ts-expect-error an unknown option
guard(verifier, { scopes: 'read' });
// @ts-expect-error the verifier comes first
guard({ scope: 'read' });

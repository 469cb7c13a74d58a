import type { VercelClaims, Verifier } from 'countersign';
import { guard, guardPlugin } from 'countersign/fastify';
import { type FastifyRequest, fastify } from 'fastify';

declare const verifier: Verifier<VercelClaims>;

const app = fastify();
const auth = guard(verifier, { check: (token, request: FastifyRequest) => request.ip === token.claims.owner });
app.addHook('onRequest', auth);
app.get('/me', { preHandler: auth, onRequest: [auth] }, async (request) => auth.token(request).claims.owner_id);
const plugin = guardPlugin(verifier);
await app.register(plugin);
app.get<{ Params: { id: string } }>('/items/:id', async (request) => [request.params.id, plugin.token(request).claims.project]);

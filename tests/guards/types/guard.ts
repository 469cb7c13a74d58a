import type { VercelClaims, VerifiedToken, Verifier } from 'countersign';
import { bearerToken, createGuard, mcpTokenVerifier, protectedResource } from 'countersign/guard';
import { withMcpAuth } from 'mcp-handler';

declare const verifier: Verifier<VercelClaims>;

const guard = createGuard(verifier, {
  realm: 'api',
  scope: ['read', 'write'],
  resourceMetadata: new URL('https://app.example/.well-known/oauth-protected-resource'),
  check: async ({ claims }, { headers }) => headers.get('x-project') === claims.project,
  onRefused: ({ status, cause }) => console.warn(status, cause?.code),
  preflight: () => new Response(null, { status: 204 }),
});
const { metadataUrl, handler: GET } = protectedResource({
  resource: 'https://app.example/mcp',
  authorizationServers: ['https://issuer.example'],
});
export const metadata: (request: Request) => Response = GET;
export const mcp = withMcpAuth(() => Response.json(metadataUrl), mcpTokenVerifier(verifier), { required: true });
export const fetch = guard.requireToken((request, token, env: { name: string }) =>
  Response.json([request.url, token.claims.project, env.name]),
);
export async function use(request: Request): Promise<Response> {
  const { token, response } = await guard.check(request);
  if (response) return response;
  const verified: VerifiedToken<VercelClaims> = token;
  const { refusal } = await guard.checkHeaders(request.headers);
  return Response.json([verified.claims.owner, refusal?.error, bearerToken(request)?.length]);
}

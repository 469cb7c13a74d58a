import { type ConnectRefusal, withConnectDelivery } from 'countersign/connect';
import { setup } from '@/lib/verifier';

type Handler = (request: Request) => Promise<Response>;

let handler: Handler | undefined;

/**
 * Takes deliveries of a trigger of Vercel Connect: each once, and none with a token that is not for this deployment. It is made at the
 * first request, since a build needs no configuration.
 */
export async function POST(request: Request): Promise<Response> {
  const { problems } = setup();
  if (problems) return Response.json({ error: 'not_configured', problems }, { status: 503, headers: { 'Cache-Control': 'no-store' } });
  handler ??= makeHandler();
  return handler(request);
}

function makeHandler(): Handler {
  const projectId = process.env.COUNTERSIGN_PROJECT_ID || process.env.VERCEL_PROJECT_ID || '';
  const environment = process.env.COUNTERSIGN_ENVIRONMENT || process.env.VERCEL_TARGET_ENV || process.env.VERCEL_ENV || '';
  const keys = process.env.COUNTERSIGN_JWKS_URL;
  return withConnectDelivery(
    async (delivered, { token }) => {
      const event = (await delivered.json()) as { action?: string };
      return Response.json({ taken: event.action ?? null, environment: token.claims.environment }, { status: 202 });
    },
    {
      team: process.env.COUNTERSIGN_TEAM || 'acme',
      projectId,
      environment,
      onRefused: ({ status, cause }: ConnectRefusal) => console.warn('delivery refused', status, cause?.code, cause?.reason),
      ...(keys && { fetch: () => fetch(keys) }),
    },
  );
}

import { CountersignError } from 'countersign';
import { ConnectError, getTokenResponse } from 'countersign/connect';
import { withVerifiedToken } from 'countersign/next';
import { whenConfigured } from '@/lib/verifier';

export const runtime = 'edge';

/**
 * Trades this deployment's identity for a provider's token, and tells a caller that may know what came of it. The token itself
 * stays here: a real route would call the provider with it.
 */
export const GET = whenConfigured((verifier) => withVerifiedToken(verifier, async (request) => trade(request)));

async function trade(request: Request): Promise<Response> {
  const connector = process.env.COUNTERSIGN_CONNECTOR;
  if (!connector) return answer(503, { error: 'not_configured', message: 'set COUNTERSIGN_CONNECTOR, such as slack/acme-bot' });
  const endpoint = process.env.COUNTERSIGN_CONNECT_URL;
  try {
    const params = { subject: { type: 'app' } } as const;
    const options = { request, ...(endpoint && { endpoint }) };
    const { connector: whose, tokenId, expiresAt } = await getTokenResponse(connector, params, options);
    return answer(200, { runtime, connector: whose, tokenId, expiresAt: new Date(expiresAt).toISOString() });
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    const { code, message, retryable } = error;
    return answer(error instanceof ConnectError ? 502 : 503, { error: error.provider?.code ?? code, code, message, retryable });
  }
}

const answer = (status: number, body: object): Response => Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } });

import { createGateway } from '@ai-sdk/gateway';
import { createAiGateway } from 'countersign';
import { isTrustworthy } from './trust';

type Provider = ReturnType<typeof createGateway>;

let provider: Provider | undefined;

/**
 * Asks a model through the AI Gateway. The provider is made once, and resolves the credential for each request: not from the
 * headers of the caller but from Vercel's request context, so that no caller chooses as whom this app calls.
 */
export async function ask(prompt: string): Promise<Response> {
  const baseURL = process.env.COUNTERSIGN_GATEWAY_URL || undefined;
  if (baseURL !== undefined && !isTrustworthy(baseURL)) {
    const problem = 'must be an https URL, or http on a loopback address: it is sent the credential of this deployment';
    return Response.json({ error: 'not_configured', problems: [{ variable: 'COUNTERSIGN_GATEWAY_URL', problem }] }, { status: 503 });
  }
  const model = process.env.COUNTERSIGN_GATEWAY_MODEL || 'openai/gpt-5-nano';
  try {
    provider ??= createAiGateway(createGateway, baseURL === undefined ? {} : { baseURL });
    const { content } = await provider(model).doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: prompt }] }] });
    const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
    return Response.json({ model, text }, { headers: { 'Cache-Control': 'no-store' } });
  } catch (thrown) {
    return refusal(thrown);
  }
}

/** 503 where this app has no credential to send, 502 where the gateway would not take it. Neither shows one. */
function refusal(thrown: unknown): Response {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code, message } = error as Error & { code?: unknown };
    if (typeof code === 'string' && code.startsWith('ERR_CREDENTIAL')) {
      return Response.json({ error: 'no_credential', code, message }, { status: 503, headers: { 'Cache-Control': 'no-store' } });
    }
  }
  const { statusCode } = thrown as { statusCode?: number };
  return Response.json({ error: 'gateway_refused', gatewayStatus: statusCode }, { status: 502, headers: { 'Cache-Control': 'no-store' } });
}

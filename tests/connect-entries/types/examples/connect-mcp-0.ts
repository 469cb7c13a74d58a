import { createMCPClient } from '@ai-sdk/mcp';
import { connectAuthProvider, getConsentChallenge } from 'countersign/connect/ai-sdk';

export async function POST(request: Request): Promise<Response> {
  const subject = { type: 'user', id: 'ada' } as const; // the signed-in user of your application
  const authProvider = connectAuthProvider('oauth/linear', { subject }, { consent: 'eager', redirectUrl: 'https://acme.example/done' });
  try {
    const client = await createMCPClient({ transport: { type: 'http', url: 'https://mcp.linear.app/mcp', authProvider } });
    return Response.json(Object.keys(await client.tools()));
  } catch (error) {
    const consent = getConsentChallenge(error);
    if (consent === undefined) throw error;
    return Response.redirect(consent.url);
  }
}

import { getBearerToken } from 'countersign';
import { exchangeToken } from 'countersign/exchange';
import { credentialsModule } from '../../../node_modules/countersign/dist/credentials/module.js';
import { register } from '../../../lib/modules.js';

export const dynamic = 'force-dynamic';

register('credentials', credentialsModule);

/** Finds the bearer token of the request and exchanges it. */
export async function GET(request) {
  try {
    const { value: token, source } = await getBearerToken({ request, env: {}, refresh: false });
    const { value: issued } = await exchangeToken({ url: process.env.SOAK_TOKENS_URL, token, audience: 'billing' });
    return Response.json({ source, issued });
  } catch ({ code, retryable }) {
    return Response.json({ code, retryable }, { status: code?.startsWith('ERR_CREDENTIAL') ? 401 : 503 });
  }
}

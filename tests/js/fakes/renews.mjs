// Fetches a token with a login that has to be renewed, as one of several processes. Each refresh token is good for one use,
// and the uses are written down.
//   node renews.mjs ENTRY TOKEN USES
import { appendFileSync, readFileSync } from 'node:fs';

const [entry, token, uses] = process.argv.slice(2);
const { getBearerToken } = await import(entry);
await getBearerToken({
  async fetch(input, { body } = {}) {
    const url = String(input);
    if (url.endsWith('/openid-configuration'))
      return Response.json({ issuer: 'https://vercel.com', token_endpoint: 'https://api.vercel.com/token' });
    if (url !== 'https://api.vercel.com/token') return Response.json({ token });
    const used = new URLSearchParams(body).get('refresh_token');
    if (readFileSync(uses, 'utf8').includes(used)) return Response.json({ error: 'invalid_grant' }, { status: 400 });
    appendFileSync(uses, `${used}\n`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return Response.json({ access_token: 'new', token_type: 'Bearer', expires_in: 3600, refresh_token: 'next' });
  },
});
process.stdout.write('found');

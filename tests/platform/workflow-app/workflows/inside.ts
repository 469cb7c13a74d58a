import { createVercelVerifier, decode, getBearerToken } from 'countersign';
import { getVercelOidcToken } from 'countersign/vercel-oidc';

/** Calls the package in workflow code, outside of any step. */
export async function inside(token: string, jwks: object) {
  'use workflow';
  const verifier = createVercelVerifier({ team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production', jwks });
  const fetching = createVercelVerifier({ team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' });
  const begun = Date.now();
  for (let spun = 0; spun < 1e8; spun += 1);
  return {
    clock: Date.now() - begun,
    decoded: decode(token).claims.sub,
    verified: await outcome(async () => (await verifier.verify(token)).claims.sub),
    fetched: await outcome(() => fetching.verify(token)),
    found: await outcome(async () => (await getBearerToken()).source),
    oidc: await outcome(() => getVercelOidcToken()),
  };
}

/** The value, or the name of the error. */
async function outcome(call: () => Promise<unknown>) {
  try {
    return await call();
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    return { name, code, message };
  }
}

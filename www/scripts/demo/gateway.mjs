// The AI Gateway, called with the deployment's own identity: no secret is configured anywhere. The fake accepts the callers that the gateway would accept.

import { startGateway } from '../gateway-api.mjs';
import { createVercelVerifier, PROJECT_ID } from '../local.mjs';

export async function gateway({ keys, token }) {
  const verifier = createVercelVerifier({ team: 'acme', projectId: PROJECT_ID, environment: 'production', jwks: keys.jwksUrl });
  const service = await startGateway({ verifier });
  return {
    env: { COUNTERSIGN_GATEWAY_URL: service.baseURL },
    async show({ call, row, expect }) {
      const response = await call('/api/gateway', token, { method: 'POST', body: 'hello' });
      const { text } = await response.json();
      const [asked] = service.requests;
      // Gateway 4: the path has the version of its protocol.
      expect(text === 'hello' && asked?.authMethod === 'oidc' && asked.url === '/v4/ai/language-model');
      row('/api/gateway (AI Gateway)', 'a good token', response.status, `"${text}" from ${asked?.url}, for ${asked?.caller}`);
    },
    stop: () => service.close(),
  };
}

// The functions of the main entry that need the module `credentials`. The main entry loads it at the first call of one of them.

export { getAiGatewayBearerToken, getAiGatewayBearerTokenOptional, getAiGatewayHeaders } from './ai-gateway.js';
export { describeCredentials, getBearerToken, getBearerTokenOptional } from './bearer-token.js';

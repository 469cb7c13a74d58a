/**
 * Tokens of Vercel Connect for `createMCPClient` of `@ai-sdk/mcp`: the names and shapes of `@vercel/connect/ai-sdk`.
 *
 * @module
 */

export * from './mcp.js';

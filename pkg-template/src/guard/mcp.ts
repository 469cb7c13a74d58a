// The needs of a Model Context Protocol server beside a guard: the metadata of its resource, and tokens as its SDK has them.

import { invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import type { VerifiedToken } from '../verify/verifier.js';
import { type JwtScopes, type TokenVerifier, assertVerifier, readScopes } from './decide.js';

/** Options of {@link protectedResource}. Unknown members are refused. */
export interface ProtectedResourceOptions {
  /** The identifier of the resource, an https URL: clients ask for tokens with it (RFC 8707), and it belongs in `audience`. */
  resource: string;
  /** The issuers whose tokens the resource accepts. */
  authorizationServers: readonly string[];
  /** The scopes that clients can ask for. Default: none are named. */
  scopes?: readonly string[];
}

/** A protected resource (RFC 9728). */
export interface ProtectedResource {
  /** The document (section 2). */
  readonly metadata: {
    readonly resource: string;
    readonly authorization_servers: readonly string[];
    readonly scopes_supported?: readonly string[];
    readonly bearer_methods_supported: readonly ['header'];
  };
  /** The address at which clients look for the document (section 3.1), for the option `resourceMetadata` of a guard. */
  readonly metadataUrl: string;
  /** Serves the document to every origin, for `GET` and `OPTIONS` of the route at that address. */
  readonly handler: () => Response;
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/**
 * Describes a protected resource to its clients (RFC 9728).
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function protectedResource(options: ProtectedResourceOptions): ProtectedResource {
  const { resource, authorizationServers, scopes, ...unknown } = ownOptions(options);
  const [other] = Object.keys(unknown);
  if (other !== undefined) throw invalidOption(other, 'is not an option of `protectedResource`');
  if (!isHttpUrl(resource)) throw invalidOption('resource', 'must be an https URL without a fragment');
  if (!isListOf(authorizationServers, isHttpUrl))
    throw invalidOption('authorizationServers', 'must be an array of issuers, each an https URL');
  if (scopes !== undefined && !isListOf(scopes, isText)) throw invalidOption('scopes', 'must be an array of strings');
  const metadata = Object.freeze({
    resource,
    authorization_servers: Object.freeze([...authorizationServers]),
    ...(scopes && { scopes_supported: Object.freeze([...scopes]) }),
    bearer_methods_supported: Object.freeze(['header'] as const),
  });
  const { origin, pathname, search } = new URL(resource);
  const headers = {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, OPTIONS',
    'access-control-allow-headers': '*',
  };
  return {
    metadata,
    metadataUrl: origin + WELL_KNOWN + (pathname === '/' ? '' : pathname) + search,
    handler: () => Response.json(metadata, { headers: { ...headers, 'cache-control': 'max-age=3600' } }),
  };
}

/** A verified token in the form of the SDK's `AuthInfo`. */
export interface McpAuthInfo<Claims> {
  token: string;
  /** `client_id`, else `azp`, else `sub`; empty where the token has none of them. */
  clientId: string;
  scopes: string[];
  /** Seconds since the epoch. */
  expiresAt: number;
  extra: { verified: VerifiedToken<Claims> };
}

/**
 * Makes the `verifyToken` of `withMcpAuth` (mcp-handler). Resolves to undefined where a request has no token, and rejects where
 * the verifier refuses it. Pass `required: true` to `withMcpAuth`: it lets requests without a token through by default.
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function mcpTokenVerifier<Claims>(
  verifier: TokenVerifier<Claims>,
): (request: Request, bearerToken?: string) => Promise<McpAuthInfo<Claims> | undefined> {
  assertVerifier(verifier);
  return async (_request, bearerToken) => {
    if (bearerToken === undefined) return undefined;
    const verified = await verifier.verify(bearerToken);
    const { client_id, azp, sub, exp, ...scopes } = verified.claims as JwtScopes & Record<string, unknown>;
    return {
      token: bearerToken,
      clientId: [client_id, azp, sub].find(isText) ?? '',
      scopes: readScopes(scopes),
      expiresAt: exp as number,
      extra: { verified },
    };
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isHttpUrl = (value: unknown): value is string => isText(value) && /^https?:\/\/[^#\s]+$/.test(value) && URL.canParse(value);
const isListOf = (value: unknown, is: (element: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(is);

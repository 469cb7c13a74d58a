// The common part of `vercelOidc` and `connectOAuth`: a bearer token, a verdict, and a failure that is not one.

import type { CountersignError, ErrorCode } from '../../core/errors.js';
import { invalidOption } from '../../core/errors.js';
import { assertObject } from '../../core/options.js';
import { readBearer } from '../../guard/decide.js';
import { type Environment, variable } from '../../host/environment.js';

/** Options of both. */
export interface VerificationOptions {
  /** The environment variables. Default: those of the process. */
  readonly env?: Record<string, string | undefined>;
  /** Fetches the keys. Default: the runtime's own `fetch`. */
  readonly fetch?: typeof fetch;
  /** Called with each error of the verifier for a token that is refused, for logs. What it throws is ignored. */
  readonly onRefused?: (error: CountersignError) => void;
}

/** The codes of failures that say nothing about the token. */
const UNAVAILABLE = new Set<string>([
  'ERR_JWKS_NOT_LOADED',
  'ERR_JWKS_TIMEOUT',
  'ERR_JWKS_FETCH_FAILED',
  'ERR_JWKS_INVALID',
  'ERR_DISCOVERY_INVALID',
  'ERR_INTERNAL',
] satisfies ErrorCode[]);

/**
 * Makes a route auth callback. A token that is refused is `null`. Where it cannot be judged, such as without keys, the callback
 * rejects, so that an outage is not taken for a forgery: Eve answers with the `response` of the error, a 503.
 */
export function authenticator<Session>(
  judge: (token: string) => Promise<Session | null>,
  onRefused: VerificationOptions['onRefused'],
): (request: Request) => Promise<Session | null> {
  if (onRefused !== undefined && typeof onRefused !== 'function') throw invalidOption('onRefused', 'must be a function');
  return async (request) => {
    const found = readBearer(request.headers.get('authorization'));
    if (found === undefined || found === 'malformed') return null;
    try {
      return await judge(found.token);
    } catch (thrown) {
      const { code } = thrown as Partial<CountersignError>;
      if (typeof code === 'string' && UNAVAILABLE.has(code)) throw withResponse(thrown as CountersignError);
      if (typeof code !== 'string' || code === 'ERR_INVALID_OPTION') throw thrown;
      try {
        onRefused?.(thrown as CountersignError);
      } catch {}
      return null;
    }
  };
}

/** How many seconds a caller shall wait for keys. */
const RETRY_AFTER = '5';

/** Adds the response that Eve sends in place of its 500. A response is used once, so each reading makes one. */
function withResponse(error: CountersignError): CountersignError {
  const response = () => new Response(null, { status: 503, headers: { 'retry-after': RETRY_AFTER, 'cache-control': 'no-store' } });
  return Object.defineProperty(error, 'response', { get: response, configurable: true });
}

/** A project's id and environment, from options or the environment variables of the deployment. */
export function deployment(given: { projectId?: string; environment?: string; env?: Environment }): {
  projectId: string;
  environment: string;
} {
  const { env } = given;
  if (env !== undefined) assertObject(env, 'env');
  const setting = (name: string) => variable(name, env)?.trim() || undefined;
  const projectId = given.projectId ?? setting('VERCEL_PROJECT_ID');
  const environment = given.environment ?? setting('VERCEL_TARGET_ENV') ?? setting('VERCEL_ENV');
  if (projectId === undefined) throw invalidOption('projectId', 'is required where VERCEL_PROJECT_ID is not set');
  if (environment === undefined) throw invalidOption('environment', 'is required where VERCEL_TARGET_ENV and VERCEL_ENV are not set');
  return { projectId, environment };
}

/**
 * A guard for Fastify 5, as a hook and as a plugin. Refusals are those of RFC 6750 section 3.
 *
 * @module
 */

import { invalidOption } from './core/errors.js';
import { type GuardOptions, type TokenVerifier, createDecide, isPreflight, preflightOf } from './guard/decide.js';
import { notARequest } from './guard/incoming.js';
import type { VerifiedToken } from './verify/verifier.js';

export type { GuardOptions, Refusal } from './guard/decide.js';

/** The part of a request that the guard reads. */
export interface FastifyRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
}

/** The part of a reply that the guard uses. */
export interface FastifyReply {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(body: string): unknown;
}

/** The part of an instance that the plugin uses. */
export interface FastifyInstance {
  hasRequestDecorator(name: string): boolean;
  decorateRequest(name: string, value: null): unknown;
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): unknown;
}

/** Options of {@link guard} and {@link guardPlugin}. Unknown members are refused. */
export interface FastifyGuardOptions<Claims> extends GuardOptions<Claims, FastifyRequest> {
  /** Whether preflights (CORS) may go on without a token, to a plugin that answers them. Default: false. */
  preflight?: boolean;
}

/** The hook, and the way to the token in a handler behind it. */
export interface FastifyGuard<Claims> {
  (request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  /** The verified token of a request that the guard has let through. Throws `ERR_INVALID_OPTION` for any other request. */
  token(request: object): VerifiedToken<Claims>;
}

/** The plugin, and the way to the token in a handler behind it. */
export interface FastifyGuardPlugin<Claims> {
  (instance: FastifyInstance): Promise<void>;
  /** As {@link FastifyGuard.token}. */
  token(request: object): VerifiedToken<Claims>;
}

/**
 * Makes a hook, for `onRequest` or `preHandler`, that lets only requests with a token pass that the verifier accepts. It puts the
 * token at `request.user`; `token(request)` returns the same, typed.
 *
 * ```ts
 * const auth = guard(verifier);
 * app.get('/me', { onRequest: auth }, async (request) => auth.token(request).claims.sub);
 * ```
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function guard<Claims>(verifier: TokenVerifier<Claims>, options: FastifyGuardOptions<Claims> = {}): FastifyGuard<Claims> {
  const decide = createDecide(verifier, options, ['preflight']);
  const preflight = preflightOf(options);
  const tokens = new WeakMap<object, VerifiedToken<Claims>>();
  const hook = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { headers, method } = (request ?? {}) as Partial<FastifyRequest>;
    if (
      typeof headers !== 'object' ||
      typeof method !== 'string' ||
      typeof reply?.send !== 'function' ||
      typeof reply.code !== 'function'
    ) {
      throw notARequest(request, 'that of Fastify, with a reply', 'fastify');
    }
    if (preflight && isPreflight(method, (name) => headers[name])) return undefined;
    const { token, answer } = await decide(headers['authorization'] as string | undefined, request);
    if (token) {
      tokens.set(request, token);
      (request as { user?: unknown }).user = token;
      return undefined;
    }
    reply.code(answer.status);
    reply.headers(answer.headers);
    // Returned, so that Fastify ends the request here.
    return reply.send(answer.body);
  };
  return Object.assign(hook, {
    token(request: object) {
      const token = tokens.get(request);
      if (token) return token;
      throw invalidOption('request', 'has not passed this guard: put the guard before the handler');
    },
  });
}

/**
 * Makes a plugin that guards every route of the instance at which it is registered, and of those below it.
 *
 * ```ts
 * const auth = guardPlugin(verifier);
 * await app.register(auth);
 * ```
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function guardPlugin<Claims>(
  verifier: TokenVerifier<Claims>,
  options: FastifyGuardOptions<Claims> = {},
): FastifyGuardPlugin<Claims> {
  const hook = guard(verifier, options);
  const plugin = async (instance: FastifyInstance): Promise<void> => {
    if (!instance.hasRequestDecorator('user')) instance.decorateRequest('user', null);
    instance.addHook('onRequest', hook);
  };
  return Object.assign(plugin, {
    token: hook.token,
    // Without it the hook would belong to the plugin's own scope, in which there are no routes.
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'countersign',
  });
}

// Deliveries of Vercel Connect: a verifier for the adapters of the Chat SDK, and a wrapper for routes, which answers as Connect
// expects.

import { CountersignError, invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import { isUnavailable, readBearer, toResponse } from '../guard/decide.js';
import { isWebRequest, notARequest } from '../guard/incoming.js';
import type { VercelClaims } from '../verify/types.js';
import type { VerifiedToken } from '../verify/verifier.js';
import { type ConnectWebhookVerifierOptions, DeliveryCheck, activeDelivery, handle, tooLarge } from './delivery-check.js';

export type { ConnectWebhookVerifierOptions } from './delivery-check.js';
export { type MemoryReplayOptions, type ReplayStore, createMemoryReplayStore } from './replay.js';

/** The option `webhookVerifier` of the adapters of the Chat SDK. */
export type ConnectWebhookVerifier = (request: Request, body: string | Uint8Array) => Promise<unknown>;

/** A delivery that was verified. */
export interface ConnectDelivery {
  readonly token: VerifiedToken<VercelClaims>;
  /** The body as it was sent. The request that the handler gets can still be read too. */
  readonly body: Uint8Array;
}

/** Options of {@link withConnectDelivery}. Unknown members are refused. */
export interface ConnectDeliveryRouteOptions extends ConnectWebhookVerifierOptions {
  /** Called with each delivery that is not handled, for logs. What it throws is ignored. */
  onRefused?(refusal: ConnectRefusal, request: Request): unknown;
}

/** Why a delivery is not handled. It holds no part of the token or the body. */
export interface ConnectRefusal {
  /** The HTTP status. Vercel Connect repeats a delivery after 503, and not after the others. */
  readonly status: 401 | 405 | 413 | 503;
  readonly error: 'unauthorized' | 'invalid_token' | 'method_not_allowed' | 'body_too_large' | 'temporarily_unavailable';
  /** The sentence of the response. */
  readonly description: string;
  /** The error, but for a method that is not POST. `cause.reason` tells `replayed` and `other_body` apart. */
  readonly cause?: CountersignError;
}

/**
 * Makes the option `webhookVerifier` of a Chat SDK adapter. It resolves to true for a delivery with a token that Vercel issued
 * for this project and environment, and rejects with a `CountersignError` else.
 *
 * The token is bound to its first body. That a delivery comes again with the same body is not noticed, since the verifier does not
 * see the response: wrap the route in {@link withConnectDelivery}. Without it an outage is answered like a forgery too, with 401,
 * and Vercel Connect does not repeat such a delivery.
 *
 * Throws `ERR_INVALID_OPTION`. Where the project or the environment comes from a variable that is not set, the verifier rejects with
 * that error.
 */
export function createConnectWebhookVerifier(options: ConnectWebhookVerifierOptions = {}): ConnectWebhookVerifier {
  const check = new DeliveryCheck(options);
  return async (request, body) => {
    if (typeof (request as Partial<Request> | undefined)?.headers?.get !== 'function') throw notARequest(request);
    const bytes = bytesOf(body);
    const found = readBearer(request.headers.get('authorization'));
    const active = activeDelivery(typeof found === 'object' ? found.token : undefined, bytes);
    try {
      const { text, token } = await check.verify(request.headers);
      // The route that handles this delivery has looked for replays.
      if (!active) await (await check.begin(text, token, bytes))?.end(false);
      return true;
    } catch (thrown) {
      if (active && thrown instanceof CountersignError && isOutage(thrown)) active.outage = thrown;
      throw thrown;
    }
  };
}

/**
 * Wraps a route that Vercel Connect delivers to. The handler runs only for a delivery that was verified, once for each that it answers
 * with success.
 *
 * ```ts
 * export const POST = withConnectDelivery(async (request) => bot.webhooks.slack(request));
 * ```
 *
 * Answers 401 where the token is missing or refused, and where the delivery was accepted before; 405 where the method is not POST; 413
 * where the body is too long; 503 with `Retry-After` where Vercel's keys or the replay store cannot be had, or the same delivery is
 * being handled. That goes for a verifier inside the handler too, whose adapter answers 401 for every error. A handler without a
 * response is answered for with 202; what it throws is thrown on.
 *
 * Throws `ERR_INVALID_OPTION`; the route rejects with it where a variable is missing, or the body was read before.
 */
export function withConnectDelivery<Rest extends unknown[], Incoming extends Request = Request>(
  handler: (request: Incoming, delivery: ConnectDelivery, ...rest: Rest) => Response | void | Promise<Response | void>,
  options: ConnectDeliveryRouteOptions = {},
): (request: Incoming, ...rest: Rest) => Promise<Response> {
  if (typeof handler !== 'function') throw invalidOption('handler', 'must be a function, the first argument');
  const { onRefused, ...rest } = ownOptions(options);
  if (onRefused !== undefined && typeof onRefused !== 'function') throw invalidOption('onRefused', 'must be a function');
  const check = new DeliveryCheck(rest);

  const refuse = (refusal: ConnectRefusal, request: Incoming): Response => {
    // What a log does, or fails to do, must not change the response.
    const report = async () => onRefused?.(refusal, request);
    report().catch(() => {});
    return responseOf(refusal);
  };

  return async (request, ...rest) => {
    if (!isWebRequest(request)) throw notARequest(request);
    if (request.method !== 'POST') return refuse(NOT_POST, request);
    try {
      const { text, token } = await check.verify(request.headers);
      const body = await readBody(request, check.maxBodyBytes);
      const begun = await check.begin(text, token, body);
      const end = handle(text, body);
      let succeeded = false;
      try {
        const response = (await handler(request, Object.freeze({ token, body }), ...rest)) ?? new Response(null, { status: 202 });
        const outage = end();
        if (outage && !response.ok) return refuse(refusalOf(outage), request);
        succeeded = response.ok;
        return response;
      } catch (thrown) {
        throw new HandlerError(thrown);
      } finally {
        end();
        await begun?.end(succeeded);
      }
    } catch (thrown) {
      if (thrown instanceof HandlerError) throw thrown.cause;
      return refuse(refusalOf(thrown), request);
    }
  };
}

/** Carries what a handler has thrown past the refusals. */
class HandlerError extends Error {
  constructor(cause: unknown) {
    super('', { cause });
  }
}

const NOT_POST: ConnectRefusal = { status: 405, error: 'method_not_allowed', description: 'deliveries are sent with POST' };

/** Whether an error says nothing about the delivery. */
export const isOutage = ({ code, retryable }: CountersignError): boolean => isUnavailable(code) || (code === 'ERR_DELIVERY_REFUSED' && retryable);

/** The refusal for an error of the check. Rethrows errors of the caller. */
export function refusalOf(thrown: unknown): ConnectRefusal {
  if (!(thrown instanceof CountersignError) || thrown.code === 'ERR_INVALID_OPTION') throw thrown;
  const { message: description, reason } = thrown;
  const as = (status: ConnectRefusal['status'], error: ConnectRefusal['error']) => ({ status, error, description, cause: thrown });
  if (isOutage(thrown)) return as(503, 'temporarily_unavailable');
  if (reason === 'body_too_large') return as(413, 'body_too_large');
  return as(401, reason === 'token_missing' ? 'unauthorized' : 'invalid_token');
}

/** The seconds after which a delivery may be repeated; as long as the issuer is not requested again for an unknown key, where that is why. */
const retryAfter = ({ cause }: ConnectRefusal): string => (cause?.kid === undefined ? '5' : '30');

/** The response of a refusal. Its text never holds any part of a token. */
export function responseOf(refusal: ConnectRefusal): Response {
  const { status, error, description, cause } = refusal;
  const more = {
    401: { 'www-authenticate': error === 'unauthorized' ? 'Bearer' : `Bearer error="${error}"` },
    405: { allow: 'POST' },
    413: {},
    503: { 'retry-after': retryAfter(refusal) },
  }[status];
  const headers = { 'cache-control': 'no-store', 'content-type': 'application/json', ...more };
  return toResponse({ status, headers, body: JSON.stringify({ error, error_description: description, code: cause?.code }) });
}

function bytesOf(body: unknown): Uint8Array {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  throw invalidOption('body', 'must be a string or a `Uint8Array`, the second argument');
}

/** Reads the body of a request, up to a limit. The request can still be read afterwards. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  if (request.bodyUsed) throw invalidOption('request', 'has a body that was read before');
  if (Number(request.headers.get('content-length')) > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.clone().body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    length += part.value.byteLength;
    if (length > limit) {
      reader?.cancel().catch(() => {});
      throw tooLarge(limit);
    }
    chunks.push(part.value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

// Deliveries of Vercel Connect: a verifier for the adapters of the Chat SDK, and a wrapper for routes, which answers as Connect
// expects.

import { CountersignError, invalidOption } from '../core/errors.js';
import { ownOptions } from '../core/options.js';
import { readBearer } from '../guard/decide.js';
import { isWebRequest, notARequest } from '../guard/incoming.js';
import type { VercelClaims } from '../verify/types.js';
import type { VerifiedToken } from '../verify/verifier.js';
import { type ConnectRefusal, NOT_POST, isOutage, refusalOf, responseOf } from './delivery-answer.js';
import { readBody } from './delivery-body.js';
import { type ConnectWebhookVerifierOptions, DeliveryCheck, activeDelivery, handle } from './delivery-check.js';

export type { ConnectRefusal } from './delivery-answer.js';
export type { ConnectDeliveryTarget, ConnectWebhookVerifierOptions } from './delivery-check.js';
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
  /** Called with each delivery that is not handled, for logs. An error that it throws is ignored. */
  onRefused?(refusal: ConnectRefusal, request: Request): unknown;
}

/**
 * Makes the option `webhookVerifier` of a Chat SDK adapter. It resolves to true for a delivery with a token that Vercel issued
 * for this project and environment, and rejects with a `CountersignError` else.
 *
 * The token is bound to its first body. The same body is accepted again, since the verifier does not see the response. The adapter
 * answers 401 for an outage too, and Vercel Connect does not repeat such a delivery. {@link withConnectDelivery} prevents both.
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
      // An adapter makes a 401 of every error. The route answers for those that say nothing about the delivery.
      if (active && thrown instanceof CountersignError && (isOutage(thrown) || thrown.code === 'ERR_INVALID_OPTION'))
        active.failure = thrown;
      throw thrown;
    }
  };
}

/**
 * Wraps a route that Vercel Connect delivers to. The handler runs only for a verified delivery, and not again after it has answered with
 * success.
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
        const failure = end();
        if (failure && !response.ok) return refuse(refusalOf(failure), request);
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

function bytesOf(body: unknown): Uint8Array {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  throw invalidOption('body', 'must be a string or a `Uint8Array`, the second argument');
}

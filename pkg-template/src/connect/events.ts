// Events of MCP servers that Vercel Connect forwards. Experimental: the header and the claims of their token are not documented, so
// the caller verifies a delivery.

import { CountersignError, invalidOption } from '../core/errors.js';
import { assertKnown, isObject, ownOptions } from '../core/options.js';
import { toResponse } from '../guard/decide.js';
import { isWebRequest, notARequest } from '../guard/incoming.js';
import { StoreGuard, type StoreOptions } from '../stores/guard.js';
import { verifyModule } from '../verify/module.js';
import { isOutage } from './delivery-answer.js';
import { readBody } from './delivery-body.js';
import { BYPASS_MS, DEFAULT_BODY_BYTES } from './delivery-check.js';
import { Replays, type ReplayStore, createMemoryReplayStore, isReplayStore, sha256 } from './replay.js';

/** The members of every event. Deliveries come at least once and in any order. */
interface EventEnvelope {
  /** The same for each repetition of a delivery. */
  readonly deliveryId: string;
  readonly subscriptionId: string;
  readonly source: { readonly type: 'mcp'; readonly connectorId: string };
  /** The context that the subscription was made with. */
  readonly context: unknown;
}

/** An event of an MCP server, or a note about its subscription. */
export type ConnectEvent = EventEnvelope &
  (
    | { readonly event: Readonly<Record<string, unknown>>; readonly control?: undefined }
    /** Events were lost. `cursor` is where to go on. */
    | { readonly control: { readonly type: 'gap'; readonly cursor: unknown; readonly truncated?: boolean }; readonly event?: undefined }
    /** There are no more events of this subscription. */
    | { readonly control: { readonly type: 'terminated'; readonly error: unknown }; readonly event?: undefined }
  );

/** Options of {@link experimental_withConnectEvents}. Unknown members are refused. */
export interface ConnectEventsOptions extends StoreOptions {
  /**
   * Verifies a delivery, and throws where it is refused: a `CountersignError`, or an error with the code `invalid_delivery`. Every
   * other error counts as an outage.
   */
  verify(request: Request, body: Uint8Array): unknown;
  /** Remembers the ids of deliveries. Default: a store in the memory of this process. */
  replay?: ReplayStore | false;
  /** The seconds for which an id is remembered. Default: 86,400. */
  rememberFor?: number;
  /** The longest body that is accepted, in bytes. Default: 4,718,592. */
  maxBodyBytes?: number;
  /** Called with each error that is answered with 503, of `verify` or of the handler. An error that it throws is ignored. */
  onError?(error: unknown): unknown;
}

const OPTIONS = ['verify', 'replay', 'rememberFor', 'maxBodyBytes', 'onError', 'storeTimeout', 'onStoreError'];

/**
 * Wraps a route that Vercel Connect delivers events of MCP servers to. **Experimental**: the service is in beta.
 *
 * Answers 202 where the handler has taken an event, and for a repetition of it; 410 where the handler returns `'ended'`, since the
 * application no longer wants these events; 400 where the body is not an event; 401 where `verify` refuses; 405 where the method
 * is not POST; 413 where the body is too long; 503 with `Retry-After` for everything else. Throws `ERR_INVALID_OPTION`.
 */
export function experimental_withConnectEvents(
  handler: (event: ConnectEvent) => 'ended' | void | Promise<'ended' | void>,
  options: ConnectEventsOptions,
): (request: Request) => Promise<Response> {
  if (typeof handler !== 'function') throw invalidOption('handler', 'must be a function, the first argument');
  const own = ownOptions(options);
  assertKnown(verifyModule, own, OPTIONS);
  const { verify, replay = createMemoryReplayStore(), rememberFor = 86_400, maxBodyBytes = DEFAULT_BODY_BYTES, onError, ...store } = own;
  for (const [name, hook] of Object.entries({ verify, onError: onError ?? (() => {}) })) {
    if (typeof hook !== 'function') throw invalidOption(name, 'must be a function');
  }
  if (replay !== false && !isReplayStore(replay))
    throw invalidOption('replay', 'must have the functions `get`, `set` and `lease`, or be false');
  for (const [name, number] of Object.entries({ rememberFor, maxBodyBytes })) {
    if (!(Number.isInteger(number) && number >= 1)) throw invalidOption(name, 'must be a whole number from 1');
  }
  const replays = replay === false ? undefined : new Replays(replay, new StoreGuard(store, BYPASS_MS));

  const unavailable = (thrown: unknown): Response => {
    const report = async () => onError?.(thrown);
    report().catch(() => {});
    return answer(503, { 'retry-after': '5' });
  };

  return async (request) => {
    if (!isWebRequest(request)) throw notARequest(request);
    if (request.method !== 'POST') return answer(405, { allow: 'POST' });
    try {
      const body = await readBody(request, maxBodyBytes);
      if (await isRefused(() => verify(request, body))) return answer(401, { 'www-authenticate': 'Bearer' });
      const event = readEvent(body);
      if (!event) return answer(400);
      const name = `event.${await sha256(JSON.stringify([event.subscriptionId, event.deliveryId]))}`;
      const begun = await replays?.begin(name, '', rememberFor);
      let succeeded = false;
      try {
        const result = await handler(event);
        succeeded = true;
        return answer(result === 'ended' ? 410 : 202);
      } catch (thrown) {
        return unavailable(thrown);
      } finally {
        await begun?.end(succeeded);
      }
    } catch (thrown) {
      if (thrown instanceof CountersignError && thrown.code === 'ERR_DELIVERY_REFUSED') {
        if (thrown.reason === 'body_too_large') return answer(413);
        if (thrown.reason === 'replayed') return answer(202);
      }
      return unavailable(thrown);
    }
  };
}

/** Returns whether `verify` refuses a delivery. Rethrows what says nothing about the delivery. */
async function isRefused(verify: () => unknown): Promise<boolean> {
  try {
    await verify();
    return false;
  } catch (thrown) {
    const refused =
      thrown instanceof CountersignError
        ? !isOutage(thrown) && thrown.code !== 'ERR_INVALID_OPTION'
        : codeOf(thrown) === 'invalid_delivery';
    if (refused) return true;
    throw thrown;
  }
}

const codeOf = (thrown: unknown): unknown => (isObject(thrown) ? (thrown as { code?: unknown }).code : undefined);

const answer = (status: number, headers: Record<string, string> = {}): Response =>
  toResponse({ status, headers: { 'cache-control': 'no-store', ...headers }, body: '' });

/** Reads the envelope; undefined where it is not one of this version. */
function readEvent(body: Uint8Array): ConnectEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { version, deliveryId, subscriptionId, source, context, event, control } = ownOptions(value as Record<string, unknown>);
  const isId = (id: unknown): id is string => typeof id === 'string' && id !== '';
  if (version !== 1 || !isId(deliveryId) || !isId(subscriptionId) || !isObject(source)) return undefined;
  const { type, connectorId } = source as Record<string, unknown>;
  if (type !== 'mcp' || !isId(connectorId)) return undefined;
  const envelope: EventEnvelope = { deliveryId, subscriptionId, source: { type, connectorId }, context };
  if (isObject(event) && control === undefined) return { ...envelope, event: event as Record<string, unknown> };
  if (!isObject(control) || event !== undefined) return undefined;
  const { type: kind, cursor, truncated, error } = control as Record<string, unknown>;
  if (kind === 'gap') return { ...envelope, control: { type: kind, cursor, ...(typeof truncated === 'boolean' && { truncated }) } };
  return kind === 'terminated' ? { ...envelope, control: { type: kind, error } } : undefined;
}

// Runs the operations of the core that wait for a response.

import { askIn, clock } from './core.js';
import { Failure, type Sendable, send } from './send.js';

/** A request whose response an operation of the core waits for. */
export interface HttpRequest extends Sendable {
  flight: number;
}

/**
 * Sends a request of the given instance, and those that follow from its response. Resolves to the result of the last one, and
 * rejects with the error of the core.
 */
export async function runOperation<T>(first: HttpRequest, instance: number, fetcher: typeof fetch): Promise<T> {
  let next: HttpRequest | T = first;
  while (isRequest(next)) {
    const { flight }: HttpRequest = next;
    const outcome = await send(next, fetcher);
    next = (
      outcome instanceof Failure
        ? askIn(instance, 'flight_failed', flight, outcome.name, clock())
        : askIn(instance, 'flight_answered', flight, outcome.status, outcome.headers, outcome.body, clock())
    ) as HttpRequest | T;
  }
  return next;
}

/** Returns whether a result of the core is a request: only a request has the number of an operation. */
export function isRequest(value: unknown): value is HttpRequest {
  return typeof value === 'object' && value !== null && 'flight' in value;
}

// Carries out the operations of the core that wait for answers.

import { askIn, clock } from './core.js';
import { Failure, type Sendable, send } from './send.js';

/** A request that an operation of the core waits for. */
export interface HttpRequest extends Sendable {
  flight: number;
}

/**
 * Carries out a request of the given instance and those that follow from its answer. Resolves to what the core makes of the
 * last one, and throws what it refuses.
 */
export async function drive<T>(first: HttpRequest, instance: number, fetcher: typeof fetch): Promise<T> {
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

/** Nothing else that comes out of the core has a flight's number. */
export function isRequest(value: unknown): value is HttpRequest {
  return typeof value === 'object' && value !== null && 'flight' in value;
}

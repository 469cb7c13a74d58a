/**
 * A guard for SvelteKit, as its hook `handle`. Refusals are those of RFC 6750 section 3.
 *
 * @module
 */

import { type GuardOptions, type TokenVerifier, createDecide, isPreflight, preflightOf, toResponse } from './guard/decide.js';
import { isWebRequest, notARequest } from './guard/incoming.js';

export type { GuardOptions, Refusal, WebRequest } from './guard/decide.js';

/** The part of an event that the guard uses. */
export interface SvelteKitEvent {
  readonly request: Request;
  readonly locals: object;
}

/** Options of {@link guard}. Unknown members are refused. */
export interface SvelteKitGuardOptions<Claims> extends GuardOptions<Claims> {
  /** Whether preflights (CORS) may go on without a token, to a route that answers them. Default: false. */
  preflight?: boolean;
}

/** The hook. `Event` is what SvelteKit passes, and passes on to `resolve`. */
export type SvelteKitGuard = <Event extends SvelteKitEvent>(input: {
  event: Event;
  resolve: (event: Event) => Response | Promise<Response>;
}) => Promise<Response>;

/**
 * Makes the hook `handle`, which lets only requests with a token pass that the verifier accepts. Routes find the token at
 * `event.locals.token`; declare it in `App.Locals`.
 *
 * ```ts
 * // src/hooks.server.ts
 * export const handle = guard(verifier);
 * ```
 *
 * Throws `ERR_INVALID_OPTION`.
 */
export function guard<Claims>(verifier: TokenVerifier<Claims>, options: SvelteKitGuardOptions<Claims> = {}): SvelteKitGuard {
  const decide = createDecide(verifier, options, ['preflight']);
  const preflight = preflightOf(options);
  return async (input) => {
    const { event, resolve } = (input ?? {}) as Partial<typeof input>;
    const request = event?.request;
    if (!event || !isWebRequest(request) || typeof event.locals !== 'object' || typeof resolve !== 'function') {
      throw notARequest(input, 'the input of SvelteKit', 'sveltekit');
    }
    if (preflight && isPreflight(request.method, (name) => request.headers.get(name))) return resolve(event);
    const { token, answer } = await decide(request.headers.get('authorization'), request);
    if (!token) return toResponse(answer);
    (event.locals as { token?: unknown }).token = token;
    return resolve(event);
  };
}

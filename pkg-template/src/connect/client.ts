// What Vercel Connect is asked besides tokens.

import { ask, clock, currentGeneration } from '../core/core.js';
import { type HttpRequest, runOperation } from '../core/run-operation.js';
import { omitUndefined, seed } from '../exchange/client.js';

/** What is asked, by the core's name for it. */
export type Action = 'authorize' | 'describe' | 'install' | 'revoke';

/** Asks, on behalf of whom `caller` finds once the options are known to be right. */
export async function askConnect<T>(action: Action, wanted: object, caller: () => Promise<string>, fetcher = globalThis.fetch): Promise<T> {
  const options = omitUndefined(wanted);
  ask('connect_check', action, options);
  const token = await caller();
  seed();
  const instance = currentGeneration();
  const first: HttpRequest = ask('connect_call', action, options, token, Math.random(), clock());
  return JSON.parse(await runOperation<string>(first, instance, fetcher));
}

/** Evicts the tokens of exactly these parameters. */
export function evictTokens(wanted: object): void {
  seed();
  const options = omitUndefined(wanted);
  ask('connect_forget', options, clock());
}

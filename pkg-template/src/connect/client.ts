// What Vercel Connect is asked besides tokens.

import { ask, clock, currentGeneration } from '../core/core.js';
import { type HttpRequest, drive } from '../core/run-operation.js';
import { given, seed } from '../exchange/client.js';

/** What is asked, by the core's name for it. */
export type Action = 'authorize' | 'describe' | 'install' | 'revoke';

/** Asks, on behalf of whom `caller` finds once the options are known to be right. */
export async function askConnect<T>(action: Action, wanted: object, caller: () => Promise<string>, fetcher = globalThis.fetch): Promise<T> {
  const options = given(wanted);
  ask('connect_check', action, options);
  const token = await caller();
  seed();
  const instance = currentGeneration();
  const first: HttpRequest = ask('connect_call', action, options, token, Math.random(), clock());
  return JSON.parse(await drive<string>(first, instance, fetcher));
}

/** Forgets the tokens for which exactly this was asked. */
export function forgetWish(wanted: object): void {
  seed();
  const options = given(wanted);
  ask('connect_forget', options, clock());
}

// The login of Vercel's command line. Renewing it must never lose it: the old one stays until the new one is written.

import { call, clock, currentGeneration } from '../core.js';
import { drive } from '../drive.js';
import type { CountersignError } from '../errors.js';
import type { Asked } from './asked.js';
import { replace, tryReadSmall } from './files.js';
import { type Node, errorName } from './node.js';

/** What the core makes of a login file. */
interface Login {
  state: 'usable' | 'renewable' | 'expired' | 'missing';
  token?: string;
}

const readLogin = (text: string | undefined): Login => call((wasm) => wasm.refresh_login(text ?? '', clock()));

/** What a login file has at present. */
export async function loginState(host: Node, file: string): Promise<Login['state']> {
  return readLogin(await tryReadSmall(host, file)).state;
}

export const NO_LOGIN = 'nobody is logged in on this machine: run `vercel login`';
export const LOGIN_ENDED = { reason: 'the login on this machine has ended: run `vercel login`', failed: true };

/** A token of the login that can be sent, renewed where that is needed; or why there is none. */
export async function loginToken(host: Node, file: string, fetcher: typeof fetch): Promise<{ token: string } | Exclude<Asked, string>> {
  const text = await tryReadSmall(host, file);
  const { state, token } = readLogin(text);
  if (state === 'missing') return { reason: NO_LOGIN };
  if (state === 'expired' || token === undefined) return LOGIN_ENDED;
  return state === 'usable' ? { token } : renew(host, file, text as string, token, fetcher);
}

interface Renewed {
  token: string;
  expiresAt: number;
  refreshToken?: string;
}

async function renew(host: Node, file: string, before: string, refreshToken: string, fetcher: typeof fetch): Promise<{ token: string } | Exclude<Asked, string>> {
  // A refresh token may be good for one use: first of all it is made sure that the new one can be kept.
  const replacement = await replace(host, file).catch(errorName);
  if (typeof replacement === 'string') {
    return { reason: `the login must be renewed, and its file cannot be written (${replacement})`, failed: true };
  }
  let renewed: Renewed;
  try {
    const request = call((wasm) => wasm.refresh_renew(refreshToken, clock()));
    renewed = await drive<Renewed>(request, currentGeneration(), fetcher);
  } catch (thrown) {
    await replacement.discard();
    // Another process may have used it up, and has written the new login by now.
    return (await usable(host, file)) ?? failure(thrown as CountersignError);
  }
  const now = await tryReadSmall(host, file);
  // Somebody has logged in or out meanwhile: that is newer than what we have.
  if (now !== before) {
    await replacement.discard();
    return (await usable(host, file)) ?? renewed;
  }
  // Kept or not, it is good for this call.
  await replacement.commit(merged(before, renewed)).catch(() => {});
  return renewed;
}

/** The file with the new login, and all else that it says. */
function merged(before: string, { token, expiresAt, refreshToken }: Renewed): string {
  const login = { ...JSON.parse(before), token, expiresAt, ...(refreshToken !== undefined && { refreshToken }) };
  return `${JSON.stringify(login, null, 2)}\n`;
}

async function usable(host: Node, file: string): Promise<{ token: string } | undefined> {
  const { state, token } = readLogin(await tryReadSmall(host, file));
  return state === 'usable' && token !== undefined ? { token } : undefined;
}

/** A refused refresh token is the end of a login; anything else says nothing about it. */
function failure({ message, retryable, status }: CountersignError): Exclude<Asked, string> {
  if (status === 400 || status === 401) return LOGIN_ENDED;
  return { reason: `the login could not be renewed: ${message}`, failed: true, retryable };
}

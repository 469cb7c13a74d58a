// The login of Vercel's command line. Renewing it must never lose it: the old one stays until the new one is written.

import type { CountersignError } from '../core/errors.js';
import { runOperation } from '../core/run-operation.js';
import { clock } from '../core/runtime.js';
import { SingleFlight } from '../core/single-flight.js';
import { credentialsModule } from '../credentials/module.js';
import type { LoginState, SourceResult } from '../credentials_bg.js';
import { readSmall, replace, tryReadSmall } from './files.js';
import { type Node, errorName } from './node.js';

const readLogin = (text: string | undefined, minValidity = 0): LoginState =>
  credentialsModule.call((wasm) => wasm.read_login(text ?? '', minValidity, clock()));

/** Renewals under way, by the file: a refresh token may be good for one use. */
const renewals = new SingleFlight<string, LoginToken>();

/** What a login file has at present. */
export async function loginState(host: Node, file: string): Promise<LoginState['state']> {
  return readLogin(await tryReadSmall(host, file)).state;
}

export const NO_LOGIN = 'nobody is logged in on this machine: run `vercel login`';
export const LOGIN_ENDED = { reason: 'the login on this machine has ended: run `vercel login`', failed: true };

/** A token of the login; or why there is none. */
export type LoginToken = { token: string } | SourceResult;

/** A token of the login that lives for so many seconds, renewed where that is needed. Callers at the same time share a renewal. */
export async function loginToken(host: Node, file: string, fetcher: typeof fetch, minValidity = 0): Promise<LoginToken> {
  const text = await tryReadSmall(host, file);
  const { state, token } = readLogin(text, minValidity);
  if (state === 'missing') return { reason: NO_LOGIN };
  if (state === 'expired' || token === undefined) return LOGIN_ENDED;
  if (state === 'usable') return { token };
  return renewals.run(file, () => renew(host, file, text as string, token, fetcher));
}

interface Renewed {
  token: string;
  expiresAt: number;
  refreshToken?: string;
}

async function renew(host: Node, file: string, before: string, refreshToken: string, fetcher: typeof fetch): Promise<LoginToken> {
  // A refresh token may be good for one use: first of all it is made sure that the new one can be kept.
  const replacement = await replace(host, file).catch(errorName);
  if (typeof replacement === 'string') {
    return { reason: `the login must be renewed, and its file cannot be written (${replacement})`, failed: true };
  }
  let renewed: Renewed;
  try {
    const first = credentialsModule.call((wasm) => wasm.renew_login(refreshToken, clock()));
    renewed = JSON.parse((await runOperation(credentialsModule, first, fetcher)) as string);
  } catch (thrown) {
    await replacement.discard();
    // Another process may have used it up, and has written the new login by now.
    return (await usable(host, file)) ?? failure(thrown as CountersignError);
  }
  // Somebody may have logged in or out meanwhile: that is newer than what we have. A file that cannot be read says neither.
  const present = await readSmall(host, file).catch((thrown) => (errorName(thrown) === 'ENOENT' ? undefined : before));
  if (present !== before) {
    await replacement.discard();
    return (await usable(host, file)) ?? { reason: NO_LOGIN };
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
function failure({ message, retryable, status }: CountersignError): SourceResult {
  if (status === 400 || status === 401) return LOGIN_ENDED;
  return { reason: `the login could not be renewed: ${message}`, failed: true, retryable };
}

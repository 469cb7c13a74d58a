// The login of Vercel's command line. Renewing it must never lose it: the old one stays until the new one is written.

import type { CountersignError } from '../core/errors.js';
import { runOperation } from '../core/run-operation.js';
import { clock } from '../core/runtime.js';
import { SingleFlight, sleep } from '../core/single-flight.js';
import { credentialsModule } from '../credentials/module.js';
import type { LoginState, SourceResult } from '../credentials_bg.js';
import { type Replacement, readSmall, replace, tryReadSmall, withLock } from './files.js';
import { type Node, errorName } from './node.js';

const readLogin = (text: string | undefined, minValidity = 0): LoginState =>
  credentialsModule.call((wasm) => wasm.read_login(text ?? '', minValidity, clock()));

/** Renewals under way, by the file: a refresh token may be good for one use. */
const renewals = new SingleFlight<string, LoginToken>();

/** The present content of a login file. */
export async function loginState(host: Node, file: string): Promise<LoginState['state']> {
  return readLogin(await tryReadSmall(host, file)).state;
}

export const NO_LOGIN = 'nobody is logged in on this machine: run `vercel login`';
export const LOGIN_ENDED = { reason: 'the login on this machine has ended: run `vercel login`', failed: true };

/** A token of the login; or why there is none. */
export type LoginToken = { token: string } | SourceResult;

/** A token of the login that lives for so many seconds, renewed where that is needed. Callers at the same time share a renewal. */
export async function loginToken(host: Node, file: string, fetcher: typeof fetch, minValidity = 0): Promise<LoginToken> {
  if (unsaved.has(file)) await saveAgain(host, file);
  const found = await currentLogin(host, file, minValidity);
  return 'refreshToken' in found ? renewals.run(file, () => renew(host, file, minValidity, fetcher)) : found;
}

/** A login that has to be renewed first. */
interface Renewable {
  /** The file's text, or what could not be written to it. */
  text: string;
  refreshToken: string;
}

async function currentLogin(host: Node, file: string, minValidity: number): Promise<LoginToken | Renewable> {
  const inFile = await tryReadSmall(host, file);
  const kept = unsaved.get(file);
  const text = kept && kept.before === inFile ? kept.text : inFile;
  const { state, token } = readLogin(text, minValidity);
  if (state === 'missing') return { reason: NO_LOGIN };
  if (state === 'expired' || token === undefined) return LOGIN_ENDED;
  return state === 'usable' ? { token } : { text: text as string, refreshToken: token };
}

interface Renewed {
  token: string;
  expiresAt: number;
  refreshToken?: string;
}

/** Renewed logins that no disk has taken yet, by their file, with the text that the file has in their place. */
const unsaved = new Map<string, { before: string; text: string }>();

/** The space that a renewed login may need beyond that of the old one, in bytes. */
const GROWTH_BYTES = 16_384;

/** The pauses before the attempts to write a renewed login, in milliseconds. */
const WRITE_DELAYS_MS = [0, 100, 1000];

/** The pauses before the looks for a login that another program has renewed, in milliseconds. */
const LOOK_DELAYS_MS = [0, 250, 1000];

/** Renews the login, one process after the other: the next one finds the renewed login. */
async function renew(host: Node, file: string, minValidity: number, fetcher: typeof fetch): Promise<LoginToken> {
  let started = false;
  try {
    return await withLock(host, file, async () => {
      started = true;
      const found = await currentLogin(host, file, minValidity);
      return 'refreshToken' in found ? await renewLocked(host, file, found, fetcher) : found;
    });
  } catch (thrown) {
    if (started) throw thrown;
    return notWritable(thrown);
  }
}

async function renewLocked(host: Node, file: string, { text, refreshToken }: Renewable, fetcher: typeof fetch): Promise<LoginToken> {
  const before = await readSmall(host, file).catch(() => text);
  // A refresh token may be good for one use. Before it is used, there is room on the disk for the next one.
  const room = { before, bytes: new TextEncoder().encode(text).length + GROWTH_BYTES };
  const replacement = await replace(host, file, room).catch((thrown) => ({ thrown: thrown as unknown }));
  if ('thrown' in replacement) return notWritable(replacement.thrown);
  let renewed: Renewed;
  try {
    const first = credentialsModule.call((wasm) => wasm.renew_login(refreshToken, clock()));
    renewed = JSON.parse((await runOperation(credentialsModule, first, fetcher)) as string);
  } catch (thrown) {
    await replacement.discard();
    return (await renewedElsewhere(host, file, thrown as CountersignError)) ?? failure(thrown as CountersignError);
  }
  return save(host, file, before, merged(text, renewed), renewed, replacement);
}

/** Writes a renewed login down. Where that fails, this process keeps it, and the user is told. */
async function save(host: Node, file: string, before: string, text: string, renewed: Renewed, first: Replacement): Promise<LoginToken> {
  let replacement: Replacement | undefined = first;
  let problem: unknown;
  for (const delay of WRITE_DELAYS_MS) {
    await sleep(delay);
    try {
      replacement ??= await replace(host, file, { before });
      await replacement.commit(text);
      unsaved.delete(file);
      return renewed;
    } catch (thrown) {
      problem = thrown;
      await replacement?.discard();
      replacement = undefined;
      if (errorName(thrown) === 'CHANGED') {
        // The user has logged in or out meanwhile: that is newer.
        const found = await currentLogin(host, file, 0);
        return 'token' in found ? found : { reason: NO_LOGIN };
      }
    }
  }
  unsaved.set(file, { before, text });
  host.process.emitWarning(
    `the renewed login could not be written to ${file} (${errorName(problem)}): this process keeps it, and later ones need \`vercel login\``,
    {
      code: 'COUNTERSIGN_LOGIN_NOT_SAVED',
    },
  );
  return renewed;
}

/** Tries once more to write a renewed login that no disk has taken yet. */
async function saveAgain(host: Node, file: string): Promise<void> {
  const { before, text } = unsaved.get(file) as { before: string; text: string };
  const replacement = await replace(host, file, { before }).catch(() => undefined);
  const problem = await replacement?.commit(text).then(() => undefined, errorName);
  if (replacement && (problem === undefined || problem === 'CHANGED')) unsaved.delete(file);
  if (problem !== undefined) await replacement?.discard();
}

function notWritable(thrown: unknown): SourceResult {
  const name = errorName(thrown);
  const problem = name === 'OWNER' ? 'belongs to another user, who could not read it any more' : `cannot be written (${name})`;
  return { reason: `the login must be renewed, and its file ${problem}`, failed: true };
}

/** The login of another program that has used the refresh token up, and writes the new one about now. */
async function renewedElsewhere(host: Node, file: string, { status }: CountersignError): Promise<LoginToken | undefined> {
  for (const delay of status === 400 || status === 401 ? LOOK_DELAYS_MS : [0]) {
    await sleep(delay);
    const found = await currentLogin(host, file, 0);
    if ('token' in found) return found;
  }
  return undefined;
}

/** The file with the new login, and all else that it says. */
function merged(before: string, { token, expiresAt, refreshToken }: Renewed): string {
  const login = { ...JSON.parse(before), token, expiresAt, ...(refreshToken !== undefined && { refreshToken }) };
  return `${JSON.stringify(login, null, 2)}\n`;
}

/** A refused refresh token is the end of a login; anything else says nothing about it. */
function failure({ message, retryable, status }: CountersignError): SourceResult {
  if (status === 400 || status === 401) return LOGIN_ENDED;
  return { reason: `the login could not be renewed: ${message}`, failed: true, retryable };
}

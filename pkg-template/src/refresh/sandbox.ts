// The writer that keeps a key file in a Vercel Sandbox. The SDK is the caller's; what is used of it is its documented interface.

import { invalidOption } from '../core/errors.js';
import type { RefreshWriter } from './all.js';
import { findSandbox, isRunning } from './find-sandbox.js';
import { knownOptions } from './options.js';
import { checkPath, checkVariable } from './startup.js';

/** The used part of a `Sandbox` of `@vercel/sandbox`. */
export interface SandboxHandle {
  /** Of the present session, such as `running` or `stopped`. */
  readonly status?: string;
  writeFiles(files: { path: string; content: string; mode?: number }[], options?: { signal?: AbortSignal }): Promise<unknown>;
  runCommand(command: SandboxCommand & { detached: true }): Promise<unknown>;
  runCommand(command: SandboxCommand): Promise<{ readonly exitCode: number }>;
}

interface SandboxCommand {
  cmd: string;
  args?: string[];
  env?: Record<string, string>;
  signal?: AbortSignal;
}

/** The command that runs in a sandbox once its key file is fresh. */
export interface SandboxRestart {
  cmd: string;
  args?: string[];
  /** Whether it is waited for, and must then end with 0, as `systemctl restart` does. Default: false, for a script that becomes the process. */
  wait?: boolean;
}

/** Options of {@link createSandboxWriter}. */
export interface SandboxWriterOptions<T> {
  /**
   * Returns the sandbox of a target, such as `({ id }, { signal }) => Sandbox.get({ name: id, resume: false, signal })`. Undefined, or an error with
   * status 404, means that it does not exist any more.
   */
  sandbox: (target: T, context: { readonly signal: AbortSignal }) => SandboxHandle | undefined | Promise<SandboxHandle | undefined>;
  /** The path of the key file in the sandbox. Absolute; the folder must be there, as it is once `startupScript` has run. */
  keyFile: string;
  /** The command that makes the process take the new token: best the script of `startupScript`. */
  restart: SandboxRestart;
  /** The variable with which the sandbox may have been created. It is blank in the restart, so that the file counts. Default: `AI_GATEWAY_API_KEY`. */
  variable?: string;
}

const KNOWN = ['sandbox', 'keyFile', 'restart', 'variable'];

/** Puts a file in its place in one step, for its owner only, or leaves none behind. Into a folder `mv` would put it under the other name. */
const PUT = '[ ! -d "$2" ] && chmod 600 "$1" && mv -f "$1" "$2" || { rm -f "$1"; exit 1; }';

/**
 * Writes the token into the key file of a Vercel Sandbox (in one step, mode 0600) and restarts its process: the environment that a sandbox was created
 * with cannot be changed, and is gone on a handle that is fetched later.
 *
 * A sandbox that is stopped is not woken up: it is `not-running`. One that does not exist is `gone`.
 */
export function createSandboxWriter<T>(options: SandboxWriterOptions<T>): RefreshWriter<T> {
  const { sandbox, keyFile, restart, variable = 'AI_GATEWAY_API_KEY' } = knownOptions(options, KNOWN);
  if (typeof sandbox !== 'function') throw invalidOption('sandbox', 'must be a function that returns the sandbox of a target');
  checkPath('keyFile', keyFile);
  checkVariable(variable);
  if (typeof restart?.cmd !== 'string') throw invalidOption('restart', 'must be an object with the command to run, `{ cmd, args? }`');
  const { wait = false, ...command } = restart;
  return async (target, { value }, { signal }) => {
    const handle = await findSandbox(() => sandbox(target, { signal }));
    if (!handle) return 'gone';
    if (!isRunning(handle)) return 'not-running';
    const temporary = `${keyFile}.${crypto.getRandomValues(new Uint32Array(2)).join('')}`;
    await handle.writeFiles([{ path: temporary, content: value, mode: 0o600 }], { signal });
    const put = await handle.runCommand({ cmd: 'sh', args: ['-c', PUT, 'sh', temporary, keyFile], signal });
    if (put.exitCode !== 0) throw new Error(`the key file could not be put in its place: exit code ${put.exitCode}`);
    const env = { [variable]: '' };
    if (!wait) return void (await handle.runCommand({ ...command, env, signal, detached: true }));
    const { exitCode } = await handle.runCommand({ ...command, env, signal });
    if (exitCode !== 0) throw new Error(`the restart failed: exit code ${exitCode}`);
    return;
  };
}

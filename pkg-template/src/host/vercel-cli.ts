// Vercel's command line: where it keeps its files, and how it is run.

import { type Environment, variable } from './environment.js';
import { tryReadSmall } from './files.js';
import type { Node } from './node.js';

/** How long the command may take, in milliseconds: it starts slowly and asks Vercel. */
const TIMEOUT_MS = 30_000;

/** The home folder; with an environment that the caller gives, the one that it names. */
function home({ os }: Node, env: Environment | undefined): string | undefined {
  if (env) return env['HOME'] || env['USERPROFILE'] || undefined;
  try {
    return os.homedir();
  } catch {
    return undefined;
  }
}

/** The folder in which a user's programs keep data, as Vercel's packages find it. */
export function dataFolder(host: Node, env: Environment | undefined): string | undefined {
  const { path, process } = host;
  const chosen = variable('XDG_DATA_HOME', env);
  if (chosen) return chosen;
  if (process.platform === 'win32') return variable('LOCALAPPDATA', env) || undefined;
  const own = home(host, env);
  return own && path.join(own, process.platform === 'darwin' ? 'Library/Application Support' : '.local/share');
}

/** The folder of the command line's login and settings: the first that is there. */
export async function cliFolder(host: Node, env: Environment | undefined): Promise<string | undefined> {
  const { fs, path, process } = host;
  const [data, own] = [dataFolder(host, env), home(host, env)];
  const roaming = variable('APPDATA', env) || (own && path.join(own, 'AppData', 'Roaming'));
  const folders =
    process.platform === 'win32' && !variable('XDG_DATA_HOME', env)
      ? [roaming && path.join(roaming, 'com.vercel.cli', 'Data'), roaming && path.join(roaming, 'xdg.data', 'com.vercel.cli')]
      : [data && path.join(data, 'com.vercel.cli')];
  for (const folder of [...folders, own && path.join(own, '.now')]) {
    if (folder && (await fs.stat(folder).catch(() => undefined))?.isDirectory()) return folder;
  }
  return undefined;
}

/** The path of the login file; undefined for a value that the command line does not know. */
export async function loginStorage(
  host: Node,
  env: Environment | undefined,
  folder: string | undefined,
): Promise<'file' | 'keyring' | 'auto' | undefined> {
  if (variable('__VERCEL_FF_DPOP', env) === '1') return 'keyring';
  const chosen =
    variable('VERCEL_TOKEN_STORAGE', env) ??
    (folder && member(await tryReadSmall(host, host.path.join(folder, 'config.json')), 'credStorage'));
  if (chosen === undefined) return 'file';
  return chosen === 'file' || chosen === 'keyring' || chosen === 'auto' ? chosen : undefined;
}

/** A member of a JSON object; undefined where the text is none. */
export function member(text: string | undefined, name: string): unknown {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  } catch {
    return undefined;
  }
}

/** The output of a run of the command, or the reason why it has none. */
export type Run = { printed: string } | { reason: string; retryable: boolean };

/** Runs `vercel` with these arguments, from the search path or else from the project's own packages. */
export async function runVercel(host: Node, env: Environment | undefined, folder: string, args: string[]): Promise<Run> {
  const { childProcess, path, process } = host;
  const variables: Environment = { ...(env ?? process.env) };
  // On Windows the name of this variable is written in several ways.
  const name = Object.keys(variables).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  variables[name] = [variables[name], path.join(folder, 'node_modules', '.bin')].filter(Boolean).join(path.delimiter);
  const options = {
    cwd: folder,
    env: variables as NodeJS.ProcessEnv,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 65_536,
    windowsHide: true,
    // There `vercel` is a batch file, which only a shell runs. The names among the arguments are letters, digits, `._-`.
    shell: process.platform === 'win32',
  } as const;
  return new Promise((resolve) => {
    const child = childProcess.execFile('vercel', args, options, (error, stdout, stderr) => {
      if (!error) return resolve({ printed: stdout });
      if (error.killed) return resolve({ reason: 'the command `vercel` did not end in time', retryable: true });
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const reason = missing ? 'the command `vercel` is not installed' : `the command \`vercel\` failed: ${firstLine(stderr)}`;
      resolve({ reason, retryable: false });
    });
    // No user is there to answer a question.
    child.stdin?.end();
  });
}

/** The complaint of the command, without anything as long as a credential. */
function firstLine(text: string): string {
  const plain = text.replace(/\x1b\[[0-9;]*m/g, '').replace(/[^\x20-\x7e\n]/g, '');
  const line = plain.split('\n').find((line) => /error/i.test(line)) ?? plain.split('\n').find((line) => line.trim());
  return (
    line
      ?.replace(/[^\s/]{20,}/g, '[…]')
      .trim()
      .slice(0, 200) || 'it says nothing'
  );
}

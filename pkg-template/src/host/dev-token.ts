// The development token: a token of the linked project, fetched with the login of Vercel's command line and kept in a file.

import type { CountersignError } from '../core/errors.js';
import { runOperation } from '../core/run-operation.js';
import { clock } from '../core/runtime.js';
import { SingleFlight } from '../core/single-flight.js';
import { credentialsModule } from '../credentials/module.js';
import type { DevTokenTarget } from '../credentials/chain-options.js';
import type { SourceResult } from '../credentials_bg.js';
import { type Environment, variable } from './environment.js';
import { replace, tryReadSmall } from './files.js';
import { LOGIN_ENDED, NO_LOGIN, loginState, loginToken } from './login.js';
import type { Node } from './node.js';
import { findLink } from './project.js';
import { cliFolder, dataFolder, loginStorage, runVercel } from './vercel-cli.js';

/** Options of {@link devToken}. */
export interface DevTokenOptions {
  target: DevTokenTarget;
  env: Environment | undefined;
  minValidity: number;
  fetcher: typeof fetch;
}

/** Operations in flight by `fetch` and options. Callers share an operation only with callers of the same `fetch`. */
const operations = new WeakMap<typeof fetch, SingleFlight<string, string | SourceResult>>();

/** A token of the project that lives long enough: the kept one, or a new one. Callers at the same time share one operation. */
export async function devToken(host: Node, options: DevTokenOptions): Promise<string | SourceResult> {
  const plan = await prepare(host, options);
  if (!isPlan(plan)) return plan;
  const { project, team, files, login, folder } = plan;
  const key = JSON.stringify([project, team, options.minValidity, files, login, folder, variable('PATH', options.env)]);
  let shared = operations.get(options.fetcher);
  if (!shared) operations.set(options.fetcher, (shared = new SingleFlight()));
  return shared.run(key, () => fetchAndKeep(host, options, plan));
}

/** Returns the result of {@link devToken} without fetching: undefined where it would fetch. */
export async function peek(host: Node, options: DevTokenOptions): Promise<string | SourceResult | undefined> {
  const plan = await prepare(host, options);
  if (!isPlan(plan) || plan.login === undefined) return isPlan(plan) ? undefined : plan;
  const state = await loginState(host, plan.login);
  if (state === 'missing') return { reason: NO_LOGIN };
  return state === 'expired' ? LOGIN_ENDED : undefined;
}

interface Plan {
  project: string;
  team: string | undefined;
  /** The working directory of the command. */
  folder: string;
  /** The cache files: ours, then the one that Vercel's own package writes. */
  files: [string, string];
  /** The login file; undefined where only the command can use the login. */
  login: string | undefined;
}

const isPlan = (value: string | SourceResult | Plan): value is Plan => typeof value === 'object' && 'files' in value;

/** The next step, the kept token, or the reason why nothing can be done. */
async function prepare(host: Node, { target, env, minValidity }: DevTokenOptions): Promise<string | SourceResult | Plan> {
  const { path, process } = host;
  const link = await findLink(host);
  const project = target.project ?? link?.project;
  const team = target.team ?? link?.team;
  if (project === undefined) {
    return link
      ? { reason: 'the nearest `.vercel/project.json` names no project: run `vercel link`', failed: true }
      : { reason: 'this folder belongs to no Vercel project: run `vercel link`' };
  }
  try {
    credentialsModule.call((wasm) => wasm.check_project(project, team));
  } catch (thrown) {
    // Rethrow caller errors; report a malformed project file as a failed source.
    if (target.project !== undefined || target.team !== undefined) throw thrown;
    return { reason: `the nearest \`.vercel/project.json\` is malformed: ${(thrown as Error).message}`, failed: true };
  }
  const data = dataFolder(host, env);
  if (!data) return { reason: 'this user has no folder for data: set XDG_DATA_HOME' };
  const tokens = path.join(data, 'com.vercel.token');
  // `_` is no team's name.
  const files: Plan['files'] = [path.join(tokens, team ?? '_', `${project}.json`), path.join(tokens, `${project}.json`)];
  for (const file of files) {
    const text = await tryReadSmall(host, file);
    const token = text && credentialsModule.call((wasm) => wasm.read_kept_token(text, project, team, minValidity, clock()));
    if (token) return token;
  }
  const folder = await cliFolder(host, env);
  const storage = await loginStorage(host, env, folder);
  if (!storage)
    return {
      reason:
        'the command line’s login is kept in a way that is not known here: `VERCEL_TOKEN_STORAGE` or `credStorage` must be `file`, `keyring` or `auto`',
      failed: true,
    };
  const file = folder && path.join(folder, 'auth.json');
  const inFile = storage === 'file' || (storage === 'auto' && file !== undefined && (await loginState(host, file)) !== 'missing');
  if (inFile && !file) return { reason: NO_LOGIN };
  return { project, team, folder: link?.folder ?? process.cwd(), files, login: inFile ? file : undefined };
}

async function fetchAndKeep(host: Node, options: DevTokenOptions, plan: Plan): Promise<string | SourceResult> {
  const token = plan.login === undefined ? await fromCommand(host, options, plan) : await fromApi(host, options, plan, plan.login);
  if (typeof token === 'string') await keep(host, plan, token);
  return token;
}

async function fromApi(host: Node, { fetcher }: DevTokenOptions, { project, team }: Plan, file: string): Promise<string | SourceResult> {
  const login = await loginToken(host, file, fetcher);
  if (!('token' in login)) return login;
  try {
    const first = credentialsModule.call((wasm) => wasm.fetch_dev_token(project, team, login.token, clock()));
    return (await runOperation(credentialsModule, first, fetcher)) as string;
  } catch (thrown) {
    const { message, retryable, status } = thrown as CountersignError;
    const remedy = status === 401 || status === 403 ? ': run `vercel login`' : status === 404 ? ': run `vercel link`' : '';
    return { reason: `${message}${remedy}`, failed: true, retryable };
  }
}

async function fromCommand(host: Node, { env }: DevTokenOptions, { project, team, folder }: Plan): Promise<string | SourceResult> {
  const scope = team === undefined ? [] : ['--scope', team];
  const run = await runVercel(host, env, folder, ['project', 'token', project, '--format=json', ...scope]);
  if ('reason' in run) return { ...run, failed: true };
  try {
    return credentialsModule.call((wasm) => wasm.read_printed_token(run.printed, clock()));
  } catch (thrown) {
    return { reason: `the command \`vercel project token\`: ${(thrown as Error).message}`, failed: true };
  }
}

/** Keeps a token for the next call. Where that fails, the next call fetches again. */
async function keep(host: Node, { project, team, files: [file] }: Plan, token: string): Promise<void> {
  const folder = host.path.dirname(file);
  try {
    await host.fs.mkdir(folder, { recursive: true, mode: 0o700 });
    await host.fs.chmod(folder, 0o700);
    await (await replace(host, file, { followLinks: false })).commit(JSON.stringify({ token, project, team }));
  } catch {}
}

/** Returns whether this runs as a deployment: there is no login and no user. */
export function isDeployment(env: Environment | undefined): boolean {
  const kind = variable('VERCEL_ENV', env);
  return kind ? kind !== 'development' : Boolean(variable('VERCEL', env));
}

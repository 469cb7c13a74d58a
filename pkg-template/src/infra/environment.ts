// The environment variables of a Vercel project. What is sent, and what answers mean, is decided in the second module.

import { invalidOption } from '../core/errors.js';
import { ask } from '../inspect/module.js';
import { type RunHost, carryOut } from './run.js';

/** A standard environment, or the id of a custom one. */
export type Target = 'production' | 'preview' | 'development' | `env_${string}`;

/** Which project, and with whose rights. */
export interface ProjectOptions {
  /** The project's id (`prj_…`) or name. */
  project: string;
  /** The team's id (`team_…`) or slug. Default: the account that the token belongs to. */
  team?: string;
  /** A Vercel access token that may read and write the project's environment variables. */
  token: string;
  /** Where Vercel's REST API is; for tests. Default: `https://api.vercel.com`. */
  apiUrl?: string;
}

/** Options of {@link syncEnvironment}. Unknown members are refused. */
export interface SyncOptions extends ProjectOptions, RunHost {
  /** The variables by name. */
  values: Record<string, string>;
  /** The environments of all of them. Default: `production`, `preview` and `development`. */
  targets?: readonly Target[];
  /** How Vercel keeps the values. `sensitive` ones cannot be read back, and cannot be for development. Default: `encrypted`. */
  type?: 'encrypted' | 'plain' | 'sensitive';
  /** Whose variables these are. Programs that write to one project take different names. Default: `default`. */
  stack?: string;
  /**
   * A key of 16 characters or more, for fingerprints of the values, which the comments then hold. By them sensitive values are
   * compared; without it they are written anew each time.
   */
  fingerprintKey?: string;
  /** Lets an empty `values` remove every variable of the stack. Default: false, which refuses it. */
  allowEmpty?: boolean;
  /** Reads and plans, and changes nothing. Default: false. */
  dryRun?: boolean;
}

/** What a synchronisation has done, or of a dry run, would do. Names only. */
export interface SyncReport {
  /** Were not there. */
  readonly created: readonly string[];
  /** Had another value, type, environments or mark. */
  readonly updated: readonly string[];
  /** Were as wanted. */
  readonly unchanged: readonly string[];
  /** Were set by an earlier run of this stack, and are not wanted any more. */
  readonly removed: readonly string[];
  /** Are wanted and were not written: somebody else has set a variable of that name in one of the environments. */
  readonly foreign: readonly string[];
}

/** Options of {@link pullEnvironment}. Unknown members are refused. */
export interface PullOptions extends ProjectOptions, RunHost {
  /** The environment. Default: `development`. */
  target?: Target;
}

/** A project's variables for one environment. `values` is not enumerable: printing it shows names only. */
export interface PulledEnvironment {
  readonly values: Readonly<Record<string, string>>;
  /** The names of what was read. */
  readonly names: readonly string[];
  /** The names of sensitive variables, whose values nobody can read. */
  readonly unreadable: readonly string[];
}

/** The formats that {@link readVariables} reads. */
export type VariablesFormat = 'json' | 'sst' | 'pulumi' | 'terraform' | 'dotenv';

/**
 * Makes a project's environment variables what `values` says, and touches no variable that somebody else has set.
 *
 * What it has set it knows by the variable's comment. It can be run again at any time, and stopped after any request: the
 * next run goes on from there. Values are neither printed nor logged. It asks again where Vercel is busy or unreachable,
 * for a minute or as long as Vercel asks for, five minutes at most.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION`; `ERR_EXCHANGE_REJECTED` where Vercel refuses, `ERR_EXCHANGE_FAILED` and
 * `ERR_EXCHANGE_TIMEOUT` where it cannot be reached, `ERR_EXCHANGE_INVALID` where it answers something else.
 */
export async function syncEnvironment(options: SyncOptions): Promise<SyncReport> {
  const { host, text } = split(options);
  return carryOut<SyncReport>((wasm) => wasm.sync_begin(text), host);
}

/**
 * Reads a project's variables for one environment, with the values of those that can be read. A branch's own variables and
 * those that Vercel sets itself are left out.
 *
 * @throws {CountersignError} as {@link syncEnvironment}.
 */
export async function pullEnvironment(options: PullOptions): Promise<PulledEnvironment> {
  const { host, text } = split(options);
  const { values, unreadable } = await carryOut<{ values: Record<string, string>; unreadable: string[] }>((wasm) => wasm.pull_begin(text), host);
  const pulled = { names: Object.keys(values), unreadable };
  return Object.defineProperty(pulled, 'values', { value: values }) as typeof pulled & { values: Record<string, string> };
}

/**
 * Reads variables out of what another program has put out: SST (`.sst/outputs.json`), Pulumi (`pulumi stack output --json
 * --show-secrets`), Terraform (`terraform output -json`), a JSON object, or a dotenv file. `map` chooses and renames: from
 * names of variables to names of outputs.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION`, naming the output or the line, and no value.
 */
export function readVariables(text: string, format: VariablesFormat, map?: Record<string, string>): Record<string, string> {
  if (typeof text !== 'string') throw invalidOption('text', 'must be a string');
  if (typeof format !== 'string') throw invalidOption('format', 'must be a string');
  return ask((wasm) => wasm.read_variables(text, format, map && JSON.stringify(map)));
}

/**
 * Writes variables as a dotenv file that dotenv, Node.js and `readVariables` read alike. Next.js replaces `$name` in it, even
 * inside single quotes.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION` naming a variable whose value no form of quotes carries.
 */
export function formatDotenv(values: Record<string, string>): string {
  return ask((wasm) => wasm.write_dotenv(JSON.stringify(values) ?? ''));
}

/** What is for the host, and the rest as the module takes it. */
function split(options: RunHost & object): { host: RunHost; text: string } {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'must be an object');
  const { fetch, onProgress, ...rest } = options;
  for (const [name, value] of Object.entries({ fetch, onProgress })) {
    if (value !== undefined && typeof value !== 'function') throw invalidOption(name, 'must be a function');
  }
  return { host: { ...(fetch && { fetch }), ...(onProgress && { onProgress }) }, text: JSON.stringify(rest) };
}

// The environment variables of a Vercel project. The core decides which requests are sent, and what responses mean.

import { invalidOption } from '../core/errors.js';
import { plainData } from '../core/options.js';
import { redact } from '../core/redact.js';
import { inspectModule } from '../inspect/module.js';
import type { DeepReadonly } from '../inspect/readonly.js';
import type * as wasm from '../inspect_bg.js';
import { type RunHost, carryOut, splitHost } from './run.js';

export type { Target, VariablesFormat } from '../inspect_bg.js';

/** The project, and the access token that opens it. */
export type ProjectOptions = Pick<wasm.SyncOptions, 'project' | 'team' | 'token' | 'apiUrl'>;

/** Options of {@link syncEnvironment}. Unknown members are refused. */
export interface SyncOptions extends wasm.SyncOptions, RunHost {}

/** A variable in a report, by name and environments; never its value. */
export type SyncLine = DeepReadonly<wasm.SyncLine>;

/** The changes of a synchronisation, or of a dry run, those that it would make. */
export type SyncReport = DeepReadonly<wasm.SyncReport>;

/** Options of {@link pullEnvironment}. Unknown members are refused. */
export interface PullOptions extends wasm.PullOptions, RunHost {}

/** A project's variables for one environment. `values` is not an own member: printing the object shows names only. */
export interface PulledEnvironment extends DeepReadonly<wasm.PulledVariables> {
  /** The names of the variables that were read. */
  readonly names: readonly string[];
}

/**
 * Makes a project's environment variables what `values` says in the environments of `targets`. It touches no other environment,
 * and no variable that another program or person has set.
 *
 * What it has set it knows by the variable's comment. It can be run again at any time, and stopped after any request: the
 * next run goes on from there. Values are neither printed nor logged. It asks again where Vercel is busy or unreachable,
 * for a minute or as long as Vercel asks for, five minutes at most.
 *
 * Deployments that exist keep their variables: `needsDeployment` of the report names the environments that need a new one, and
 * `deployHook` is called for it. A hook that fails is no error: the report says so.
 *
 * A run that would remove variables is refused before anything is changed, unless `allowRemovals` is true: the error is an
 * `ERR_INVALID_OPTION` whose `option` is `allowRemovals`, and `dryRun` says which variables they are.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION`; `ERR_EXCHANGE_REJECTED` where Vercel refuses, `ERR_EXCHANGE_FAILED` and
 * `ERR_EXCHANGE_TIMEOUT` where it cannot be reached, `ERR_EXCHANGE_INVALID` where it answers something else.
 */
export async function syncEnvironment(options: SyncOptions): Promise<SyncReport> {
  const { host, plain } = splitHost(options);
  return carryOut(
    inspectModule.call((wasm) => wasm.begin_sync(plain)),
    host,
  );
}

/**
 * Reads a project's variables for one environment, with the values of those that can be read. A branch's own variables and
 * those that Vercel sets itself are left out.
 *
 * @throws {CountersignError} as {@link syncEnvironment}.
 */
export async function pullEnvironment(options: PullOptions): Promise<PulledEnvironment> {
  const { host, plain } = splitHost(options);
  const first = inspectModule.call((wasm) => wasm.begin_pull(plain));
  const { values, unreadable } = await carryOut<wasm.PulledVariables>(first, host);
  const pulled = { names: Object.keys(values), unreadable };
  return redact(pulled, { values }) as PulledEnvironment;
}

/**
 * Reads variables out of what another program has put out: SST (`.sst/outputs.json`), Pulumi (`pulumi stack output --json
 * --show-secrets`), Terraform (`terraform output -json`), a JSON object, or a dotenv file. `map` chooses and renames: from
 * names of variables to names of outputs.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION`, naming the output or the line, and no value.
 */
export function readVariables(text: string, format: wasm.VariablesFormat, map?: Record<string, string>): Record<string, string> {
  if (typeof text !== 'string') throw invalidOption('text', 'must be a string');
  if (typeof format !== 'string') throw invalidOption('format', 'must be a string');
  const plain = plainData({ map }) as wasm.ReadOptions;
  return Object.fromEntries(inspectModule.call((wasm) => wasm.read_variables(text, format, plain)).entries);
}

/**
 * Writes variables as a dotenv file that dotenv, Node.js and `readVariables` read alike. Next.js replaces `$name` in it, even
 * inside single quotes.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION` naming a variable whose value no form of quotes carries.
 */
export function formatDotenv(values: Record<string, string>): string {
  const plain = plainData({ values }) as wasm.DotenvOptions;
  return inspectModule.call((wasm) => wasm.write_dotenv(plain));
}

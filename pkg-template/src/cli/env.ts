// `countersign env`: a project's environment variables, kept in step with what another program has put out.

import '../load/inspect/inline.js';

import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';

import {
  type ProjectOptions,
  type SyncReport,
  type Target,
  type VariablesFormat,
  formatDotenv,
  pullEnvironment,
  readVariables,
  syncEnvironment,
} from '../infra/environment.js';
import { CountersignError } from '../core/errors.js';
import { type Replacement, replace } from '../host/files.js';
import { node } from '../host/node.js';
import { EXIT, type Values, defineCommand } from './command.js';
import { Failure, UsageError } from './errors.js';
import { fileName, reasonOf } from './input.js';
import type { Style, Terminal } from './terminal.js';
import { ProgressLine, ask, canAsk, fromEnvironment, readLink } from './vercel.js';

const OPTIONS = {
  from: { type: 'string', value: 'PATH', about: 'where the variables come from; `-`, the default, is standard input' },
  format: {
    type: 'string',
    value: 'NAME',
    about: 'json, sst, pulumi, terraform or dotenv; the default is dotenv for a file called .env…, else json',
  },
  map: { type: 'string', multiple: true, value: 'NAME=OUTPUT', about: 'take only these outputs, each as the variable of that name' },
  project: {
    type: 'string',
    value: 'ID',
    about: 'the project’s id or name; the default is VERCEL_PROJECT_ID, or what `vercel link` has noted',
  },
  team: { type: 'string', value: 'ID', about: 'the team’s id or slug; the default is VERCEL_ORG_ID, or what `vercel link` has noted' },
  'token-env': { type: 'string', value: 'NAME', about: 'the variable that holds a Vercel access token; the default is VERCEL_TOKEN' },
  target: {
    type: 'string',
    multiple: true,
    value: 'NAME',
    about:
      'production, preview, development or the id of a custom environment; sync: the default is the first three; pull: one, the default is development',
  },
  type: { type: 'string', value: 'NAME', about: 'encrypted (the default), plain or sensitive' },
  stack: {
    type: 'string',
    value: 'NAME',
    about: 'whose variables these are, where several programs write to one project; the default is default',
  },
  'git-branch': { type: 'string', value: 'NAME', about: 'sync: variables for the previews of this branch alone' },
  'take-over': {
    type: 'string',
    multiple: true,
    value: 'NAME',
    about: 'sync: replace this variable although a person has set it; its value and comment are lost',
  },
  'deploy-hook-env': {
    type: 'string',
    value: 'NAME',
    about: 'sync: the variable that holds the URL of a deploy hook, which is called where something has changed',
  },
  'fingerprint-key-env': { type: 'string', value: 'NAME', about: 'the variable that holds the key by which sensitive values are compared' },
  'allow-empty': { type: 'boolean', about: 'let the source be empty' },
  'allow-removals': {
    type: 'boolean',
    about: 'sync: remove what the source lacks without asking; needed where input or output is not a terminal',
  },
  output: { type: 'string', value: 'PATH', about: 'pull: the file to write; the default is .env.local' },
  force: { type: 'boolean', about: 'pull: write over a file that is not from here' },
  'api-url': { type: 'string', value: 'URL', about: 'another address of Vercel’s REST API, for tests' },
} as const;

type EnvValues = Values<typeof OPTIONS>;

/** The options that `pull` does not take. */
const SYNC_ONLY = [
  ...(['from', 'format', 'map', 'type', 'stack', 'fingerprint-key-env', 'allow-empty', 'allow-removals'] as const),
  ...(['git-branch', 'take-over', 'deploy-hook-env'] as const),
];

/** The first line of what `pull` writes: only such a file is written over unasked. */
const HEADING = '# Written by `countersign env pull`: do not edit, do not commit.';

export default defineCommand({
  usage: ['env plan [options]', 'env sync [options]', 'env pull [options]'],
  about:
    'Makes the environment variables of a Vercel project what SST, Pulumi or Terraform has put out. `plan` says what `sync` would do; `pull` writes what can be read to a dotenv file. Values are never shown.',
  options: OPTIONS,
  details: [
    'Environments that are not named with --target are left as they are. A sync that would remove variables asks first; where input or output is not a terminal it changes nothing and ends with exit code 1, unless --allow-removals is given.',
    'Only variables that an earlier sync of the same stack has set are changed or removed; it knows them by their comment. One that another program or a person has set under a wanted name is left alone and reported, and the exit code is 1; `--take-over` replaces what a person has set. A sync may be killed at any time and run again.',
    'Deployments that exist keep their variables. A sync says which environments need a new deployment, and calls the deploy hook of --deploy-hook-env where one does.',
  ],
  examples: [
    ['npx countersign env plan --from .sst/outputs.json --map AWS_ROLE_ARN=roleArn', 'what would change'],
    ['npx countersign env sync --format terraform --target production < outputs.json', 'what `terraform output -json` has printed'],
    ['npx countersign env sync --format pulumi < outputs.json', 'what `pulumi stack output --json --show-secrets` has printed'],
    ['npx countersign env pull', 'the variables for development, to .env.local'],
  ],
  positionals: 1,
  async run(values, [what], terminal) {
    if (what === 'pull') return pull(values, terminal);
    if (what === 'plan' || what === 'sync') return sync(values, what === 'plan', terminal);
    throw new UsageError('say what to do: `plan`, `sync` or `pull`');
  },
});

async function sync(values: EnvValues, dryRun: boolean, terminal: Terminal): Promise<number> {
  const {
    from = '-',
    target,
    type,
    stack,
    'allow-empty': allowEmpty,
    'allow-removals': allowRemovals,
    'fingerprint-key-env': keyName,
    'git-branch': gitBranch,
    'take-over': takeOver,
    'deploy-hook-env': hookName,
  } = values;
  if (dryRun && allowRemovals) throw new UsageError('`--allow-removals` goes with `sync`');
  if (dryRun && hookName !== undefined) throw new UsageError('`--deploy-hook-env` goes with `sync`');
  if (values.output !== undefined || values.force) throw new UsageError('`--output` and `--force` go with `pull`');
  const project = await readProject(values);
  const variables = readVariables(await readSource(from), format(values.format, from), readMap(values.map));
  const progress = new ProgressLine(terminal);
  const run = (more: { dryRun?: boolean; allowRemovals?: boolean }): Promise<SyncReport> =>
    syncEnvironment({
      ...project,
      values: variables,
      onProgress: (at) => progress.show(at),
      ...(target && { targets: target as Target[] }),
      ...(type !== undefined && { type: type as 'plain' }),
      ...(stack !== undefined && { stack }),
      ...(allowEmpty && { allowEmpty }),
      ...(gitBranch !== undefined && { gitBranch }),
      ...(takeOver && { takeOver }),
      ...(hookName !== undefined && { deployHook: fromEnvironment(hookName, '--deploy-hook-env') }),
      ...(keyName !== undefined && { fingerprintKey: fromEnvironment(keyName, '--fingerprint-key-env') }),
      ...more,
    }).finally(() => progress.clear());
  let report: SyncReport;
  try {
    report = await run(dryRun ? { dryRun } : { allowRemovals: allowRemovals ?? false });
  } catch (error) {
    if (!(error instanceof CountersignError && error.option === 'allowRemovals')) throw error;
    const plan = await run({ dryRun: true });
    if (!(await confirmRemovals(plan, terminal))) return EXIT.refused;
    report = await run({ allowRemovals: true });
  }
  const ok = report.foreign.length === 0 && report.deployHook?.ok !== false;
  if (terminal.json) terminal.printJson({ ok, dryRun, ...report });
  else print(report, dryRun, terminal);
  return ok ? EXIT.ok : EXIT.refused;
}

/** Shows a plan that removes variables, and asks for leave on a terminal. */
async function confirmRemovals(plan: SyncReport, terminal: Terminal): Promise<boolean> {
  const count = `${plan.removed.length} ${plan.removed.length === 1 ? 'variable' : 'variables'}`;
  if (!canAsk(terminal)) {
    const message = `nothing was changed: ${count} would be removed, which needs \`--allow-removals\``;
    if (terminal.json)
      terminal.printJson({ ok: false, dryRun: true, ...plan, error: { code: 'ERR_INVALID_OPTION', option: 'allowRemovals', message } });
    else print(plan, true, terminal);
    terminal.warn(`countersign env: ${message}`);
    return false;
  }
  print(plan, true, terminal);
  if (await ask(`Remove ${count}, and make the other changes?`)) return true;
  terminal.warn('countersign env: nothing was changed');
  return false;
}

async function pull(values: EnvValues, terminal: Terminal): Promise<number> {
  const { target, output = '.env.local', force } = values;
  if (target && target.length > 1) throw new UsageError('`pull` reads one environment: give `--target` once');
  const misplaced = SYNC_ONLY.find((name) => values[name] !== undefined);
  if (misplaced) throw new UsageError(`\`--${misplaced}\` goes with \`sync\` and \`plan\``);
  const before = force ? undefined : await readOwn(output);
  const {
    values: variables,
    names,
    unreadable,
  } = await pullEnvironment({ ...(await readProject(values)), ...(target && { target: target[0] as Target }) });
  await write(output, before, `${HEADING}\n${formatDotenv(variables)}`);
  if (terminal.json) terminal.printJson({ ok: true, output, names, unreadable });
  else {
    terminal.print(`${terminal.style('✔', 'green', 'bold')} ${names.length} variables written to ${output}`);
    if (unreadable.length > 0) terminal.paragraph(`Sensitive, and readable for nobody: ${unreadable.join(', ')}`, { indent: '  ' });
  }
  return EXIT.ok;
}

/** The project, and the token that opens it. */
async function readProject(values: EnvValues): Promise<ProjectOptions> {
  const { 'token-env': tokenName = 'VERCEL_TOKEN', 'api-url': apiUrl } = values;
  const { VERCEL_PROJECT_ID, VERCEL_ORG_ID } = process.env;
  const linked = values.project === undefined && !VERCEL_PROJECT_ID ? await readLink() : {};
  const project = values.project ?? (VERCEL_PROJECT_ID || linked.projectId);
  if (!project) throw new UsageError('which project? Name it with `--project`, or run `vercel link` here');
  const owner = values.team ?? (VERCEL_ORG_ID || linked.orgId);
  return {
    project,
    token: fromEnvironment(tokenName, '--token-env'),
    // An account of a single person has an id of another form, and is not named in requests.
    ...(owner && (values.team !== undefined || owner.startsWith('team_')) && { team: owner }),
    ...(apiUrl !== undefined && { apiUrl }),
  };
}

async function readSource(from: string): Promise<string> {
  if (from !== '-')
    return decode(
      await readFile(from).catch((error) => Promise.reject(new Failure(`${fileName(from)} cannot be read: ${reasonOf(error)}`))),
    );
  if (process.stdin.isTTY) throw new UsageError('where do the variables come from? Give a file with `--from`, or pipe them in');
  return decode(await buffer(process.stdin));
}

/** Text in UTF-8: a value in another encoding would be written with other characters. */
function decode(content: Buffer): string {
  if (isUtf8(content)) return content.toString('utf8');
  let line = 1;
  let start = 0;
  for (let end = content.indexOf(10); end >= 0 && isUtf8(content.subarray(start, end)); end = content.indexOf(10, start)) {
    start = end + 1;
    line += 1;
  }
  throw new Failure(`line ${line} of the source is not UTF-8`);
}

function format(named: string | undefined, from: string): VariablesFormat {
  return (named as VariablesFormat | undefined) ?? (basename(from).startsWith('.env') ? 'dotenv' : 'json');
}

function readMap(pairs: string[] | undefined): Record<string, string> | undefined {
  if (!pairs) return undefined;
  const map = new Map<string, string>();
  for (const pair of pairs) {
    const [, name, output] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
    if (name === undefined || output === undefined) throw new UsageError('`--map` is written `--map NAME=output`');
    if (map.has(name)) throw new UsageError(`\`--map\` names ${name} twice`);
    map.set(name, output);
  }
  return Object.fromEntries(map);
}

/** The text of a file that an earlier `pull` has written; null where there is none. A file that was written by hand is not lost. */
async function readOwn(path: string): Promise<string | null> {
  const present = await readFile(path, 'utf8').catch((error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Failure(`${fileName(path)} cannot be read: ${reasonOf(error)}`);
  });
  if (present !== null && present.split('\n', 1)[0] !== HEADING) throw foreign(path);
  return present;
}

const foreign = (path: string): Failure =>
  new Failure(`${path} is there and is not from here: name another file with --output, or give --force`);

/** For its owner alone, and whole or not at all. */
async function write(path: string, before: string | null | undefined, content: string): Promise<void> {
  const host = node();
  if (!host) throw new Failure('this version of Node.js is too old: 20.16 or later is needed');
  let replacement: Replacement | undefined;
  try {
    replacement = await replace(host, path, { before });
    await replacement.commit(content);
  } catch (error) {
    await replacement?.discard();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'CHANGED') throw foreign(path);
    throw new Failure(`${path} cannot be written: ${code === 'OWNER' ? 'it belongs to another user' : reasonOf(error)}`);
  }
}

/** The lists of a report. */
type Lists = Exclude<keyof SyncReport, 'needsDeployment' | 'deployHook'>;

const LINES: [key: Lists, done: string, planned: string, mark: string, style: Style][] = [
  ['created', 'created', 'to create', '+', 'green'],
  ['updated', 'updated', 'to update', '~', 'yellow'],
  ['takenOver', 'taken over', 'to take over', '~', 'red'],
  ['removed', 'removed', 'to remove', '-', 'red'],
  ['foreign', 'left alone: it has another owner', 'to leave alone: it has another owner', '!', 'magenta'],
];

function print(report: SyncReport, dryRun: boolean, terminal: Terminal): void {
  for (const [key, done, planned, mark, style] of LINES) {
    for (const { name, targets } of report[key]) {
      terminal.print(
        `${terminal.style(mark, style, 'bold')} ${name.padEnd(32)} ${terminal.style(dryRun ? planned : done, 'dim')} (${targets.join(', ')})`,
      );
    }
  }
  const counts = LINES.map(([key, done, planned]) => [report[key].length, (dryRun ? planned : done).split(':')[0]] as const).filter(
    ([count]) => count > 0,
  );
  const unchanged = `${report.unchanged.length} unchanged`;
  const summary =
    counts.length === 0 ? `Nothing to do, ${unchanged}.` : `${counts.map((count) => count.join(' ')).join(', ')}, ${unchanged}.`;
  terminal.print(terminal.style(summary, report.foreign.length > 0 ? 'yellow' : 'green', 'bold'));
  printDeployment(report, dryRun, terminal);
}

/** Says that a new deployment is needed, or that the hook was called for one. */
function printDeployment({ needsDeployment, deployHook }: SyncReport, dryRun: boolean, terminal: Terminal): void {
  if (needsDeployment.length === 0) return;
  const where = needsDeployment.join(', ');
  if (deployHook?.ok) terminal.paragraph(`The deploy hook was called. Deployments of ${where} that exist keep their variables.`);
  else {
    terminal.paragraph(
      `${where} ${dryRun ? 'would need' : needsDeployment.length === 1 ? 'needs' : 'need'} a new deployment: those that exist keep their variables.`,
    );
  }
  if (deployHook?.ok === false) terminal.warn(`countersign env: the deploy hook was not called: ${deployHook.reason}`);
}

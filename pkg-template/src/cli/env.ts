// `countersign env`: a project's environment variables, kept in step with what another program has put out.

import '../load/inspect/inline.js';

import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';

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
import type { Progress } from '../infra/run.js';
import { EXIT, type Values, defineCommand } from './command.js';
import { Failure, UsageError } from './errors.js';
import { reasonOf } from './input.js';
import type { Style, Terminal } from './terminal.js';

const OPTIONS = {
  from: { type: 'string', value: 'PATH', about: 'where the variables come from; `-`, the default, is standard input' },
  format: { type: 'string', value: 'NAME', about: 'json, sst, pulumi, terraform or dotenv; the default is dotenv for a file called .env…, else json' },
  map: { type: 'string', multiple: true, value: 'NAME=OUTPUT', about: 'take only these outputs, each as the variable of that name' },
  project: { type: 'string', value: 'ID', about: 'the project’s id or name; the default is VERCEL_PROJECT_ID, or what `vercel link` has noted' },
  team: { type: 'string', value: 'ID', about: 'the team’s id or slug; the default is VERCEL_ORG_ID, or what `vercel link` has noted' },
  'token-env': { type: 'string', value: 'NAME', about: 'the variable that holds a Vercel access token; the default is VERCEL_TOKEN' },
  target: { type: 'string', multiple: true, value: 'NAME', about: 'production, preview, development or the id of a custom environment; sync: the default is the first three; pull: one, the default is development' },
  type: { type: 'string', value: 'NAME', about: 'encrypted (the default), plain or sensitive' },
  stack: { type: 'string', value: 'NAME', about: 'whose variables these are, where several programs write to one project; the default is default' },
  'fingerprint-key-env': { type: 'string', value: 'NAME', about: 'the variable that holds the key by which sensitive values are compared' },
  'allow-empty': { type: 'boolean', about: 'let an empty source remove every variable of the stack' },
  output: { type: 'string', value: 'PATH', about: 'pull: the file to write; the default is .env.local' },
  force: { type: 'boolean', about: 'pull: write over a file that is not from here' },
  'api-url': { type: 'string', value: 'URL', about: 'another address of Vercel’s REST API, for tests' },
} as const;

type EnvValues = Values<typeof OPTIONS>;

/** The first line of what `pull` writes: only such a file is written over unasked. */
const HEADING = '# Written by `countersign env pull`: do not edit, do not commit.';

export default defineCommand({
  usage: ['env plan [options]', 'env sync [options]', 'env pull [options]'],
  about:
    'Makes the environment variables of a Vercel project what SST, Pulumi or Terraform has put out. `plan` says what `sync` would do; `pull` writes what can be read to a dotenv file. Values are never shown.',
  options: OPTIONS,
  details: [
    'Only variables that an earlier sync of the same stack has set are changed or removed; it knows them by their comment. One that somebody else has set under a wanted name is left alone and reported, and the exit code is 1. A sync may be killed at any time and run again.',
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
  const { from = '-', target, type, stack, 'allow-empty': allowEmpty, 'fingerprint-key-env': keyName } = values;
  if (values.output !== undefined || values.force) throw new UsageError('`--output` and `--force` go with `pull`');
  const project = await readProject(values);
  const variables = readVariables(await readSource(from), format(values.format, from), readMap(values.map));
  const progress = new ProgressLine(terminal);
  try {
    const report = await syncEnvironment({
      ...project,
      values: variables,
      dryRun,
      onProgress: (at) => progress.show(at),
      ...(target && { targets: target as Target[] }),
      ...(type !== undefined && { type: type as 'plain' }),
      ...(stack !== undefined && { stack }),
      ...(allowEmpty && { allowEmpty }),
      ...(keyName !== undefined && { fingerprintKey: fromEnvironment(keyName, '--fingerprint-key-env') }),
    });
    progress.clear();
    if (terminal.json) terminal.printJson({ ok: report.foreign.length === 0, dryRun, ...report });
    else print(report, dryRun, terminal);
    return report.foreign.length === 0 ? EXIT.ok : EXIT.refused;
  } finally {
    progress.clear();
  }
}

async function pull(values: EnvValues, terminal: Terminal): Promise<number> {
  const { target, output = '.env.local', force } = values;
  if (target && target.length > 1) throw new UsageError('`pull` reads one environment: give `--target` once');
  const misplaced = (['from', 'format', 'map', 'type', 'stack', 'fingerprint-key-env', 'allow-empty'] as const).find((name) => values[name] !== undefined);
  if (misplaced) throw new UsageError(`\`--${misplaced}\` goes with \`sync\` and \`plan\``);
  if (!force) await refuseForeign(output);
  const { values: variables, names, unreadable } = await pullEnvironment({ ...(await readProject(values)), ...(target && { target: target[0] as Target }) });
  await write(output, `${HEADING}\n${formatDotenv(variables)}`);
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

/** What `vercel link` has noted in this folder. */
async function readLink(): Promise<{ projectId?: string; orgId?: string }> {
  try {
    const { projectId, orgId } = JSON.parse(await readFile('.vercel/project.json', 'utf8'));
    return { ...(typeof projectId === 'string' && { projectId }), ...(typeof orgId === 'string' && { orgId }) };
  } catch {
    return {};
  }
}

function fromEnvironment(name: string, option: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new UsageError(`\`${option}\` takes the name of a variable, and this is none`);
  const value = process.env[name];
  if (!value) throw new Failure(`the environment has no variable ${name}`);
  return value;
}

async function readSource(from: string): Promise<string> {
  if (from !== '-') return readFile(from, 'utf8').catch((error) => Promise.reject(new Failure(`the file cannot be read: ${reasonOf(error)}`)));
  if (process.stdin.isTTY) throw new UsageError('where do the variables come from? Give a file with `--from`, or pipe them in');
  return text(process.stdin);
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

/** A file of secrets that somebody wrote by hand is not lost. */
async function refuseForeign(path: string): Promise<void> {
  const present = await readFile(path, 'utf8').catch((error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure(`${path} cannot be read: ${reasonOf(error)}`);
  });
  if (present !== undefined && present.split('\n', 1)[0] !== HEADING) {
    throw new Failure(`${path} is there and is not from here: name another file with --output, or give --force`);
  }
}

/** For its owner alone, and whole or not at all. */
async function write(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    await file.writeFile(content).finally(() => file.close());
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new Failure(`${path} cannot be written: ${reasonOf(error)}`);
  }
}

/** A line that is written over on a terminal; elsewhere a line for every thousand variables. */
class ProgressLine {
  #last = 0;
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show({ phase, done, total }: Progress): void {
    const line = `${phase === 'read' ? 'reading' : 'writing'} ${done}${total === undefined ? '' : ` of ${total}`}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
    else if (Math.floor(done / 1000) > this.#last) this.#terminal.warn(line);
    this.#last = Math.floor(done / 1000);
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
}

const LINES: [key: keyof SyncReport, done: string, planned: string, mark: string, style: Style][] = [
  ['created', 'created', 'to create', '+', 'green'],
  ['updated', 'updated', 'to update', '~', 'yellow'],
  ['removed', 'removed', 'to remove', '-', 'red'],
  ['foreign', 'left alone: somebody else has set it', 'to leave alone: somebody else has set it', '!', 'magenta'],
];

function print(report: SyncReport, dryRun: boolean, terminal: Terminal): void {
  for (const [key, done, planned, mark, style] of LINES) {
    for (const name of report[key]) terminal.print(`${terminal.style(mark, style, 'bold')} ${name.padEnd(32)} ${terminal.style(dryRun ? planned : done, 'dim')}`);
  }
  const changes = report.created.length + report.updated.length + report.removed.length;
  const unchanged = `${report.unchanged.length} unchanged`;
  const summary = changes === 0 ? `Nothing to do, ${unchanged}.` : `${changes} ${dryRun ? 'to change' : 'changed'}, ${unchanged}.`;
  terminal.print(terminal.style(summary, report.foreign.length > 0 ? 'yellow' : 'green', 'bold'));
}

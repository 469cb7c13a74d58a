// `countersign connect`: the connectors of a team, kept in step with a file.

import '../load/inspect/inline.js';

import { CountersignError } from '../core/errors.js';
import {
  type ConnectorSettings,
  type ConnectorsOptions,
  type ConnectorsReport,
  type TriggerDestination,
  syncConnectors,
} from '../infra/connectors.js';
import { EXIT, type Values, defineCommand } from './command.js';
import { Failure, UsageError } from './errors.js';
import { readTextFile } from './input.js';
import { type Style, type Terminal, printable } from './terminal.js';
import { ProgressLine, ask, canAsk, fromEnvironment, readLink } from './vercel.js';

const OPTIONS = {
  from: { type: 'string', value: 'PATH', about: 'the file with the connectors; the default is connect.json' },
  team: { type: 'string', value: 'ID', about: 'the team’s id or slug; the default is VERCEL_ORG_ID, or what `vercel link` has noted' },
  'token-env': { type: 'string', value: 'NAME', about: 'the variable that holds a Vercel access token; the default is VERCEL_TOKEN' },
  'allow-removals': {
    type: 'boolean',
    about:
      'apply: detach projects, disable environments and drop trigger destinations without asking; needed where input or output is not a terminal',
  },
  'api-url': { type: 'string', value: 'URL', about: 'another address of Vercel’s REST API, for tests' },
} as const;

type ConnectValues = Values<typeof OPTIONS>;

export default defineCommand({
  usage: ['connect plan [options]', 'connect apply [options]'],
  about:
    'Makes connectors of Vercel Connect what a file says: the projects and environments that may request tokens, and the routes that get the deliveries of triggers. `plan` says what `apply` would do.',
  options: OPTIONS,
  details: [
    'The file is JSON: {"connectors": {"slack/acme-bot": {"projects": {"prj_…": ["production"]}, "triggerDestinations": [{"projectId": "prj_…", "path": "/api/slack"}]}}}. Connectors that are not named stay as they are, and so does what a connector’s settings leave out. A connector that is missing is created where its settings have `create`; in the `data` of that, {"env": "NAME"} stands for the value of an environment variable.',
    'Trigger destinations are replaced as a whole, so the plan shows the whole set before and after. An apply that would remove something asks first; where input or output is not a terminal it changes nothing and ends with exit code 1, unless --allow-removals is given. No connector is ever deleted.',
  ],
  examples: [
    ['npx countersign connect plan', 'what would change, by connect.json'],
    ['npx countersign connect apply --from infra/connect.json --team acme', 'change it'],
    ['npx countersign connect apply --json --allow-removals', 'in a build'],
  ],
  positionals: 1,
  async run(values, [what], terminal) {
    if (what !== 'plan' && what !== 'apply') throw new UsageError('say what to do: `plan` or `apply`');
    if (what === 'plan' && values['allow-removals']) throw new UsageError('`--allow-removals` goes with `apply`');
    const options = await readOptions(values);
    const progress = new ProgressLine(terminal);
    const sync = (more: Partial<ConnectorsOptions>): Promise<ConnectorsReport> =>
      syncConnectors({ ...options, onProgress: (at) => progress.show(at), ...more }).finally(() => progress.clear());
    const dryRun = what === 'plan';
    let report: ConnectorsReport;
    try {
      report = await sync(dryRun ? { dryRun } : { allowRemovals: values['allow-removals'] ?? false });
    } catch (error) {
      if (!(error instanceof CountersignError && error.option === 'allowRemovals')) throw error;
      const plan = await sync({ dryRun: true });
      if (!(await confirm(plan, error.message, terminal))) return EXIT.refused;
      report = await sync({ allowRemovals: true, planned: plan });
    }
    if (terminal.json) terminal.printJson({ ok: report.missing.length === 0, dryRun, ...report });
    else print(report, dryRun, terminal);
    return report.missing.length === 0 ? EXIT.ok : EXIT.refused;
  },
});

async function readOptions(values: ConnectValues): Promise<ConnectorsOptions> {
  const { from = 'connect.json', 'token-env': tokenName = 'VERCEL_TOKEN', 'api-url': apiUrl } = values;
  const connectors = readConnectors(await readTextFile(from), from);
  const team = values.team ?? (process.env['VERCEL_ORG_ID'] || (await readLink()).orgId);
  return {
    connectors,
    token: fromEnvironment(tokenName, '--token-env'),
    // An account of a single person has an id of another form, and is not named in requests.
    ...(team && (values.team !== undefined || team.startsWith('team_')) && { team }),
    ...(apiUrl !== undefined && { apiUrl }),
  };
}

function readConnectors(text: string, path: string): Record<string, ConnectorSettings> {
  const malformed = (problem: string) => new Failure(`the file \`${printable(path)}\` ${problem}`);
  let file: Record<string, unknown>;
  try {
    file = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw malformed('is not JSON');
  }
  const { connectors } = file ?? {};
  if (!isObject(file) || !isObject(connectors) || Object.keys(file).length > 1)
    throw malformed('must hold an object with the one member `connectors`, an object');
  for (const settings of Object.values(connectors)) {
    const create = isObject(settings) ? settings['create'] : undefined;
    if (isObject(create) && isObject(create['data'])) create['data'] = resolveVariables(create['data']);
  }
  return connectors as Record<string, ConnectorSettings>;
}

/** Replaces each `{"env": "NAME"}` by the value of that variable. */
function resolveVariables(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolveVariables);
  if (!isObject(value)) return value;
  const { env } = value;
  if (typeof env === 'string' && Object.keys(value).length === 1) return fromEnvironment(env, 'env');
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolveVariables(member)]));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Shows a plan that removes something, and asks for leave on a terminal. */
async function confirm(plan: ConnectorsReport, problem: string, terminal: Terminal): Promise<boolean> {
  if (!canAsk(terminal)) {
    const message = `nothing was changed: the plan removes something, which needs \`--allow-removals\``;
    if (terminal.json)
      terminal.printJson({
        ok: false,
        dryRun: true,
        ...plan,
        error: { code: 'ERR_INVALID_OPTION', option: 'allowRemovals', message: problem },
      });
    else print(plan, true, terminal);
    terminal.warn(`countersign connect: ${message}`);
    return false;
  }
  print(plan, true, terminal);
  if (await ask('Make these changes?')) return true;
  terminal.warn('countersign connect: nothing was changed');
  return false;
}

function print(report: ConnectorsReport, dryRun: boolean, terminal: Terminal): void {
  const { created, connections, destinations, unchanged, missing } = report;
  const line = (mark: string, style: Style, connector: string, words: string) =>
    terminal.print(`${terminal.style(mark, style, 'bold')} ${printable(connector)} ${terminal.style(printable(words), 'dim')}`);
  const say = (planned: string, done: string) => (dryRun ? `to ${planned}` : done);

  for (const connector of created) line('+', 'green', connector, say('create', 'created'));
  for (const { connector, projectId, before, after } of connections) {
    if (before.length === 0 && after.length > 0)
      line('+', 'green', connector, `${projectId} ${say('attach', 'attached')}: ${after.join(', ')}`);
    else if (after.length === 0) line('-', 'red', connector, `${projectId} ${say('detach', 'detached')}: ${before.join(', ')}`);
    else line('~', 'yellow', connector, `${projectId} ${say('change', 'changed')}: ${before.join(', ')} → ${after.join(', ')}`);
  }
  for (const { connector, before, after } of destinations) {
    line('~', 'yellow', connector, `trigger destinations ${say('replace', 'replaced')}`);
    const [old, now] = [before.map(place), after.map(place)];
    for (const text of old.filter((text) => !now.includes(text))) terminal.print(`  ${terminal.style('-', 'red')} ${printable(text)}`);
    for (const text of now) terminal.print(`  ${old.includes(text) ? ' ' : terminal.style('+', 'green')} ${printable(text)}`);
  }
  for (const connector of missing) line('!', 'magenta', connector, 'is missing, and its settings have no `create`');
  const changes = created.length + connections.length + destinations.length;
  const summary =
    changes === 0
      ? `Nothing to do, ${unchanged.length} unchanged.`
      : `${changes} ${changes === 1 ? 'change' : 'changes'} ${say('make', 'made')}, ${unchanged.length} unchanged.`;
  terminal.print(terminal.style(summary, missing.length > 0 ? 'yellow' : 'green', 'bold'));
}

/** A destination in one line. */
function place({ projectId, branch, customEnvironmentId, path }: Readonly<TriggerDestination>): string {
  const where = customEnvironmentId ?? (branch === undefined ? 'production' : `branch ${branch}`);
  return `${projectId} ${where} ${path ?? '(no path)'}`;
}

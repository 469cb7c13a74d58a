// `countersign policy`: what a cloud's policy makes of a token, and the least policy that lets it in.

import '../load/inspect/inline.js';

import { CountersignError } from '../core/errors.js';
import {
  type GeneratedPolicy,
  type PolicyCheck,
  type PolicyQuestion,
  type PolicyRequest,
  type Simulation,
  generatePolicy,
  simulate,
} from '../inspect.js';
import { EXIT, type Values, defineCommand } from './command.js';
import { UsageError, nearest, usageError } from './errors.js';
import { TOKEN_DETAILS, TOKEN_OPTIONS, readStandardInput, readTextFile, readToken } from './input.js';
import { type Style, type Terminal, printable, show } from './terminal.js';

const KINDS = ['aws', 'gcp', 'azure', 'connect', 'verifier', 'vercel-verifier'] as const;
const FORMATS = ['json', 'terraform', 'pulumi', 'sst', 'cli'] as const;

const OPTIONS = {
  ...TOKEN_OPTIONS,
  kind: { type: 'string', value: 'KIND', about: `whose policy: ${KINDS.join(', ')}; those after azure for check alone` },
  'client-id': { type: 'string', multiple: true, value: 'TEXT', about: 'check, aws: a client id of the identity provider' },
  format: { type: 'string', value: 'NAME', about: `generate: ${FORMATS.join(', ')}; the default is json` },
  team: { type: 'string', value: 'SLUG', about: 'generate, in place of a token: the Vercel team' },
  project: { type: 'string', multiple: true, value: 'NAME', about: 'generate, in place of a token: a project of the team' },
  environment: { type: 'string', multiple: true, value: 'NAME', about: 'generate, in place of a token: an environment' },
  'issuer-mode': { type: 'string', value: 'MODE', about: 'generate, in place of a token: team (the default) or global' },
  audience: { type: 'string', value: 'TEXT', about: 'generate: the audience; the default is the token’s, or that of the team' },
  account: { type: 'string', value: 'ID', about: 'generate, aws: the account, twelve digits' },
  role: { type: 'string', value: 'NAME', about: 'generate, aws: the role' },
  'project-number': { type: 'string', value: 'NUMBER', about: 'generate, gcp: the number of the Google Cloud project' },
  'service-account': { type: 'string', value: 'ADDRESS', about: 'generate, gcp: the service account to act as' },
  app: { type: 'string', value: 'ID', about: 'generate, azure: the application’s client id' },
} as const;

type PolicyValues = Values<typeof OPTIONS>;

export default defineCommand({
  usage: [
    'policy check POLICY [TOKEN] --kind KIND [options]',
    'policy generate [TOKEN] --kind KIND [options]',
    'policy generate --kind KIND --team SLUG --project NAME --environment NAME [options]',
  ],
  about:
    'Says whether a policy lets a token in, condition by condition, with what to change; or writes the least wide policy that does. The token’s signature is not looked at.',
  options: OPTIONS,
  details: [
    'POLICY is a file, or `-` for standard input: a role’s trust policy, a workload identity provider as gcloud prints it, federated credentials as az prints them, or options of a verifier. In place of a token its claims may be given, as JSON.',
    TOKEN_DETAILS,
  ],
  examples: [
    ['npx countersign policy check trust-policy.json --kind aws --env VERCEL_OIDC_TOKEN', 'why does AWS refuse my token?'],
    [
      'npx countersign policy generate --kind aws --account 123456789012 --file token.jwt --format terraform',
      'a role for this token and no other',
    ],
    [
      'npx countersign policy generate --kind azure --app 11111111-2222-3333-4444-555555555555 --team acme --project site --environment production --format cli',
      'commands for az, without a token at hand',
    ],
  ],
  positionals: 3,
  async run(values, [action, ...rest], terminal) {
    const kind = values.kind;
    if (action !== 'check' && action !== 'generate') throw unknownAction(action);
    if (kind === undefined) throw new UsageError(`whose policy? Name it with \`--kind\`: ${KINDS.join(', ')}`);
    if (!KINDS.some((known) => known === kind)) {
      const meant = nearest(kind, KINDS);
      throw new UsageError(`\`--kind\` must be one of ${KINDS.join(', ')}${meant ? `; did you mean \`${meant}\`?` : ''}`);
    }
    try {
      return action === 'check'
        ? await check(kind as PolicyQuestion['kind'], values, rest, terminal)
        : await generate(kind, values, rest, terminal);
    } catch (error) {
      throw error instanceof CountersignError ? asTyped(error) : error;
    }
  },
});

function unknownAction(action: string | undefined): UsageError {
  const meant = action === undefined ? undefined : nearest(action, ['check', 'generate']);
  return new UsageError(`it goes on with \`check\` or \`generate\`${meant ? `; did you mean \`${meant}\`?` : ''}`);
}

/** The core names options as JavaScript has them; here they are written in another way. */
function asTyped(error: CountersignError): CountersignError | UsageError {
  if (error.code !== 'ERR_INVALID_OPTION') return error;
  const names: Record<string, string> = {
    accountId: 'account',
    roleName: 'role',
    projectNumber: 'project-number',
    serviceAccount: 'service-account',
    appId: 'app',
    issuerMode: 'issuer-mode',
  };
  return usageError(error, names);
}

async function check(
  kind: PolicyQuestion['kind'],
  values: PolicyValues,
  [path, argument, ...more]: string[],
  terminal: Terminal,
): Promise<number> {
  if (path === undefined) throw new UsageError('which policy? Name its file after `check`');
  if (more.length > 0) throw new UsageError('`check` takes a policy and a token');
  if (path === '-' && (argument === '-' || (argument ?? values.env ?? values.file) === undefined)) {
    throw new UsageError('standard input holds the policy: give the token with `--env` or `--file`');
  }
  const policy = path === '-' ? await readStandardInput() : await readTextFile(path);
  const { token } = await readToken(values, argument);
  const context = values['client-id'] && { clientIds: values['client-id'] };
  const simulation = simulate({ kind, policy, ...context } as PolicyQuestion, token);
  if (terminal.json) terminal.printJson({ ok: simulation.accepted, ...simulation });
  else print(simulation, terminal);
  return simulation.accepted ? EXIT.ok : EXIT.refused;
}

const DECISIONS: Record<Simulation['decision'], [words: string, style: Style]> = {
  accepted: ['✔ let in', 'green'],
  refused: ['✘ refused', 'red'],
  undecided: ['? not decided', 'yellow'],
};

function print({ decision, summary, checks, rules, warnings }: Simulation, terminal: Terminal): void {
  const [words, style] = DECISIONS[decision];
  terminal.paragraph(
    `${terminal.style(words, style, 'bold')}: ${terminal.prose(printable(summary.replace(/^(refused|undecided): /, '')))}`,
  );
  if (warnings.length > 0) terminal.title('Look twice');
  for (const { message, position } of warnings) {
    terminal.paragraph(`${terminal.prose(printable(message))}${where(position, terminal)}`, {
      first: `  ${terminal.style('! ', 'yellow', 'bold')}`,
      indent: '    ',
    });
  }
  if (checks.length > 0) terminal.title('Of every token');
  for (const one of checks) printCheck(one, terminal);
  for (const { name, effect, applies, checks: conditions, position } of rules) {
    const outcome = applies === null ? 'not known here' : !applies ? 'does not apply' : effect === 'deny' ? 'denies' : 'lets it in';
    terminal.title(`${printable(name)}: ${outcome}${where(position, terminal)}`);
    for (const one of conditions) printCheck(one, terminal);
  }
}

function printCheck({ what, wanted, found, passed, fix, position }: PolicyCheck, terminal: Terminal): void {
  const [mark, style]: [string, Style] = passed === null ? ['?', 'yellow'] : passed ? ['✔', 'green'] : ['✘', 'red'];
  terminal.paragraph(`${terminal.prose(printable(what))}${where(position, terminal)}`, {
    first: `  ${terminal.style(mark, style, 'bold')} `,
    indent: '    ',
  });
  if (passed) return;
  const row = (name: string, value: string): void =>
    terminal.paragraph(value, { first: `    ${terminal.style(name.padEnd(8), 'dim')}`, indent: ' '.repeat(12) });
  if (wanted.length > 0) row('wanted', wanted.map(show).join(' or '));
  row('found', found === null ? 'nothing' : found.map(show).join(' and '));
  if (fix !== undefined) terminal.paragraph(terminal.prose(printable(fix)), { first: '    → ', indent: '      ' });
}

const where = (position: { line: number } | undefined, terminal: Terminal): string =>
  position ? terminal.style(` (line ${position.line})`, 'dim') : '';

async function generate(kind: string, values: PolicyValues, [argument, ...more]: string[], terminal: Terminal): Promise<number> {
  if (more.length > 0) throw new UsageError('`generate` takes one token');
  if (!['aws', 'gcp', 'azure'].includes(kind)) throw new UsageError('`generate` makes policies of aws, gcp and azure');
  const format = FORMATS.find((known) => known === (values.format ?? 'json'));
  if (!format) throw new UsageError(`\`--format\` must be one of ${FORMATS.join(', ')}`);
  const { team, project, environment, audience, account, role, app } = values;
  const named = team !== undefined || project !== undefined || environment !== undefined;
  if (named && (argument ?? values.env ?? values.file) !== undefined) throw new UsageError('name the projects or give a token, not both');
  if (named && !(team && project && environment))
    throw new UsageError('without a token `--team`, `--project` and `--environment` are needed');
  const request = {
    kind,
    ...(named ? { team, project, environment, issuerMode: values['issuer-mode'] } : { token: (await readToken(values, argument)).token }),
    audience,
    accountId: account,
    roleName: role,
    projectNumber: values['project-number'],
    serviceAccount: values['service-account'],
    appId: app,
  };
  // What was not given is left out: whatever is there must be known to the kind.
  const policy = generatePolicy(JSON.parse(JSON.stringify(request)) as PolicyRequest);
  printGenerated(policy, format, terminal);
  return EXIT.ok;
}

/** The text alone, so that it can go into a file; with `--json` every form, and what they are made of. */
function printGenerated(generated: GeneratedPolicy, format: (typeof FORMATS)[number], terminal: Terminal): void {
  const output = generated.outputs.find((one) => one.format === format);
  if (!output) throw new UsageError(`\`--format ${format}\` is not there for ${generated.kind}`);
  if (terminal.json) terminal.printJson(generated);
  else process.stdout.write(output.text.endsWith('\n') ? output.text : `${output.text}\n`);
}

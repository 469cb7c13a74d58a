// `countersign verify`: a token against a policy.

import { CountersignError } from '../core/errors.js';
import { isTime } from '../explain/words.js';
import type { Algorithm, JsonWebKeyMembers, JsonWebKeySet } from '../verify/types.js';
import {
  type CommonOptions,
  type VerifiedToken,
  type Verifier,
  type VerifyOptions,
  createVercelVerifier,
  createVerifier,
  decode,
} from '../verify/verifier.js';
import { EXIT, type Values, defineCommand } from './command.js';
import { UsageError, usageError } from './errors.js';
import { TOKEN_DETAILS, TOKEN_OPTIONS, readTextFile, readToken } from './input.js';
import { remedy } from './remedies.js';
import { type Terminal, show } from './terminal.js';
import { relative, utc } from './times.js';

const OPTIONS = {
  ...TOKEN_OPTIONS,
  issuer: { type: 'string', multiple: true, value: 'URL', about: 'a trusted issuer, compared exactly with `iss`' },
  audience: { type: 'string', multiple: true, value: 'TEXT', about: 'for whom the token must be meant' },
  'any-audience': { type: 'boolean', about: 'leave the audience unchecked' },
  vercel: { type: 'boolean', about: 'a token of Vercel: --team, --project and --environment in place of --issuer and --audience' },
  team: { type: 'string', value: 'SLUG', about: 'Vercel: the team' },
  'owner-id': { type: 'string', value: 'ID', about: 'Vercel: the team’s id' },
  project: { type: 'string', multiple: true, value: 'ID', about: "Vercel: the project’s id, or '*' for any of --owner-id" },
  environment: { type: 'string', multiple: true, value: 'NAME', about: "Vercel: the environment, or '*' for any" },
  'issuer-mode': { type: 'string', value: 'MODE', about: 'Vercel: team (the default) or global' },
  jwks: {
    type: 'string',
    value: 'PATH|URL',
    about: 'the keys: a file, or the URL of a set; the default is where the issuer publishes them',
  },
  algorithm: { type: 'string', multiple: true, value: 'NAME', about: 'an allowed algorithm; the default is RS256' },
  claim: {
    type: 'string',
    multiple: true,
    value: 'NAME=TEXT',
    about: 'a claim that must equal this; repeated for the same name, one of these',
  },
  subject: { type: 'string', multiple: true, value: 'TEXT', about: '`sub` must be one of these' },
  require: { type: 'string', multiple: true, value: 'NAME', about: 'a claim that must be there, beside `exp`' },
  typ: { type: 'string', multiple: true, value: 'TEXT', about: 'an accepted `typ` header; the default is JWT, or none' },
  'clock-tolerance': { type: 'string', value: 'SECONDS', about: 'how far the clocks may differ; the default is 5' },
  'max-token-age': { type: 'string', value: 'SECONDS', about: 'how long ago it may have been issued' },
  'max-token-bytes': { type: 'string', value: 'BYTES', about: 'the longest token that is read; the default is 16384' },
  now: { type: 'string', value: 'SECONDS', about: 'at which instant it must be valid, since the epoch; the default is now' },
} as const;

type VerifyValues = Values<typeof OPTIONS>;

export default defineCommand({
  usage: [
    'verify [TOKEN] --issuer URL --audience TEXT [options]',
    'verify [TOKEN] --vercel --team SLUG --project ID --environment NAME [options]',
  ],
  about:
    'Verifies a token, and says why where it is refused: the same checks, by the same code, as `createVerifier` and `createVercelVerifier` make.',
  options: OPTIONS,
  details: [TOKEN_DETAILS],
  examples: [
    [
      'npx countersign verify --vercel --team acme --project prj_… --environment production --env VERCEL_OIDC_TOKEN',
      'a token of Vercel, with the keys that Vercel publishes',
    ],
    [
      'npx countersign verify --issuer https://token.actions.githubusercontent.com --audience api --claim repository=acme/site < token.jwt',
      'a token of GitHub Actions',
    ],
    [
      'npx countersign verify --issuer https://issuer.example --any-audience --jwks keys.json --file token.jwt',
      'with keys in hand: nothing is fetched',
    ],
  ],
  positionals: 1,
  async run(values, [argument], terminal) {
    const verifier = await makeVerifier(values);
    const { token } = await readToken(values, argument);
    const now = seconds('now', values.now);
    const at: VerifyOptions = now === undefined ? {} : { now };
    try {
      accepted(await verifier.verify(token, at), now ?? Date.now() / 1000, terminal);
      return EXIT.ok;
    } catch (error) {
      // What is wrong with the call, or with this program, is for the caller.
      if (!(error instanceof CountersignError) || ['ERR_INVALID_OPTION', 'ERR_INTERNAL'].includes(error.code)) throw error;
      refused(error, token, values, now ?? Date.now() / 1000, terminal);
      return EXIT.refused;
    }
  },
});

async function makeVerifier(values: VerifyValues): Promise<Verifier<unknown>> {
  const common: CommonOptions = defined({
    algorithms: values.algorithm as Algorithm[] | undefined,
    jwks: await readKeys(values.jwks),
    claims: readClaims(values.claim),
    subject: values.subject,
    requiredClaims: values.require,
    typ: values.typ,
    clockTolerance: seconds('clock-tolerance', values['clock-tolerance']),
    maxTokenAge: seconds('max-token-age', values['max-token-age']),
    maxTokenBytes: seconds('max-token-bytes', values['max-token-bytes']),
  });
  try {
    return values.vercel ? vercelVerifier(values, common) : anyVerifier(values, common);
  } catch (error) {
    throw error instanceof CountersignError ? asTyped(error) : error;
  }
}

function anyVerifier(values: VerifyValues, common: CommonOptions): Verifier<unknown> {
  for (const name of ['team', 'owner-id', 'project', 'environment', 'issuer-mode'] as const) {
    if (values[name] !== undefined) throw new UsageError(`\`--${name}\` goes with \`--vercel\``);
  }
  const { issuer, audience, 'any-audience': any } = values;
  if (!issuer) throw new UsageError('whose tokens? Name the issuer with `--issuer`, or give `--vercel`');
  if (!audience && !any) throw new UsageError('for whom must it be meant? Name the audience with `--audience`, or give `--any-audience`');
  if (audience && any) throw new UsageError('`--audience` and `--any-audience` exclude each other');
  return createVerifier({ issuer, audience: audience ?? null, ...common });
}

function vercelVerifier(values: VerifyValues, common: CommonOptions): Verifier<unknown> {
  const { team, project, environment, audience, 'owner-id': ownerId, 'issuer-mode': issuerMode } = values;
  if (values.issuer) throw new UsageError('`--vercel` knows its issuer: leave `--issuer` out');
  if (values['any-audience']) throw new UsageError('`--vercel` checks the audience: name another with `--audience`');
  if (!team || !project || !environment) throw new UsageError('`--vercel` needs `--team`, `--project` and `--environment`');
  const single = (list: string[]): string | string[] => (list.length === 1 ? (list[0] as string) : list);
  return createVercelVerifier({
    team,
    projectId: single(project),
    environment: single(environment),
    ...defined({ audience, ownerId, issuerMode: issuerMode as 'team' | undefined }),
    ...common,
  });
}

/** A file with a key set or one key, or the URL of a set. */
async function readKeys(jwks: string | undefined): Promise<JsonWebKeySet | string | undefined> {
  if (jwks === undefined || /^https?:\/\//.test(jwks)) return jwks;
  let set: unknown;
  try {
    set = JSON.parse(await readTextFile(jwks));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError('the file of `--jwks` holds no JSON: give a JSON Web Key Set, or one key');
    throw error;
  }
  // One key is a set of one.
  return typeof set === 'object' && set !== null && 'kty' in set ? { keys: [set as JsonWebKeyMembers] } : (set as JsonWebKeySet);
}

function readClaims(pairs: string[] | undefined): Record<string, string[]> | undefined {
  if (!pairs) return undefined;
  const claims = new Map<string, string[]>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError('`--claim` is written `--claim name=text`');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    claims.set(name, [...(claims.get(name) ?? []), value]);
  }
  return Object.fromEntries(claims);
}

function seconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`\`--${name}\` must be a number`);
  return value;
}

/** The core names options as JavaScript has them; here they are written in another way. */
function asTyped(error: CountersignError): CountersignError | UsageError {
  if (error.code !== 'ERR_INVALID_OPTION') return error;
  const names: Record<string, string> = {
    projectId: 'project',
    ownerId: 'owner-id',
    issuerMode: 'issuer-mode',
    algorithms: 'algorithm',
    requiredClaims: 'require',
    clockTolerance: 'clock-tolerance',
    maxTokenAge: 'max-token-age',
    maxTokenBytes: 'max-token-bytes',
    claims: 'claim',
  };
  return usageError(error, names);
}

/** The options that were given. An option that is undefined would be one of another type. */
function defined<T extends object>(values: T): { [name in keyof T]?: Exclude<T[name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

function accepted({ header, claims }: VerifiedToken<unknown>, now: number, terminal: Terminal): void {
  if (terminal.json) return terminal.printJson({ ok: true, header, claims });
  const { iss, sub, aud, exp } = claims as Record<string, unknown>;
  terminal.print(`${terminal.style('✔ verified', 'green', 'bold')} with the key ${show(header.kid ?? 'that fits')}, ${header.alg}\n`);
  const rows: [string, unknown][] = [
    ['issuer', iss],
    ['subject', sub],
    ['audience', aud],
  ];
  for (const [name, value] of rows) if (value !== undefined) row(name, show(value), terminal);
  if (isTime(exp)) row('expires', `${relative(exp, now)}, ${utc(exp)}`, terminal);
}

function refused(error: CountersignError, token: string, values: VerifyValues, now: number, terminal: Terminal): void {
  const { code, message, retryable, claim, reason, kid, status } = error;
  const found = claim === undefined ? undefined : findClaim(token, claim);
  if (terminal.json) {
    return terminal.printJson({
      ok: false,
      error: { code, message, retryable, claim, reason, kid, status },
      ...(claim !== undefined && { found, wanted: wanted(claim, values) }),
    });
  }
  terminal.print(`${terminal.style('✘ refused', 'red', 'bold')}: ${terminal.prose(message)} ${terminal.style(`(${code})`, 'dim')}\n`);
  if (claim !== undefined) {
    const time = ['exp', 'nbf', 'iat'].includes(claim) && isTime(found) ? `  ${relative(found, now)}, ${utc(found)}` : '';
    row('found', found === undefined ? terminal.prose(`no \`${claim}\``) : `${show(found)}${time}`, terminal);
    const expected = wanted(claim, values);
    if (expected) row('wanted', expected.map(show).join(' or '), terminal);
  }
  if (kid !== undefined) row('kid', show(kid), terminal);
  terminal.paragraph(terminal.prose(remedy(code)), { first: `  ${terminal.style('to do'.padEnd(10), 'dim')}`, indent: ' '.repeat(12) });
}

/** The claims of the token, or nothing where it cannot even be read. The header's `typ` is refused like a claim. */
function findClaim(token: string, claim: string): unknown {
  try {
    const { header, claims } = decode(token);
    return claim === 'typ' ? header.typ : claims[claim];
  } catch {
    return undefined;
  }
}

/** The values that the options want of a claim, where they name it. */
function wanted(claim: string, values: VerifyValues): string[] | undefined {
  const { team, 'issuer-mode': mode } = values;
  const vercel: Record<string, string[] | undefined> = values.vercel
    ? {
        iss: [`https://oidc.vercel.com${mode === 'global' ? '' : `/${team}`}`],
        aud: values.audience ?? [`https://vercel.com/${team}`],
        project_id: values.project,
        environment: values.environment,
        owner: team === undefined ? undefined : [team],
        owner_id: values['owner-id'] === undefined ? undefined : [values['owner-id']],
      }
    : {};
  const any: Record<string, string[] | undefined> = {
    iss: values.issuer,
    aud: values.audience,
    sub: values.subject,
    typ: values.typ ?? ['JWT'],
    ...vercel,
  };
  const named = readClaims(values.claim) ?? {};
  return (Object.hasOwn(named, claim) ? named[claim] : undefined) ?? (Object.hasOwn(any, claim) ? any[claim] : undefined);
}

function row(name: string, value: string, terminal: Terminal): void {
  terminal.paragraph(value, { first: `  ${terminal.style(name.padEnd(10), 'dim')}`, indent: ' '.repeat(12) });
}

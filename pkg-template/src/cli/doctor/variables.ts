// Variables as the app sees them: the place whose value is used, and values that are hidden or malformed.

import '../../load/inspect/inline.js';

import { stat } from 'node:fs/promises';

import { isTime } from '../../explain/words.js';
import { inspectModule } from '../../inspect/module.js';
import type { Assignment } from '../../inspect_bg.js';
import { decode } from '../../verify/verifier.js';
import { UsageError } from '../errors.js';
import { readTextFile } from '../input.js';
import { show } from '../terminal.js';
import { relative } from '../times.js';
import type { Check, Place, Section, VariableFinding } from './check.js';

type Env = Record<string, string | undefined>;

/** Modes of Next.js. */
const MODES = ['development', 'production', 'test'] as const;

/** Variables that hold a credential or belong to one. Other variables may differ between files on purpose. */
const CREDENTIALS = [
  'AI_GATEWAY_API_KEY',
  'VERCEL_OIDC_TOKEN',
  'VERCEL_OIDC_TOKEN_FILE',
  'VERCEL_TOKEN',
  'VERCEL_TEAM_ID',
  'VERCEL_PROJECT_ID',
  'AWS_ROLE_ARN',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'AZURE_CLIENT_ID',
  'AZURE_TENANT_ID',
  'AZURE_CLIENT_SECRET',
  'AZURE_FEDERATED_TOKEN_FILE',
];

/** A dotenv file, with its assignments in order. */
interface DotenvFile {
  readonly name: string;
  readonly assignments: readonly Assignment[];
}

/** A place, with the value that it sets. The value is never printed. */
interface Setting {
  readonly place: Place;
  readonly value: string;
  readonly problem?: string;
}

/** The variables that the app sees, and the places that set them. */
export interface Variables {
  /** The values that are used. */
  readonly env: Env;
  readonly files: readonly string[];
  /** The files are those that Next.js reads in this mode; undefined where the caller named them. */
  readonly mode: string | undefined;
  /** The settings of each variable by precedence. */
  readonly settings: ReadonlyMap<string, readonly Setting[]>;
}

/**
 * Reads the dotenv files that are named, or those that Next.js reads in this folder. Variables of the process come first,
 * then the files in order. Inside a file the last assignment counts.
 */
export async function readVariables(named: string[] | undefined, mode: string | undefined, processEnv: Env): Promise<Variables> {
  if (named && mode !== undefined) throw new UsageError('`--dotenv` and `--mode` exclude each other');
  if (mode !== undefined && !MODES.some((known) => known === mode)) throw new UsageError(`\`--mode\` is one of ${MODES.join(', ')}`);
  const chosen = mode ?? defaultMode(processEnv);
  const files = named ? await Promise.all(named.map(readFile)) : await readNextFiles(chosen);
  const settings = new Map<string, Setting[]>();
  const add = (name: string, setting: Setting) => settings.set(name, [...(settings.get(name) ?? []), setting]);
  for (const [name, value] of Object.entries(processEnv)) {
    if (value !== undefined) add(name, { place: place({ source: 'process' }, value), value });
  }
  for (const file of files) {
    for (const { name, value, line, problem } of [...file.assignments].reverse()) {
      add(name, { place: place({ source: 'file', file: file.name, line }, value), value, ...(problem && { problem: problem.message }) });
    }
  }
  const env = Object.fromEntries([...settings].map(([name, [used]]) => [name, used?.value]));
  return { env, files: files.map(({ name }) => name), mode: named ? undefined : chosen, settings };
}

/** Returns NODE_ENV where it is a mode, else the mode of `next dev`. */
function defaultMode({ NODE_ENV }: Env): string {
  return MODES.find((mode) => mode === NODE_ENV) ?? 'development';
}

/** The files of `@next/env` that are there, by precedence. */
async function readNextFiles(mode: string): Promise<DotenvFile[]> {
  const names = [`.env.${mode}.local`, ...(mode === 'test' ? [] : ['.env.local']), `.env.${mode}`, '.env'];
  const present = await Promise.all(names.map((name) => stat(name).catch(() => undefined)));
  return Promise.all(names.filter((_, index) => present[index]?.isFile() || present[index]?.isFIFO()).map(readFile));
}

async function readFile(name: string): Promise<DotenvFile> {
  const text = await readTextFile(name);
  return { name: show(name), assignments: inspectModule.call((wasm) => wasm.read_assignments(text)).assignments };
}

/** Adds the expiry of a token. */
function place(where: Place, value: string): Place {
  try {
    const { exp } = decode(value.trim()).claims;
    return isTime(exp) ? { ...where, expiresAt: exp } : where;
  } catch {
    return where;
  }
}

/** Examines every variable that holds a credential, and those that a dotenv file sets twice. */
export function examineVariables({ files, mode, settings, env }: Variables, now: number): Section {
  const checks: Check[] = [order(files, mode)];
  const overridden: string[] = [];
  for (const [name, [used, ...unused]] of [...settings].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!used) continue;
    if (CREDENTIALS.includes(name)) {
      checks.push(...examineCredential(name, used, unused, now));
    } else if (differ([used, ...unused])) {
      // The process may override a file, and `.env.local` may override `.env`. A repeated line is a mistake.
      if (repeatedInFile([used, ...unused])) checks.push(differentValues(name, used, unused));
      else overridden.push(name);
    }
  }
  const hidden = hiddenByKey(settings, env, now);
  if (hidden) checks.push(hidden);
  if (overridden.length > 0) {
    checks.push({
      state: 'none',
      name: 'overridden',
      message: `${overridden.map((name) => `\`${name}\``).join(', ')}: set in several places, the first counts`,
    });
  }
  return { title: 'Variables', checks };
}

function order(files: readonly string[], mode: string | undefined): Check {
  const by = mode === undefined ? 'as named' : `as Next.js reads them in mode ${mode}`;
  if (files.length === 0) return { state: 'none', name: 'files', message: `no dotenv file in this folder, ${by}`, files };
  const names = files.map((file) => `\`${file}\``).join(', ');
  return {
    state: 'none',
    name: 'files',
    message: `the environment first, then ${names}, ${by}; the first that sets a variable counts`,
    files,
  };
}

function examineCredential(name: string, used: Setting, unused: readonly Setting[], now: number): Check[] {
  const checks: Check[] = [];
  const places = { used: used.place, ...(unused.length > 0 && { unused: unused.map(({ place }) => place) }) };
  const valid = unused.find(({ place: { expiresAt } }) => expiresAt !== undefined && expiresAt > now);
  const { expiresAt } = used.place;
  const set = unused.find(({ value }) => value.trim() !== '');
  if (expiresAt !== undefined && expiresAt <= now && valid) {
    checks.push(expiredHidesValid(name, used.place, valid.place, places, now));
  } else if (used.value.trim() === '' && set) {
    checks.push({
      state: 'failed',
      name,
      message: `is blank ${at(used.place)}, and that counts: the value ${at(set.place)} is not used, ${because(used.place, set.place)}`,
      remedy: removal(name, used.place),
      finding: 'blank-hides-value',
      ...places,
    });
  } else if (differ([used, ...unused])) {
    checks.push(differentValues(name, used, unused));
  }
  for (const setting of [used, ...unused]) {
    const malformed = examineValue(setting);
    if (malformed)
      checks.push({ state: setting === used && malformed.finding !== 'ambiguous' ? 'failed' : 'warning', name, ...malformed, ...places });
  }
  if (checks.length === 0 && [used, ...unused].some(({ place }) => place.source === 'file')) {
    const same = unused.length > 0 ? `; the same value is set ${unused.map(({ place }) => at(place)).join(', ')}` : '';
    checks.push({ state: 'ok', name, message: `the app uses the value ${at(used.place)}${same}`, ...places });
  }
  return checks;
}

function expiredHidesValid(name: string, used: Place, valid: Place, places: Partial<Check>, now: number): Check {
  const when = (place: Place) => relative(place.expiresAt ?? now, now);
  return {
    state: 'failed',
    name,
    message: `the app uses the token ${at(used)}, which expired ${when(used)}; the one ${at(valid)} expires ${when(valid)} and is not used, ${because(used, valid)}`,
    remedy: removal(used.variable ?? name, used),
    finding: 'expired-hides-valid',
    ...places,
  };
}

function differentValues(name: string, used: Setting, unused: readonly Setting[]): Check {
  const other = unused.find(({ value }) => value !== used.value) ?? used;
  return {
    state: 'warning',
    name,
    message: `has different values: the app uses the one ${at(used.place)} and not the one ${at(other.place)}, ${because(used.place, other.place)}`,
    remedy: `keep one: ${removal(name, other.place)}`,
    finding: 'different-values',
    used: used.place,
    unused: unused.map(({ place }) => place),
  };
}

/** An expired token in AI_GATEWAY_API_KEY comes before a valid one in VERCEL_OIDC_TOKEN. */
function hiddenByKey(settings: Variables['settings'], env: Env, now: number): Check | undefined {
  const place = (variable: string): Place | undefined => {
    const used = settings.get(variable)?.[0]?.place;
    return used && (env[variable] ?? '').trim() !== '' ? { ...used, variable } : undefined;
  };
  const [key, token] = [place('AI_GATEWAY_API_KEY'), place('VERCEL_OIDC_TOKEN')];
  if (key?.expiresAt === undefined || key.expiresAt > now || token?.expiresAt === undefined || token.expiresAt <= now) return undefined;
  return expiredHidesValid('AI_GATEWAY_API_KEY', key, token, { used: key, unused: [token] }, now);
}

/** Marks that editors and documents put around a value. */
const QUOTES = /^["'`“”„‘’«»]|["'`“”„‘’«»]$/u;

/** Finds a mistake inside a value. */
function examineValue({ value, place, problem }: Setting): (Pick<Check, 'message' | 'remedy'> & { finding: VariableFinding }) | undefined {
  const text = value.trim();
  if (QUOTES.test(text)) {
    return {
      message: `has quotes that are part of the value, ${at(place)}`,
      remedy:
        place.source === 'file'
          ? 'write one pair of straight quotes, or none'
          : 'set it without quotes: what sets this variable keeps them',
      finding: 'quotes',
    };
  }
  if (/^bearer\s/i.test(text)) {
    return {
      message: `begins with \`Bearer\`, ${at(place)}`,
      remedy: 'set it to the token alone: `Bearer` belongs to the request header',
      finding: 'bearer-prefix',
    };
  }
  return problem === undefined
    ? undefined
    : { message: `${at(place)} ${problem}`, remedy: 'write the value between single quotes', finding: 'ambiguous' };
}

const differ = ([first, ...others]: readonly Setting[]): boolean => others.some(({ value }) => value !== first?.value);

/** Tells whether a file sets the variable twice, with different values. */
function repeatedInFile(settings: readonly Setting[]): boolean {
  return settings.some(({ place, value }) =>
    settings.some((other) => place.source === 'file' && other.place.file === place.file && other.value !== value),
  );
}

/** Names a place, with its preposition. */
function at({ file, line, variable }: Place): string {
  const of = variable === undefined ? '' : `of \`${variable}\` `;
  return of + (file === undefined ? 'in the environment' : `in \`${file}\` line ${line}`);
}

/** Gives the reason why the first place is used. */
function because(used: Place, other: Place): string {
  if (used.variable !== other.variable) return `because \`${used.variable}\` comes before \`${other.variable}\``;
  if (used.source === 'process') return 'because variables of the process come before files';
  return used.file === other.file ? 'because the last line of a file counts' : `because \`${used.file}\` comes before \`${other.file}\``;
}

/** Gives the remedy that removes a setting. */
function removal(name: string, { file, line }: Place): string {
  return file === undefined ? `unset \`${name}\` in this shell` : `remove line ${line} of \`${file}\``;
}

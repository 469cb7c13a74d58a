// `countersign issuer`: the test issuer over HTTP, for local development.

import { type Listener, type TestIssuer, createTestIssuer } from '../testing.js';
import type { Algorithm } from '../verify/types.js';
import { EXIT, type Values, defineCommand } from './command.js';
import { Failure, UsageError } from './errors.js';
import { reasonOf } from './input.js';
import type { Terminal } from './terminal.js';

const OPTIONS = {
  team: { type: 'string', value: 'SLUG', about: 'be the issuer of this Vercel team; the default is acme' },
  issuer: { type: 'string', value: 'URL', about: 'be this issuer; with http://127.0.0.1:8787 discovery works too' },
  port: { type: 'string', value: 'NUMBER', about: 'listen here; the default is that of a loopback --issuer, or 8787' },
  alg: { type: 'string', value: 'NAME', about: 'sign with this algorithm; the default is RS256' },
  mint: { type: 'boolean', about: 'print one token and end, without serving' },
  keys: { type: 'boolean', about: 'print the key set and end, without serving' },
  claim: { type: 'string', multiple: true, value: 'NAME=VALUE', about: 'with --mint: a claim; a value that is JSON is taken as such' },
  project: { type: 'string', value: 'NAME', about: 'with --mint: the project; the default is acme_website' },
  environment: { type: 'string', value: 'NAME', about: 'with --mint: the environment; the default is production' },
  'expires-in': {
    type: 'string',
    value: 'SECONDS',
    about: 'with --mint: how long the token lives, or since when it is expired; the default is 3600',
  },
} as const;

export default defineCommand({
  usage: ['issuer [options]', 'issuer --mint [--project NAME] [--environment NAME] [--claim NAME=VALUE …] [options]'],
  about:
    'An OIDC issuer on this machine, for local development and tests. It serves discovery and keys on 127.0.0.1 until it is interrupted, or mints one token with the claims of a production deployment on Vercel.',
  options: OPTIONS,
  details: [
    'Its keys are fixed and known to everyone: a token that one call mints fits the keys that another serves, and proves nothing. Trust them on your own machine only.',
    "A verifier of Vercel’s tokens takes the keys from here with `jwks: 'http://127.0.0.1:8787/acme/.well-known/jwks'`.",
  ],
  examples: [
    ['npx countersign issuer', 'serve the keys of the team acme'],
    [
      'curl -H "Authorization: Bearer $(npx countersign issuer --mint)" http://127.0.0.1:3000/api',
      'call your app as a production deployment',
    ],
    [
      'npx countersign issuer --mint --project site --environment preview --expires-in -60',
      'a token of a preview deployment that has expired',
    ],
    ['npx countersign issuer --issuer http://127.0.0.1:8787', 'an issuer that a verifier finds by discovery'],
    ['npx countersign issuer --keys > keys.json', 'the keys, for `verify --jwks keys.json`'],
  ],
  positionals: 0,
  async run(values, _, terminal) {
    if (values.issuer !== undefined && values.team !== undefined) throw new UsageError('`--issuer` and `--team` exclude each other');
    if (values.issuer !== undefined && !URL.canParse(values.issuer)) throw new UsageError('`--issuer` must be a URL');
    const url = values.issuer ?? `https://oidc.vercel.com/${values.team ?? 'acme'}`;
    const issuer = await createTestIssuer({ issuer: url, ...(values.alg !== undefined && { alg: values.alg as Algorithm }) });
    if (values.mint && values.keys) throw new UsageError('`--mint` and `--keys` exclude each other');
    if ((values.mint || values.keys) && values.port !== undefined) throw new UsageError('nothing is served: leave `--port` out');
    if (values.mint) return mint(issuer, values, terminal);
    for (const name of ['claim', 'project', 'environment', 'expires-in'] as const) {
      if (values[name] !== undefined) throw new UsageError(`\`--${name}\` goes with \`--mint\``);
    }
    if (values.keys) {
      terminal.printJson(issuer.jwks);
      return EXIT.ok;
    }
    return serve(issuer, portOf(values.port, url), terminal);
  },
});

/** The one place where a token is printed: to be used, and by everybody's keys. */
async function mint(issuer: TestIssuer, values: Values<typeof OPTIONS>, terminal: Terminal): Promise<number> {
  const expiresIn = Number(values['expires-in'] ?? 3600);
  if (!Number.isFinite(expiresIn)) throw new UsageError('`--expires-in` must be a number of seconds');
  const { project, environment } = values;
  if (project === '' || environment === '') throw new UsageError('`--project` and `--environment` must not be empty');
  const named = { ...(project !== undefined && { project }), ...(environment !== undefined && { environment }) };
  terminal.print(await issuer.mint({ ...named, ...readClaims(values.claim ?? []) }, { expiresIn }));
  return EXIT.ok;
}

function readClaims(pairs: string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError('`--claim` is written `--claim name=value`');
      return [pair.slice(0, at), fromJson(pair.slice(at + 1))];
    }),
  );
}

/** `42`, `true` and `["a"]` as what they are, all else as text. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function portOf(port: string | undefined, issuer: string): number {
  if (port === undefined) {
    const { protocol, hostname, port: own } = new URL(issuer);
    return protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(hostname) && own !== '' ? Number(own) : 8787;
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new UsageError('`--port` must be a number from 0, which stands for any free port, to 65535');
  return Number(port);
}

async function serve(issuer: TestIssuer, port: number, terminal: Terminal): Promise<number> {
  let listener: Listener;
  try {
    listener = await issuer.listen(port);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE') throw new Failure(`port ${port} is in use: name another with --port`);
    if (code === 'EACCES') throw new Failure(`port ${port} needs rights that you do not have: name one above 1023 with --port`);
    throw code === undefined ? error : new Failure(`it cannot listen on port ${port}: ${reasonOf(error)}`);
  }
  const { url, jwksUrl } = listener;
  if (terminal.json) terminal.print(JSON.stringify({ issuer: issuer.issuer, url, jwksUrl }));
  else {
    const row = (name: string, value: string): void => terminal.print(`  ${terminal.style(name.padEnd(11), 'dim')}${value}`);
    terminal.print(terminal.style('A test issuer, whose keys everyone knows', 'bold'));
    row('issuer', issuer.issuer);
    row('discovery', `${url}/.well-known/openid-configuration`);
    row('keys', jwksUrl);
    terminal.print(`\n  ${terminal.prose('Ctrl-C ends it; `npx countersign issuer --mint` makes tokens for it.', 'dim')}`);
  }
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await listener.close();
  return EXIT.ok;
}

// `countersign doctor`: what this process would send, and what stands in its way.

import { knownIssuer } from '../explain/issuers.js';
import { isTime } from '../explain/words.js';
import { EXIT, defineCommand } from './command.js';
import type { Check, Section } from './doctor/check.js';
import { examineCredentials } from './doctor/credentials.js';
import { examineEnvironment } from './doctor/environment.js';
import { examineIssuer } from './doctor/issuer.js';
import { examineVariables, readVariables } from './doctor/variables.js';
import { type Style, type Terminal, show } from './terminal.js';
import { relative, utc } from './times.js';

export default defineCommand({
  usage: ['doctor [options]'],
  about:
    'Says which source of the credential chain applies here and why the others do not, whether its token is still valid, which dotenv file sets the value that the app uses, whether the issuer and its keys can be reached, which keys cannot be used, how far the clocks differ, and which environment variables conflict. Prints no value.',
  options: {
    issuer: { type: 'string', value: 'URL', about: 'examine this issuer; the default is that of the token, if it is Vercel’s' },
    'dangerously-allow-http-host': {
      type: 'string',
      multiple: true,
      value: 'HOST',
      about: 'fetch from this host over plain http too, as the option `dangerouslyAllowHttpHosts` of a verifier does',
    },
    offline: { type: 'boolean', about: 'fetch nothing' },
    dotenv: {
      type: 'string',
      multiple: true,
      value: 'PATH',
      about: 'read this dotenv file in place of those of Next.js; the first that sets a variable counts',
    },
    mode: {
      type: 'string',
      value: 'NAME',
      about: 'read the dotenv files of development, production or test; the default is NODE_ENV, else development',
    },
  },
  details: [
    'Dotenv files are read from this folder as Next.js reads them: variables of the process first, then .env.<mode>.local, .env.local (not in mode test), .env.<mode> and .env. The first that sets a variable counts, and inside a file the last line does.',
    'Of the issuer only its discovery document and its keys are fetched, without the token, and each within five seconds. An issuer that only the token names is not fetched unless it is Vercel’s: whoever wrote the token would choose the address.',
  ],
  examples: [
    ['npx countersign doctor', 'this shell and the dotenv files of this folder, as `next dev` reads them'],
    ['npx countersign doctor --mode production', 'as `next start` reads them'],
    ['npx countersign doctor --dotenv secrets.env', 'a dotenv file of another name'],
    ['npx countersign doctor --issuer https://token.actions.githubusercontent.com', 'the keys of an issuer'],
    ['npx countersign doctor --json', 'for a script, or for a report'],
  ],
  positionals: 0,
  async run({ issuer: asked, 'dangerously-allow-http-host': httpHosts, offline, dotenv, mode }, _, terminal) {
    const variables = await readVariables(dotenv, mode, process.env);
    const { env } = variables;
    const now = Date.now() / 1000;
    const { token, ...credentials } = await examineCredentials(env, asked !== undefined);
    const sections: Section[] = [credentials, examineVariables(variables, now)];
    if (token) {
      const { iss, exp } = token.claims;
      sections.push({
        title: 'Its token',
        checks: [
          { state: 'ok', name: 'subject', message: show(token.claims.sub ?? 'none') },
          { state: 'ok', name: 'issuer', message: show(iss ?? 'none') },
          ...(isTime(exp) ? [{ state: 'ok', name: 'expires', message: `${relative(exp, now)}, ${utc(exp)}` } as const] : []),
        ],
      });
    }
    const named = token?.claims.iss;
    const issuer = asked ?? (knownIssuer(named, undefined)?.name === 'Vercel' ? named : undefined);
    if (issuer !== undefined && !offline) sections.push(await examineIssuer(issuer, issuer === named ? token : undefined, httpHosts));
    else if (named !== undefined) {
      sections.push({
        title: 'Issuer',
        checks: [{ state: 'none', name: 'not asked', message: offline ? 'because of --offline' : `name it with --issuer ${show(named)}` }],
      });
    }
    sections.push({ title: 'Environment', checks: await examineEnvironment(env) });

    const failed = sections.some(({ checks }) => checks.some(({ state }) => state === 'failed'));
    if (terminal.json) terminal.printJson({ ok: !failed, sections });
    else print(sections, terminal);
    return failed ? EXIT.refused : EXIT.ok;
  },
});

const MARKS: Record<Check['state'], [mark: string, style: Style]> = {
  ok: ['✔', 'green'],
  warning: ['!', 'yellow'],
  failed: ['✘', 'red'],
  none: ['·', 'dim'],
};

function print(sections: Section[], terminal: Terminal): void {
  const width = Math.min(24, Math.max(...sections.flatMap(({ checks }) => checks.map(({ name }) => name.length)))) + 2;
  sections.forEach(({ title, checks }, index) => {
    if (index > 0) terminal.print();
    terminal.print(terminal.style(title, 'bold'));
    for (const { state, name, message, remedy } of checks) {
      const [mark, style] = MARKS[state];
      const indent = ' '.repeat(width + 4);
      const first = `  ${terminal.style(mark, style, 'bold')} ${name.length < width ? name.padEnd(width) : `${name}\n${indent}`}`;
      terminal.paragraph(terminal.prose(message, ...(state === 'none' ? (['dim'] as const) : [])), { first, indent });
      if (remedy) terminal.paragraph(terminal.prose(`→ ${remedy}`), { indent });
    }
  });
  const all = sections.flatMap(({ checks }) => checks);
  const count = (state: Check['state']): number => all.filter((check) => check.state === state).length;
  const [failed, warnings] = [count('failed'), count('warning')];
  const summary = failed === 0 && warnings === 0 ? 'Nothing is wrong.' : `${failed} wrong, ${warnings} to look at.`;
  terminal.print(`\n${terminal.style(summary, failed > 0 ? 'red' : warnings > 0 ? 'yellow' : 'green', 'bold')}`);
}

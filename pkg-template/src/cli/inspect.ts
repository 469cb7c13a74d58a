// `countersign inspect`: a token in words.

import { explain } from '../explain.js';
import type { ExplainedMember } from '../explain/claims.js';
import type { Note } from '../explain/notes.js';
import type { SubjectPart } from '../explain/subject.js';
import { isTime } from '../explain/words.js';
import type { JwsHeader, JwtClaims } from '../verify/types.js';
import { decode } from '../verify/verifier.js';
import { EXIT, defineCommand } from './command.js';
import { TOKEN_DETAILS, TOKEN_OPTIONS, readToken } from './input.js';
import { type Style, type Terminal, printable, show } from './terminal.js';
import { type Validity, relative, utc, validityAt } from './times.js';

export default defineCommand({
  usage: ['inspect [TOKEN] [options]'],
  about: 'Reads a token and says in words what it claims. Nothing is verified, and nothing is sent anywhere.',
  options: TOKEN_OPTIONS,
  details: [TOKEN_DETAILS],
  examples: [
    ['npx countersign inspect --env VERCEL_OIDC_TOKEN', 'the token of a variable'],
    ['npx countersign inspect --env VERCEL_OIDC_TOKEN --dotenv .env.local', 'that `vercel env pull` has written'],
    ['pbpaste | npx countersign inspect', 'the token on the clipboard'],
    ['npx countersign inspect --file token.jwt --json', 'for a script'],
  ],
  positionals: 1,
  async run(values, [argument], terminal) {
    const { token, removed } = await readToken(values, argument);
    const decoded = decode(token);
    const now = Date.now() / 1000;
    if (terminal.json)
      terminal.printJson({ verified: false, validity: validityAt(decoded.claims, now), token: decoded, ...explain(decoded, { now }) });
    else print(decoded, removed, now, terminal);
    return EXIT.ok;
  },
});

function print(decoded: { header: JwsHeader; claims: JwtClaims }, removed: string[], now: number, terminal: Terminal): void {
  const { sentence, header, claims, subject, notes } = explain(decoded, { now });
  terminal.print(
    `${terminal.style(' Decoded, not verified ', 'bold', 'yellow')}${terminal.style('Anyone could have written this: only the signature can tell.', 'dim')}\n`,
  );
  terminal.paragraph(terminal.prose(`${printable(sentence)}.`));
  terminal.print(`\n${validityLine(decoded.claims, now, terminal)}`);
  if (removed.length > 0) terminal.print(terminal.style(`Read without ${new Intl.ListFormat('en').format(removed)} around it.`, 'dim'));

  if (notes.length > 0) printNotes(notes, terminal);
  if (subject) printSubject(subject, decoded.claims, terminal);
  const width =
    Math.min(20, Math.max(...[...header, ...claims.flatMap(({ members }) => members)].map(({ name }) => printable(name).length))) + 2;
  for (const { title, members } of claims) {
    terminal.title(title);
    for (const member of members) printMember(member, width, 'cyan', now, terminal);
  }
  terminal.title('Protected header');
  for (const member of header) printMember(member, width, 'yellow', now, terminal);
}

const STATES: Record<Validity, [mark: string, style: Style]> = {
  'in force': ['●', 'green'],
  expired: ['●', 'red'],
  'not yet valid': ['●', 'yellow'],
  'never valid': ['●', 'red'],
  'without expiry': ['●', 'red'],
};

/** Returns whether it is in force by its own times. */
export function validityLine(claims: JwtClaims, now: number, terminal: Terminal): string {
  const { exp, nbf } = claims;
  const validity = validityAt(claims, now);
  const [mark, style] = STATES[validity];
  const when =
    validity === 'not yet valid' && isTime(nbf)
      ? `, starts ${relative(nbf, now)}`
      : validity === 'in force' && isTime(exp)
        ? `, expires ${relative(exp, now)}`
        : validity === 'expired' && isTime(exp)
          ? `, ${relative(exp, now)}`
          : '';
  return `${terminal.style(`${mark} ${validity}`, style, 'bold')}${when} ${terminal.style('by its own times and this machine’s clock', 'dim')}`;
}

function printNotes(notes: readonly Note[], terminal: Terminal): void {
  terminal.title('Look twice');
  for (const { level, title, words } of notes) {
    const first = `  ${terminal.style(level.padEnd(8), level === 'refuse' ? 'red' : 'yellow', 'bold')}`;
    terminal.paragraph(terminal.prose(`${printable(title)}. ${printable(words)}`), { first, indent: ' '.repeat(10) });
  }
}

function printSubject(subject: readonly SubjectPart[], claims: JwtClaims, terminal: Terminal): void {
  terminal.title('The subject, taken apart');
  const keys = Math.max(...subject.map(({ key }) => key.length)) + 2;
  const values = Math.max(...subject.map(({ value }) => printable(value).length)) + 2;
  for (const { key, value, claim, agrees } of subject) {
    let check = '';
    if (agrees) check = terminal.style(`= claim ${claim}`, 'green');
    else if (claim !== undefined)
      check = terminal.style(
        `≠ claim ${claim}${claims[claim] === undefined ? ', which is missing' : `: ${show(claims[claim])}`}`,
        'red',
        'bold',
      );
    terminal.print(`  ${terminal.style(key.padEnd(keys), 'dim')}${printable(value).padEnd(check ? values : 0)}${check}`);
  }
}

function printMember({ name, value, words, source }: ExplainedMember, width: number, color: Style, now: number, terminal: Terminal): void {
  const indent = ' '.repeat(width + 2);
  const label = printable(name);
  const first = `  ${terminal.style(label.padEnd(width), color, 'bold')}`;
  if (label.length > width - 1) terminal.print(`  ${terminal.style(label, color, 'bold')}`);
  const time = ['exp', 'nbf', 'iat', 'auth_time'].includes(name) && isTime(value) ? `  ${relative(value, now)}, ${utc(value)}` : '';
  terminal.paragraph(`${show(value)}${time}`, { first: label.length > width - 1 ? indent : first, indent });
  terminal.paragraph(`${terminal.prose(printable(words), 'dim')}${source ? terminal.style(` (${source.label})`, 'dim') : ''}`, { indent });
}

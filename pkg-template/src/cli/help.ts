// The text of `--help`.

import { version } from '../verify/version.js';
import { COMMON, type Command, type Options } from './command.js';
import { COMMANDS } from './commands.js';
import type { Terminal } from './terminal.js';

const EXIT_CODES: [code: string, about: string][] = [
  ['0', 'it went well: the token is verified, nothing is wrong'],
  ['1', 'it did not: the token is refused, something is wrong'],
  ['2', 'the call is not understood'],
];

/** The help of the program. */
export function generalHelp(terminal: Terminal): void {
  terminal.print(`countersign ${version()}: proves who is calling, and finds the credential to send`);
  terminal.title('Usage');
  terminal.print('  npx countersign <command> [options]');
  terminal.title('Commands');
  table(
    COMMANDS.map(({ name, about }) => [name, about]),
    terminal,
  );
  terminal.title('Options');
  table(
    [
      ['-h, --help', 'this help, or that of a command'],
      ['-v, --version', 'the version'],
    ],
    terminal,
  );
  terminal.title('Exit codes');
  table(EXIT_CODES, terminal);
  terminal.print(`\n${terminal.style('No command prints a whole token, but `issuer --mint`, whose tokens prove nothing.', 'dim')}`);
}

/** The help of one command. */
export function commandHelp(command: Command, terminal: Terminal): void {
  terminal.paragraph(command.about);
  terminal.title('Usage');
  for (const usage of command.usage) terminal.print(`  npx countersign ${usage}`);
  terminal.title('Options');
  table(rows({ ...command.options, ...COMMON }), terminal);
  for (const detail of command.details ?? []) {
    terminal.print();
    terminal.paragraph(detail);
  }
  terminal.title('Exit codes');
  table(EXIT_CODES, terminal);
  terminal.title('Examples');
  for (const [line, about] of command.examples) {
    terminal.print(`  ${line}`);
    terminal.paragraph(terminal.style(about, 'dim'), { indent: '      ' });
  }
}

const rows = (options: Options): [string, string][] =>
  Object.entries(options).map(([name, { short, value, about, multiple }]) => [
    `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`,
    `${about}${multiple ? '; may be repeated' : ''}`,
  ]);

function table(rows: (readonly [string, string])[], terminal: Terminal): void {
  const width = Math.min(26, Math.max(...rows.map(([left]) => left.length))) + 2;
  for (const [left, right] of rows) {
    if (left.length >= width) terminal.print(`  ${left}`);
    terminal.paragraph(right, { first: `  ${(left.length >= width ? '' : left).padEnd(width)}`, indent: ' '.repeat(width + 2) });
  }
}

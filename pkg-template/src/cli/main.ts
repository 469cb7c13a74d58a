#!/usr/bin/env node
// The command line, `npx countersign`. For Node.js alone, and never imported by what the package exports.

import '../load/verify/inline.js';
import '../load/credentials/inline.js';

import { CountersignError } from '../core/errors.js';
import { version } from '../verify/version.js';
import { EXIT, readArguments } from './command.js';
import { COMMANDS } from './commands.js';
import { Failure, UsageError, nearest } from './errors.js';
import { commandHelp, generalHelp } from './help.js';
import { remedy } from './remedies.js';
import { Terminal, printable } from './terminal.js';

// A reader may stop before the end of the output, as `head` does: the rest is not printed, and the exit code stays true.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await main(process.argv.slice(2));

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '-h' || name === '--help') {
    // `help inspect` is what others call `inspect --help`.
    if (name === 'help' && args[0] !== undefined) return main([args[0], '--help']);
    generalHelp(new Terminal());
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === '-v' || name === '--version') {
    new Terminal().print(version());
    return EXIT.ok;
  }
  const row = COMMANDS.find((command) => command.name === name);
  if (!row) return misuse(unknownCommand(name), '');
  const { default: command } = await row.load();
  let terminal = new Terminal();
  try {
    const { values, positionals } = readArguments(command, args);
    terminal = new Terminal(values);
    if (values.help) {
      commandHelp(command, terminal);
      return EXIT.ok;
    }
    if (values.json && values.text) throw new UsageError('`--json` and `--text` exclude each other');
    if (values.color && values['no-color']) throw new UsageError('`--color` and `--no-color` exclude each other');
    return await command.run(values, positionals, terminal);
  } catch (error) {
    return report(error, name, terminal);
  }
}

/** Says what went wrong, without a stack trace for what a user can mend. */
function report(error: unknown, command: string, terminal: Terminal): number {
  if (error instanceof UsageError) return misuse(error.message, command);
  if (error instanceof CountersignError && error.code === 'ERR_INVALID_OPTION') return misuse(error.message, command);
  if (error instanceof CountersignError && error.code !== 'ERR_INTERNAL') {
    const { code, message, retryable, claim, reason, kid, keys, status, url, position } = error;
    if (terminal.json)
      terminal.printJson({ ok: false, error: { code, message, retryable, claim, reason, kid, keys, status, url, position } });
    terminal.warn(`countersign ${command}: ${printable(message)} (${code})`);
    terminal.warn(remedy(code), '  ');
    return EXIT.refused;
  }
  if (error instanceof Failure) {
    if (terminal.json) terminal.printJson({ ok: false, error: { message: error.message } });
    terminal.warn(`countersign ${command}: ${error.message}`);
    return EXIT.refused;
  }
  // A fault of this program: a report needs the place.
  terminal.warn(
    `countersign ${command}: a fault of this program; please report it with these lines\n${(error as Error)?.stack ?? String(error)}`,
  );
  return EXIT.refused;
}

function misuse(problem: string, command: string): number {
  new Terminal().warn(`countersign${command && ` ${command}`}: ${problem}\nTry \`npx countersign ${command && `${command} `}--help\`.`);
  return EXIT.usage;
}

/** An unknown command may be a token or a key, so an error repeats only what looks like a command. */
function unknownCommand(name: string): string {
  if (/^[\w-]+\.[\w-]*\.[\w-]*$/.test(name)) return 'that looks like a token; to read it, put `inspect` before it';
  if (!/^-{0,2}[a-z][a-z-]{0,19}$/i.test(name)) return 'the first argument is no command';
  const meant = nearest(
    name,
    COMMANDS.map((command) => command.name),
  );
  return `there is no command \`${name}\`${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`;
}

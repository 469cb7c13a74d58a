// The type of a command, and the reading of its arguments.

import { parseArgs } from 'node:util';

import { UsageError, nearest } from './errors.js';
import type { Terminal } from './terminal.js';

/** One option of a command. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** May be given several times. */
  readonly multiple?: true;
  readonly short?: string;
  /** The placeholder of its value in the help. */
  readonly value?: string;
  readonly about: string;
}

export type Options = Readonly<Record<string, OptionSpec>>;

/** The values of a command's options; undefined where one was not given. */
export type Values<O extends Options> = {
  readonly [name in keyof O]:
    | (O[name] extends { multiple: true } ? string[] : O[name]['type'] extends 'boolean' ? boolean : string)
    | undefined;
};

/** A command: what its help says, and what it does. */
export interface Command<O extends Options = Options> {
  /** How it is called, without the program's name. */
  readonly usage: readonly string[];
  /** Its purpose, in a few sentences. */
  readonly about: string;
  readonly options: O;
  /** Notes beside the options, a paragraph each. */
  readonly details?: readonly string[];
  readonly examples: readonly (readonly [command: string, about: string])[];
  /** The most arguments beside the options. */
  readonly positionals: number;
  /** Does it; resolves to the exit code. */
  run(values: Values<O>, positionals: string[], terminal: Terminal): Promise<number>;
}

/** The exit codes of every command. */
export const EXIT = { ok: 0, refused: 1, usage: 2 } as const;

/** Options that every command has. */
export const COMMON = {
  json: { type: 'boolean', about: 'print JSON, for programs' },
  text: { type: 'boolean', about: 'print text; the default' },
  color: { type: 'boolean', about: 'colour the text, also where the output is no terminal' },
  'no-color': { type: 'boolean', about: 'do not colour the text; so does NO_COLOR in the environment' },
  help: { type: 'boolean', short: 'h', about: 'show this help' },
} as const satisfies Options;

export type CommonValues = Values<typeof COMMON>;

/** Fixes the types of a command's options. */
export const defineCommand = <const O extends Options>(command: Command<O>): Command => command as unknown as Command;

/** Reads the arguments of a command. Throws a {@link UsageError} that says what is wrong and what was probably meant. */
export function readArguments(command: Command, args: string[]): { values: Values<Options> & CommonValues; positionals: string[] } {
  const options: Options = { ...command.options, ...COMMON };
  const { tokens } = parseArgs({ args, options: { ...options }, strict: false, tokens: true, allowPositionals: true });
  const values: Record<string, string | boolean | string[] | undefined> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!spec) throw unknownOption(token.rawName, Object.keys(options));
    const value = readValue(token, spec);
    const before = values[token.name];
    if (spec.multiple) values[token.name] = [...((before as string[] | undefined) ?? []), value as string];
    else if (before !== undefined && spec.type === 'string') throw new UsageError(`\`${token.rawName}\` is given twice`);
    else values[token.name] = value;
  }
  if (positionals.length > command.positionals) {
    const most =
      command.positionals === 0 ? 'no argument' : command.positionals === 1 ? 'one argument' : `${command.positionals} arguments`;
    throw new UsageError(`it takes ${most} beside its options, and got ${positionals.length}`);
  }
  return { values: values as Values<Options> & CommonValues, positionals };
}

function readValue(
  { rawName, value, inlineValue }: { rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
  spec: OptionSpec,
): string | boolean {
  if (spec.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`\`${rawName}\` takes no value`);
    return true;
  }
  if (value === undefined) throw new UsageError(`\`${rawName}\` needs a value`);
  // `--env --json` is a forgotten value; a number may be negative.
  if (!inlineValue && /^-[^\d]/.test(value))
    throw new UsageError(`\`${rawName}\` needs a value; one that begins with a dash is written \`${rawName}=…\``);
  return value;
}

function unknownOption(name: string, known: string[]): UsageError {
  // What was meant as the value of something else may be a secret: only what looks like an option is said back.
  if (!/^--?[a-z][a-z-]{0,30}$/i.test(name)) return new UsageError('an argument begins with a dash and is no option');
  const meant = nearest(name.replace(/^-+/, ''), known);
  return new UsageError(`there is no option \`${name}\`${meant === undefined ? '' : `; did you mean \`--${meant}\`?`}`);
}

// The source of a command's token: its argument, standard input, an environment variable or a file.

import { readFile, stat } from 'node:fs/promises';
import * as util from 'node:util';

import { tidyToken } from '../explain/tidy.js';
import type { Options, Values } from './command.js';
import { Failure, UsageError } from './errors.js';
import { printable } from './terminal.js';

/** More than this is no token and no key set. */
const LIMIT = 1 << 20;

/** The options of every command that reads a token. */
export const TOKEN_OPTIONS = {
  env: { type: 'string', value: 'NAME', about: 'read the token from this environment variable' },
  file: { type: 'string', value: 'PATH', about: 'read the token from this file' },
  dotenv: { type: 'string', value: 'PATH', about: 'variables of this file too, such as .env.local; those of the process win' },
} as const satisfies Options;

/** Its description in the help. */
export const TOKEN_DETAILS =
  'The token is the argument, or what standard input holds. Arguments are seen by other users of the machine and kept in the shell’s history: prefer --env, --file or a pipe for a token that is still good.';

/** The token, without what was copied along with it. */
export async function readToken(
  values: Values<typeof TOKEN_OPTIONS>,
  argument: string | undefined,
): Promise<{ token: string; removed: string[] }> {
  const { env: name, file } = values;
  const given = [argument, name, file].filter((source) => source !== undefined);
  if (given.length > 1) throw new UsageError('give the token once: as the argument, with `--env` or with `--file`');
  const read = tidyToken(await readText(values, argument));
  if (read.token === '')
    throw new Failure(
      `there is no token ${name !== undefined ? `in ${name}` : file !== undefined ? 'in the file' : 'in the input'}: it is empty`,
    );
  return read;
}

async function readText(values: Values<typeof TOKEN_OPTIONS>, argument: string | undefined): Promise<string> {
  const { env: name, file } = values;
  if (name !== undefined) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new UsageError('`--env` takes the name of a variable, and this is none');
    const value = (await environment(values.dotenv))[name];
    if (value === undefined) throw new Failure(`the environment has no variable ${name}`);
    return value;
  }
  if (file !== undefined) return readTextFile(file);
  if (argument !== undefined && argument !== '-') return argument;
  if (process.stdin.isTTY) throw new UsageError('there is no token: give it as the argument, with `--env` or `--file`, or pipe it in');
  return readStandardInput();
}

/** A file as text; what is larger than any token or key set is refused. */
export async function readTextFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > LIMIT) throw new Failure(`${fileName(path)} has ${size} bytes, and at most ${LIMIT} are read`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${fileName(path)} cannot be read: ${reasonOf(error)}`);
  }
}

/** The name of a file in an error. A token that was given in place of a path is not repeated. */
export const fileName = (path: string): string =>
  path.length > 256 || /^ey[\w-]+\./.test(path) ? 'the file' : `the file \`${printable(path)}\``;

/** All of standard input, as text. */
export async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LIMIT) {
      process.stdin.destroy();
      throw new Failure(`standard input has more than ${LIMIT} bytes, and no more are read`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The variables of the process, over those of a file. */
export async function environment(file: string | undefined): Promise<Record<string, string | undefined>> {
  if (file === undefined) return process.env;
  // Since Node.js 20.12.
  if (typeof util.parseEnv !== 'function') throw new Failure('`--dotenv` needs Node.js 20.12 or newer');
  return { ...util.parseEnv(await readTextFile(file)), ...process.env };
}

const REASONS: Record<string, string> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
};

/** Why a file or a port could not be had, in words. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return (code !== undefined && REASONS[code]) || (code ?? 'an unknown fault');
}

// The common part of commands that change something at Vercel: the access token, the linked project, progress, and asking.

import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';

import type { Progress } from '../infra/run.js';
import { Failure, UsageError } from './errors.js';
import type { Terminal } from './terminal.js';

/** Whether a person can be asked. */
export const canAsk = (terminal: Terminal): boolean => !terminal.json && process.stdin.isTTY === true && process.stdout.isTTY === true;

/** Asks a question on the terminal; true for yes. */
export async function ask(question: string): Promise<boolean> {
  const asker = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await asker.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asker.close();
  }
}

/** The project to which `vercel link` has linked this folder. */
export async function readLink(): Promise<{ projectId?: string; orgId?: string }> {
  try {
    const { projectId, orgId } = JSON.parse(await readFile('.vercel/project.json', 'utf8'));
    return { ...(typeof projectId === 'string' && { projectId }), ...(typeof orgId === 'string' && { orgId }) };
  } catch {
    return {};
  }
}

export function fromEnvironment(name: string, option: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new UsageError(`\`${option}\` takes the name of a variable, and this is none`);
  const value = process.env[name];
  if (!value) throw new Failure(`the environment has no variable ${name}`);
  return value;
}

/** A line that is written over on a terminal; elsewhere a line for every thousand steps. */
export class ProgressLine {
  #last = 0;
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show({ phase, done, total }: Progress): void {
    const line = `${phase === 'read' ? 'reading' : 'writing'} ${done}${total === undefined ? '' : ` of ${total}`}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
    else if (Math.floor(done / 1000) > this.#last) this.#terminal.warn(line);
    this.#last = Math.floor(done / 1000);
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
}

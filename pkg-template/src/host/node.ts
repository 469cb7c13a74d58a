// The functions that only Node.js can run. Never imported statically: bundles for the edge and for browsers would stumble over it.

import type * as childProcess from 'node:child_process';
import type * as fs from 'node:fs/promises';
import type * as os from 'node:os';
import type * as path from 'node:path';

/** The parts of Node.js that files and the command line need. */
export interface Node {
  readonly fs: typeof fs;
  readonly path: typeof path;
  readonly os: typeof os;
  readonly childProcess: typeof childProcess;
  readonly process: NodeJS.Process;
}

/** They are had from Node.js 20.16 on, and from what is compatible with it; undefined elsewhere. */
export function node(): Node | undefined {
  const { process } = globalThis as { process?: NodeJS.Process };
  const load = process?.getBuiltinModule;
  if (typeof load !== 'function') return undefined;
  const modules = {
    fs: load('node:fs/promises'),
    path: load('node:path'),
    os: load('node:os'),
    childProcess: load('node:child_process'),
  };
  return Object.values(modules).every(Boolean) ? { ...modules, process: process as NodeJS.Process } : undefined;
}

/** The name of what went wrong, such as `ENOENT`: never a message, which may repeat what was read. */
export function errorName(thrown: unknown): string {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : 'unknown error';
}

// Runtimes that are a command, and how any command is run.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { nodeVersion } from '../../node-versions/index.mjs';

const resolve = createRequire(import.meta.url).resolve;
const execute = promisify(execFile);

/** Runs a command to its end and returns what it printed; a failure shows all of it. */
export async function command(program, args, options) {
  try {
    return (await execute(program, args, { timeout: 300_000, maxBuffer: 64 << 20, ...options })).stdout;
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')}: ${error.message}\n${error.stdout}\n${error.stderr}`);
  }
}

/** A file of an installed package, whatever that package exports. */
export function installed(name, path) {
  try {
    return resolve(`${name}/package.json`).replace(/package\.json$/, path);
  } catch {
    throw new Error(`the package ${name} is not installed: is there one for ${process.platform} ${process.arch}?`);
  }
}

async function printed(project, program, args, env = process.env) {
  return JSON.parse(await command(program, args, { cwd: project, env }));
}

export const node = (project) => printed(project, process.execPath, ['main.mjs']);

export const nodeCommonJs = (project) => printed(project, process.execPath, ['main.cjs']);

/** Another version of Node.js, by its major number. */
export const nodeOf = (major) => (project) => printed(project, nodeVersion(major), ['main.mjs']);

// No --allow-…: the package must need no permission, not even to read its own files.
export const deno = (project) =>
  printed(
    project,
    process.execPath,
    [installed('deno', 'bin.cjs'), 'run', '--no-prompt', '--no-remote', '--no-config', '--node-modules-dir=manual', 'main.mjs'],
    {
      ...process.env,
      DENO_NO_UPDATE_CHECK: '1',
    },
  );

const arm = process.arch === 'arm64';
export const bun = (project) =>
  printed(project, installed(`@oven/bun-${process.platform}-${arm ? 'aarch64' : 'x64'}`, 'bin/bun'), ['main.mjs']);

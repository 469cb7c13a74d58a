// Runs the command line of the installed package, as a shell would.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The file that `bin` names, once the package is installed into the project. */
export const program = (project) => join(project, 'node_modules/.bin/countersign');

/** Runs it to its end. Nothing of this process's environment gets in but the path. */
export async function countersign(project, args, { input, env = {} } = {}) {
  const child = start(project, args, env);
  if (input === undefined) child.stdin.end();
  else child.stdin.on('error', () => undefined).end(input);
  const [stdout, stderr, code] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    new Promise((resolve) => child.on('close', resolve)),
  ]);
  return { code, stdout, stderr };
}

/** Starts it, for what goes on until it is stopped. */
export const start = (project, args, env = {}) =>
  spawn(process.execPath, [program(project), ...args], { cwd: project, env: { PATH: process.env.PATH, HOME: project, ...env } });

async function collect(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

/** The first line of a running program's output. */
export async function firstLine(child) {
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  throw new Error(`it ended with ${JSON.stringify(text)}`);
}

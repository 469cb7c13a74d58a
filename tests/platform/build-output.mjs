// Functions of Vercel's Build Output, assembled and run as the platform does: from the listed files alone, in an empty folder.
import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EdgeVM } from '@edge-runtime/vm';

/** The output of a project that `vercel build` has built. */
export const outputOf = (project) => join(project, '.vercel/output');

/** Runs `vercel build` without an account. Nothing is fetched: dependencies are installed already. */
export async function vercelBuild(project, env = {}, args = []) {
  const cli = fileURLToPath(new URL('node_modules/vercel/dist/vc.js', import.meta.url));
  const home = await mkdtemp(join(tmpdir(), 'vercel-home-'));
  const child = spawn(process.execPath, [cli, 'build', '--prod', '--yes', '--token', 'none', ...args], {
    cwd: project,
    env: { PATH: process.env.PATH, HOME: home, CI: '1', VERCEL_TELEMETRY_DISABLED: '1', NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, code] = await Promise.all([collect(child), new Promise((resolve) => child.on('close', resolve))]);
  if (code !== 0) throw new Error(`vercel build ended with ${code}\n${output}`);
  return output;
}

async function collect({ stdout, stderr }) {
  let text = '';
  for (const stream of [stdout, stderr]) stream.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  await Promise.all([stdout, stderr].map((stream) => new Promise((resolve) => stream.on('close', resolve))));
  return text;
}

/** Copies a function, with every file of its `filePathMap`, into a new folder outside of the project. */
export async function assemble(project, name) {
  const source = join(outputOf(project), 'functions', `${name}.func`);
  // Functions with the same content are links to one folder.
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'function-'));
  await cp(await realpath(source), folder, { recursive: true });
  const config = JSON.parse(await readFile(join(folder, '.vc-config.json'), 'utf8'));
  for (const [to, from] of Object.entries(config.filePathMap ?? {})) {
    await mkdir(dirname(join(folder, to)), { recursive: true });
    await cp(join(project, from), join(folder, to), { recursive: true, dereference: true });
  }
  return { folder, config };
}

/** Starts the launcher's handler of a Node.js function in a process of its own; resolves to its address. */
export async function startNodeFunction({ folder, config }, env) {
  const script = `
    const exported = require(${JSON.stringify(join(folder, config.handler))});
    const handler = exported.default ?? exported;
    // A proxy takes a Request and returns a Response; a route takes those of node:http.
    const serve = async (request, response) => {
      const { method, headers, url } = request;
      const answer = await handler(new Request('http://' + headers.host + url, { method, headers }));
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
    };
    const server = require('node:http').createServer(${config.useWebApi ? 'serve' : 'handler'});
    server.listen(0, '127.0.0.1', () => console.log('listening on ' + server.address().port));`;
  const child = spawn(process.execPath, ['-e', script], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^listening on (\d+)$/.exec(line)?.[1];
    if (port) return { url: `http://127.0.0.1:${port}`, close: () => child.kill() };
  }
  throw new Error('the function ended before it listened');
}

/** The modules of Node.js that the Edge runtime has. */
const EDGE_BUILTINS = ['assert', 'async_hooks', 'buffer', 'events', 'util'];

/**
 * Makes an Edge Function: code from text and WebAssembly from bytes are refused, and modules come from `filePathMap`.
 * Returns a function from a URL and headers to `{ status, headers, body }`.
 */
export async function edgeFunction({ folder, config }, env) {
  const code = await readFile(join(folder, config.entrypoint), 'utf8');
  const vm = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
  const modules = {};
  for (const path of Object.keys(config.filePathMap ?? {}).filter((path) => path.endsWith('.wasm'))) {
    modules[`/${path}`] = await WebAssembly.compile(await readFile(join(folder, path)));
  }
  const load = (name) => {
    const found = modules[name] ?? (EDGE_BUILTINS.includes(name.replace('node:', '')) ? process.getBuiltinModule(name) : undefined);
    if (!found) throw new Error(`the function requires ${name}`);
    return found;
  };
  // The Edge runtime has this class as a global, too.
  Object.assign(vm.context, { AsyncLocalStorage, require: load, process: { env: { ...config.environment, ...env } } });
  // The entry point is an ES module with one export.
  vm.evaluate(code.replace(/^\s*export default /m, 'globalThis.handler = '));
  const call = vm.evaluate(`(async (url, headers) => {
    const response = await handler(new Request(url, { headers: JSON.parse(headers) }), { waitUntil() {} });
    return JSON.stringify({ status: response.status, headers: [...response.headers], body: await response.text() });
  })`);
  const answer = async (url, headers = {}) => {
    const { headers: pairs, ...response } = JSON.parse(await call(url, JSON.stringify(headers)));
    return { ...response, headers: new Headers(pairs) };
  };
  return { answer, modules: Object.keys(modules) };
}

/** The names of all functions of a kind, such as `edge` or `nodejs24.x`. */
export async function functionsOf(project, runtime) {
  const root = join(outputOf(project), 'functions');
  const names = [];
  for (const path of await readdir(root, { recursive: true })) {
    if (!path.endsWith('.func')) continue;
    const config = JSON.parse(await readFile(join(root, path, '.vc-config.json'), 'utf8'));
    if (config.runtime === runtime) names.push(path.slice(0, -'.func'.length));
  }
  return names.sort();
}

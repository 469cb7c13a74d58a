// A fake of Vercel's sandbox API on this machine, for the demo and the tests: a sandbox is a folder, its commands really run, and its network policy is
// applied. It speaks to the real `@vercel/sandbox` SDK, which is given `fetch` from here; files and commands see the folder in place of `/vercel`.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { startFirewall, toldPolicy } from './sandbox-firewall.mjs';

/** What the SDK wants beside a name. */
export const CREDENTIALS = { token: 'fake-access-token', teamId: 'team_1', projectId: 'prj_1' };

/**
 * Starts it: `{ url, fetch, sandboxes, hosts, stop() }`. `sandboxes` knows each by name: its folder, its requests, its policies, and a `fault` to answer
 * with. Beside `CREDENTIALS`, whatever `accepts` resolves to true for is a bearer token. `hosts` has the origin that stands for each host that programs in
 * sandboxes reach, through the proxy that their `http_proxy` names.
 */
export async function startSandboxApi({ accepts = async (_token) => false, hosts = {} } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'countersign-sandboxes-'));
  const sandboxes = new Map();

  const server = createServer(async (request, response) => {
    try {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      await answer(request, Buffer.concat(chunks), response);
    } catch (error) {
      json(response, 500, { error: { code: 'internal', message: String(error) } });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;

  async function answer(request, body, response) {
    const { pathname, searchParams } = new URL(request.url, url);
    const bearer = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (bearer !== CREDENTIALS.token && !(await accepts(bearer)))
      return json(response, 403, { error: { code: 'forbidden', message: 'no' } });
    const session = /^\/api\/v2\/sandboxes\/sessions\/ses_([^/]+)\/(fs\/write|cmd|network-policy)$/.exec(pathname);
    const name = session?.[1] ?? /^\/api\/v2\/sandboxes\/([^/]+)$/.exec(pathname)?.[1];
    const create = request.method === 'POST' && pathname === '/api/v3/sandboxes';
    const sandbox = create ? await make(JSON.parse(body)) : sandboxes.get(decodeURIComponent(name ?? ''));
    if (!sandbox) return json(response, 404, { error: { code: 'not_found', message: 'Sandbox not found' } });
    sandbox.requests.push(`${request.method} ${session ? session[2] : 'sandbox'}`);
    const { fault } = sandbox;
    if (fault && `${request.method} ${pathname}`.includes(fault.on)) return json(response, fault.status, fault.body ?? {});
    if (!session) {
      if (request.method === 'PATCH') sandbox.defaultPolicy = JSON.parse(body).networkPolicy ?? sandbox.defaultPolicy;
      const resumed = searchParams.get('resume') === 'true' && sandbox.status === 'stopped';
      if (resumed) Object.assign(sandbox, { status: 'running', policy: sandbox.defaultPolicy });
      return json(response, 200, { ...described(sandbox), resumed });
    }
    if (sandbox.status !== 'running') return json(response, 410, { error: { code: 'sandbox_stopped', message: 'stopped' } });
    if (session[2] === 'network-policy') {
      sandbox.policy = JSON.parse(body);
      return json(response, 200, described(sandbox));
    }
    if (session[2] === 'cmd') return command(sandbox, JSON.parse(body), response);
    for (const file of readTar(gunzipSync(body))) {
      const path = sandbox.inside(`/${file.name}`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, sandbox.inside(file.content.toString()));
      chmodSync(path, file.mode);
    }
    return json(response, 200, {});
  }

  async function make({ name, env = {}, networkPolicy }) {
    const folder = join(home, name);
    mkdirSync(join(folder, 'sandbox'), { recursive: true });
    const inside = (text) => text.replaceAll('/vercel/', `${folder}/`);
    const sandbox = { name, env, folder, inside, status: 'running', requests: [], processes: [], commands: 0, fault: undefined };
    // Of the running session, and of those to come.
    Object.assign(sandbox, { policy: networkPolicy, defaultPolicy: networkPolicy });
    sandbox.firewall = await startFirewall({ policy: () => sandbox.policy, hosts: () => hosts });
    sandboxes.set(name, sandbox);
    return sandbox;
  }

  function command(sandbox, { command: program, args, env, wait, cwd }, response) {
    const id = `cmd_${(sandbox.commands += 1)}`;
    const child = spawn(program, args.map(sandbox.inside), {
      cwd: sandbox.inside(cwd ?? '/vercel/sandbox/'),
      env: { PATH: process.env.PATH, http_proxy: sandbox.firewall.url, ...sandbox.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    sandbox.processes.push(child);
    const described = (exitCode) => ({
      command: { id, name: program, args, cwd: '/vercel/sandbox', sessionId: `ses_${sandbox.name}`, exitCode, startedAt: Date.now() },
    });
    child.on('error', () => {});
    if (!wait) return json(response, 200, described(null));
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const line = (value) => response.write(`${JSON.stringify(value)}\n`);
    line(described(null));
    for (const stream of ['stdout', 'stderr']) child[stream].on('data', (data) => line({ stream, data: String(data) }));
    child.on('close', (code) => {
      line(described(code ?? 1));
      response.end();
    });
    return undefined;
  }

  return {
    url,
    sandboxes,
    hosts,
    /** The SDK's own, pointed here. */
    fetch: (input, init) => {
      const { dispatcher, ...rest } = init;
      return fetch(String(input).replace('https://vercel.com', url), rest);
    },
    async stop() {
      for (const { processes } of sandboxes.values()) for (const child of processes) child.kill('SIGKILL');
      await Promise.all([...sandboxes.values()].map(({ firewall }) => firewall.stop()));
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function described({ name, status, policy, defaultPolicy }) {
  const times = { createdAt: 1, updatedAt: 1 };
  const session = {
    id: `ses_${name}`,
    memory: 2048,
    vcpus: 1,
    region: 'iad1',
    timeout: 300_000,
    status,
    requestedAt: 1,
    cwd: '/vercel/sandbox',
    ...times,
  };
  const told = { networkPolicy: toldPolicy(defaultPolicy) };
  return {
    sandbox: { name, persistent: true, currentSessionId: session.id, status, ...told, ...times },
    session: { ...session, networkPolicy: toldPolicy(policy) },
    routes: [],
  };
}

function json(response, status, body) {
  if (response.headersSent) return response.end();
  response.writeHead(status, { 'content-type': 'application/json' });
  return response.end(JSON.stringify(body));
}

/** Plain files of a ustar archive, which is what the SDK sends. */
function readTar(bytes) {
  const files = [];
  for (let at = 0; bytes[at]; ) {
    const field = (from, length) => bytes.toString('utf8', at + from, at + from + length).replace(/\0[^]*$/, '');
    const size = parseInt(field(124, 12), 8);
    const prefix = field(345, 155);
    files.push({
      name: (prefix ? `${prefix}/` : '') + field(0, 100),
      mode: parseInt(field(100, 8), 8),
      content: bytes.subarray(at + 512, at + 512 + size),
    });
    at += 512 + 512 * Math.ceil(size / 512);
  }
  return files;
}

/** Permissions of a file, as `ls` would say in octal; undefined where there is none. */
export const modeOf = (path) => (existsSync(path) ? (statSync(path).mode & 0o777).toString(8) : undefined);

// A real Redis, started on a free port for one test file and stopped by it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../js/runtimes/port.mjs';

/** Starts a server that keeps nothing on disk: `{ url, stop() }`. */
export async function startRedis() {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-redis-'));
  const port = await freePort();
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no', '--dir', folder];
  const server = spawn(process.env.REDIS_SERVER ?? 'redis-server', args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => (log += data));
  const failed = once(server, 'error').then(([error]) => Promise.reject(error));
  const answers = async () => {
    while (!(await accepts(port))) {
      if (server.exitCode !== null) throw new Error(`redis-server did not start:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await Promise.race([answers(), failed]);
  failed.catch(() => {});
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL');
        await once(server, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

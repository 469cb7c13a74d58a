// A real Redis, started on a free port for one test file and stopped by it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../js/runtimes/port.mjs';

/**
 * Starts a server that keeps nothing on disk: `{ url, port, stop(), pause(), resume() }`. `cluster`: a cluster of this one node, which
 * has all slots. `port`: where a server was before.
 */
export async function startRedis({ cluster = false, port: wanted } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-redis-'));
  const port = wanted ?? (await freePort());
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no', '--dir', folder];
  if (cluster) args.push('--cluster-enabled', 'yes', '--cluster-port', await freePort(), '--cluster-announce-ip', '127.0.0.1');
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
  if (cluster) await joinSlots(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    /** As a server that hangs: connections stay open, and nothing is answered. */
    pause: () => server.kill('SIGSTOP'),
    resume: () => server.kill('SIGCONT'),
    async stop() {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL');
        await once(server, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function joinSlots(port) {
  const { createClient } = await import('redis');
  const node = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
  await node.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']);
  while (!(await node.sendCommand(['CLUSTER', 'INFO'])).includes('cluster_state:ok'))
    await new Promise((resolve) => setTimeout(resolve, 20));
  node.destroy();
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

// Where a server of a test can listen.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of this machine's loopback interface that nobody uses: the preferred one, which throws where it is taken, or any. */
export async function freePort(preferred = 0) {
  const server = createServer().listen(preferred, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

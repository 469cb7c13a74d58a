// Upstash's REST protocol in front of a real Redis: a command is a JSON array in the body, a batch of them goes to /pipeline, and texts of a
// reply are in base64 where the client says so.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createClient } from 'redis';

const TOKEN = 'a-token-of-upstash';

/** Starts it on a free port: `{ url, token, stop() }`. */
export async function startUpstash(redisUrl) {
  const redis = await createClient({ url: redisUrl }).connect();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const send = (status, value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return send(401, { error: 'Unauthorized' });
    const encode = request.headers['upstash-encoding'] === 'base64' ? inBase64 : (reply) => reply;
    const run = async (command) => {
      try {
        return { result: encode(await redis.sendCommand(command.map(String))) };
      } catch ({ message }) {
        return { error: message };
      }
    };
    if (request.url === '/pipeline') {
      const results = [];
      for (const command of JSON.parse(body)) results.push(await run(command));
      return send(200, results);
    }
    const result = await run(JSON.parse(body));
    return send(result.error === undefined ? 200 : 400, result);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    token: TOKEN,
    stop() {
      redis.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

function inBase64(reply) {
  if (Array.isArray(reply)) return reply.map(inBase64);
  return typeof reply === 'string' && reply !== 'OK' ? Buffer.from(reply).toString('base64') : reply;
}

// The program in the fake sandboxes: it calls the AI Gateway with the key in its environment, which is a placeholder, and notes the answers.

/** Where the program lies in a sandbox, and where it notes `<process> <path> <status>`. */
export const AGENT = '/vercel/sandbox/agent.mjs';
export const ANSWERS = '/vercel/sandbox/answers';

/** Calls once, or with `loop` as its argument every 20 ms until it is ended. */
export const AGENT_PROGRAM = `
import { appendFileSync } from 'node:fs';
import { request } from 'node:http';

const proxy = new URL(process.env.http_proxy);
const ask = (path) =>
  new Promise((resolve, reject) => {
    const headers = { host: 'ai-gateway.vercel.sh', authorization: \`Bearer \${process.env.AI_GATEWAY_API_KEY}\`, 'ai-gateway-auth-method': 'api-key' };
    const options = { host: proxy.hostname, port: proxy.port, method: 'POST', path: \`http://ai-gateway.vercel.sh\${path}\`, headers };
    request(options, (response) => response.resume().on('end', () => resolve(response.statusCode))).on('error', reject).end('{}');
  });
do {
  for (const path of ['/v3/ai/language-model', '/v4/ai/language-model']) {
    appendFileSync('${ANSWERS}', \`\${process.pid} \${path} \${await ask(path)}\\n\`);
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
} while (process.argv[2] === 'loop');
`;

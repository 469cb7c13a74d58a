// Requests by as many connections as are asked for, each waiting for its answer: the routes in turn, round after round. Prints the
// requests per second of each route in each round.
import { Agent, get } from 'node:http';

const { url, paths, tokens, rounds, roundMs, warmUpMs, connections } = JSON.parse(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: connections });

let sent = 0;
function request(path) {
  const headers = { authorization: `Bearer ${tokens[sent++ % tokens.length]}` };
  return new Promise((resolve, reject) => {
    get(`${url}${path}`, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path} answered ${response.statusCode}`));
      response.resume().on('end', resolve).on('error', reject);
    }).on('error', reject);
  });
}

async function load(path, ms) {
  const start = performance.now();
  let count = 0;
  const caller = async () => {
    while (performance.now() - start < ms) {
      await request(path);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
  return (1000 * count) / (performance.now() - start);
}

for (const path of paths) await load(path, warmUpMs);
const rates = paths.map(() => []);
for (let round = 0; round < rounds; round += 1) {
  for (let i = 0; i < paths.length; i += 1) {
    // Another one begins each round.
    const at = (round + i) % paths.length;
    rates[at].push(await load(paths[at], roundMs));
  }
}
console.log(JSON.stringify(rates));
process.exit();

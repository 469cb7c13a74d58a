// Deliveries of Vercel Connect under load, through an issuer that goes down and comes back: none lost that was repeated, none accepted
// twice, none forged accepted.
import { fork } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { installPackage } from '../package-under-test.mjs';
import { startRedis } from '../refresh/redis-server.mjs';
import { PROJECTS, generator, startService } from './services.mjs';

const RECEIVER = fileURLToPath(new URL('receiver.mjs', import.meta.url));
const WORKERS = 24;
const OUTAGES = ['down', 'error', 'html', 'cut'];
/** An outage ends after so many responses with status 503, not after a time. */
const REFUSALS_EACH = 40;

/** Deliveries that must be refused, with the options of `deliver` that make one. */
const ATTACKS = {
  'spoilt signature': () => ({ forged: true }),
  "a stranger's key": async (issuer) => ({ token: resign(await issuer.mint()) }),
  'another audience': () => ({ claims: { aud: 'https://third-party.example' } }),
  'another environment': () => ({ environment: 'preview' }),
  expired: () => ({ mint: { expiresIn: -60 } }),
  'no token': () => ({ token: null }),
};

// Test issuers share their keys, so the stranger makes one.
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** The same header and claims, signed with the stranger's key. */
function resign(token) {
  const input = token.slice(0, token.lastIndexOf('.'));
  return `${input}.${sign('sha256', Buffer.from(input), stranger.privateKey).toString('base64url')}`;
}

/**
 * Sends `count` good deliveries, each twice at once, then once more, then with another body, and one attack for each. Resolves to a
 * report; `wrong` in it lists every result that must not be. The store is the memory of one process, or Redis for two processes.
 */
export async function deliveries({ count, store, seed = 7 }) {
  const entries = await installPackage('deliveries');
  const { testing } = await import(entries);
  const issuer = await testing.createTestIssuer();
  const connect = testing.createTestConnect({
    issuer,
    connectors: [{ uid: 'github/acme', links: [{ projectId: PROJECTS[0], environments: ['production', 'preview'] }] }],
  });
  const keys = await startService(() => ({ status: 200, type: 'application/json', body: JSON.stringify(issuer.jwks) }));
  const redis = store === 'redis' ? await startRedis() : undefined;
  const chance = generator(seed);
  const report = { store, count, processes: redis ? 2 : 1, requests: 0, outages: 0, statuses: {}, refused: {}, wrong: [] };
  const receivers = [];
  let refusals = 0;

  const startReceiver = async (index) => {
    const job = JSON.stringify({ entries, keysUrl: keys.url, redisUrl: redis?.url, seed: seed + index });
    const child = fork(RECEIVER, [job], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    receivers.push(child);
    const [url] = await once(child, 'message');
    return url;
  };

  /** Sends one attempt to any process. */
  const route = (urls) => async (request) => {
    const url = urls[Math.floor(chance() * urls.length)];
    const { status } = await fetch(url, { method: 'POST', headers: request.headers, body: await request.arrayBuffer() });
    report.requests += 1;
    report.statuses[status] = (report.statuses[status] ?? 0) + 1;
    if (keys.fault !== undefined && status === 503 && (refusals += 1) % REFUSALS_EACH === 0) keys.fault = undefined;
    return new Response(null, { status });
  };

  try {
    const urls = await Promise.all(Array.from({ length: report.processes }, (_, index) => startReceiver(index)));
    const to = route(urls);
    // For longer than Vercel Connect, so that an outage can end.
    const deliver = (delivery) => connect.deliver('github/acme', { to, attempts: 5000, delayMs: 5, ...delivery });
    const expect = (what, found, wanted) => {
      if (String(found) !== String(wanted)) report.wrong.push(`${what}: ${found}, not ${wanted}`);
    };
    const kinds = Object.keys(ATTACKS);

    let next = 0;
    const worker = async () => {
      for (let id = next++; id < count; id = next++) {
        if (id > 0 && id % Math.ceil(count / 5) === 0) {
          keys.fault = OUTAGES[report.outages % OUTAGES.length];
          report.outages += 1;
          for (const child of receivers) child.send('cold');
        }
        const kind = kinds[id % kinds.length];
        const forged = await deliver({ ...(await ATTACKS[kind](issuer)), body: { id: `forged ${id}` } });
        expect(`delivery ${id}, ${kind}`, forged.response.status, 401);
        report.refused[kind] = (report.refused[kind] ?? 0) + 1;

        const token = await issuer.mint({ jti: String(id) });
        const both = await Promise.all([deliver({ token, body: { id } }), deliver({ token, body: { id } })]);
        expect(`delivery ${id}, twice at once`, both.map(({ response }) => response.status).sort(), [202, 401]);
        const again = await deliver({ token, body: { id } });
        expect(`delivery ${id}, repeated`, again.response.status, 401);
        const rebound = await deliver({ token, body: { id: `rebound ${id}` } });
        expect(`delivery ${id}, with another body`, rebound.response.status, 401);
      }
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: WORKERS }, worker));
    report.seconds = Math.round((performance.now() - began) / 1000);

    const handled = new Map();
    for (const child of receivers) {
      const answer = once(child, 'message');
      child.send('report');
      for (const [id, times] of (await answer)[0]) handled.set(id, (handled.get(id) ?? 0) + times);
    }
    report.handled = handled.size;
    for (let id = 0; id < count; id += 1) {
      expect(`the number of times that delivery ${id} was handled`, handled.get(id) ?? 0, 1);
      handled.delete(id);
    }
    for (const id of handled.keys()) report.wrong.push(`a refused delivery was handled: ${id}`);
  } finally {
    for (const child of receivers) child.kill('SIGKILL');
    keys.stop();
    await redis?.stop();
  }
  return report;
}

// The app under mixed load while its services fail, one after the other in an order that a seed decides.
import { randomBytes } from 'node:crypto';
import { Agent, get } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createTestIssuer } from '../../../www/scripts/local.mjs';
import { shuffle } from '../../peers/chaos/run.mjs';
import { HTTP_FAULTS, generator, keyOf, startService } from '../../peers/chaos/services.mjs';
import { startRedis } from '../../peers/refresh/redis-server.mjs';
import { buildApp, startApp } from '../lib/next-app.mjs';
import { record } from './figures.mjs';
import { oracle } from './oracle.mjs';
import { KINDS, PROJECT_ID, traffic } from './traffic.mjs';

const APP = fileURLToPath(new URL('app', import.meta.url));
/** The longest time between two rotations of the issuer's keys, in seconds. */
const ROTATE_EVERY = 70;
/** The longest time between two traps, which begin the memory of a module anew and so would hide that it grows. */
const TRAP_EVERY = 110;
/** How many keys the issuer publishes. Tokens are of the newest two, so that none is in use when a key goes. */
const PUBLISHED = 3;
/** Each client sends its next request after up to so many milliseconds, so that the machine is busy, not full. */
const PAUSE_MS = 30;
const WRONG_KEPT = 20;

const now = () => performance.now();

/** Builds the app. Resolves to the folder that `soak` takes. */
export const build = () => buildApp(APP, 'soak-app');

/** Every fault: how it starts. What that returns ends it. */
const FAULTS = {
  ...Object.fromEntries([...HTTP_FAULTS, 'refused'].map((fault) => [`issuer: ${fault}`, (world) => failing(world, 'keys', fault)])),
  ...Object.fromEntries(
    [...HTTP_FAULTS, 'refused'].map((fault) => [`token service: ${fault}`, (world) => failing(world, 'tokens', fault)]),
  ),
  'store: slow or hanging'({ redis }) {
    redis().pause();
    return () => redis().resume();
  },
  async 'store: down and back, emptied'({ redis, replaceRedis }) {
    await redis().stop();
    return replaceRedis;
  },
};

/** A fault of one of the services over HTTP. */
function failing({ services, judge }, name, fault) {
  const service = services[name];
  const end = judge.fault(name, now());
  if (fault === 'refused') service.refuse();
  else service.fault = fault;
  return async () => {
    if (fault === 'refused') await service.listen();
    service.fault = undefined;
    end(now());
  };
}

/**
 * Runs the load for a number of seconds against the built app in `folder`. `onPart` gets a report of each part of `partSeconds`:
 * requests, exceptions and latencies by kind, faults, `wrong` with every response that must not be, and the state of the process.
 * Where the load is stopped, the part that has begun is lost.
 */
export async function soak({ folder, seconds, partSeconds = 60, seed, clients = 12, onPart }) {
  const chance = generator(seed);
  const faultChance = generator(seed + 1);
  const issuer = await createTestIssuer();
  const judge = oracle();
  const { next, rotated } = traffic(issuer, chance);
  const keys = await startService(() => json({ keys: issuer.jwks.keys.slice(-PUBLISHED) }));
  const tokens = await startService((_request, form) => {
    const { iss, sub } = claimsOf(form.get('subject_token'));
    const issued_token_type = 'urn:ietf:params:oauth:token-type:jwt';
    return json({
      access_token: `token-${keyOf(iss, sub, form.get('audience'))}`,
      issued_token_type,
      token_type: 'Bearer',
      expires_in: 3600,
    });
  });
  let redis = await startRedis();
  const env = {
    SOAK_KEYS_URL: keys.url,
    SOAK_TOKENS_URL: tokens.url,
    SOAK_REDIS_URL: redis.url,
    SOAK_STORE_KEY: randomBytes(32).toString('base64'),
    SOAK_PROJECT_ID: PROJECT_ID,
  };
  const app = await startApp(folder, { env, path: '/api/state', execArgv: ['--expose-gc'] });

  let part = emptyPart();
  let stopped = false;
  const wrong = (what) => {
    part.wrongCount += 1;
    if (part.wrong.length < WRONG_KEPT) part.wrong.push(what);
  };

  /** Sends a request and judges its response. */
  const send = async (agent, request) => {
    const from = now();
    const response = await fetchText(agent, app.url + request.path, request.headers).catch((error) => ({ error }));
    const to = now();
    if (stopped) return;
    const kind = (part.kinds[request.kind] ??= { requests: 0, exceptions: {}, latency: {}, slowest: 0 });
    kind.requests += 1;
    kind.slowest = Math.max(kind.slowest, to - from);
    record(kind.latency, to - from);
    const { error } = response;
    const verdict = error ? { wrong: `no response: ${error.code ?? error.message}` } : judge.judge(request, response, from, to);
    if (verdict.exception) kind.exceptions[verdict.exception] = (kind.exceptions[verdict.exception] ?? 0) + 1;
    if (verdict.wrong) wrong(`${request.kind}, ${request.path}: ${verdict.wrong}`);
  };
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped) {
      await send(agent, await next());
      await setTimeout(chance() * PAUSE_MS);
    }
    agent.destroy();
  };

  const control = new Agent({ keepAlive: true });
  const ask = async (path) => (await fetchText(control, app.url + path, {})).body;
  const trap = async (module) => {
    const end = judge.trap(now());
    const { codes } = await ask(`/api/trap?module=${module}`);
    end(now());
    if (codes.length === 0 || codes.some((code) => code !== 'ERR_INTERNAL')) wrong(`trap in ${module}: the errors were ${codes}`);
  };
  const world = {
    services: { keys, tokens },
    judge,
    redis: () => redis,
    async replaceRedis() {
      redis = await startRedis({ port: redis.port });
    },
  };

  const count = (fault) => (part.faults[fault] = (part.faults[fault] ?? 0) + 1);
  const provoke = async () => {
    let order = [];
    while (!stopped) {
      if (order.length === 0) order = shuffle(Object.keys(FAULTS), faultChance);
      const name = order.pop();
      count(name);
      const end = await FAULTS[name](world);
      await setTimeout(500 + faultChance() * 2000);
      await end();
      await setTimeout(faultChance() * 1000);
    }
  };
  /** Calls a function again and again, first after a third of that time. The process may end meanwhile. */
  const repeat = async (every, run) => {
    const ms = 1000 * Math.min(every, seconds / 2);
    const wait = (time) => setTimeout(time, undefined, { ref: false });
    for (await wait(ms / 3); !stopped; await wait(ms)) await run();
  };
  const timers = () => [
    repeat(ROTATE_EVERY, () => {
      issuer.rotate({ keepPrevious: true });
      judge.signsWith(issuer.jwks.keys.at(-1).kid, now());
      rotated();
      count('keys rotated');
    }),
    repeat(TRAP_EVERY, async () => {
      for (const module of ['verify', 'credentials']) {
        count(`trap in ${module}`);
        await trap(module);
      }
    }),
  ];

  try {
    const begin = { at: new Date().toISOString(), state: await ask('/api/state') };
    // Each kind once while nothing fails, so that each is seen to get its own response.
    for (const kind of KINDS) await send(control, await next(kind));
    const working = Array.from({ length: clients }, client);
    working.push(provoke());
    // Not awaited: they wait for long.
    for (const timer of timers()) timer.catch((error) => wrong(error.message));
    for (let passed = 0; passed < seconds; passed += partSeconds) {
      const partLength = Math.min(partSeconds, seconds - passed);
      await Promise.race([setTimeout(1000 * partLength), Promise.all(working)]);
      const state = await ask('/api/state');
      const finished = part;
      part = emptyPart();
      await onPart({ begin, seconds: partLength, clients, ...finished, state });
    }
    stopped = true;
    await Promise.all(working);
  } finally {
    stopped = true;
    await app.stop();
    control.destroy();
    for (const service of [keys, tokens]) service.stop();
    await redis.stop();
  }
}

const emptyPart = () => ({ kinds: {}, faults: {}, wrong: [], wrongCount: 0 });
const json = (value) => ({ status: 200, type: 'application/json', body: JSON.stringify(value) });
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());

/** The response with its body as text, and as JSON where it is. */
function fetchText(agent, url, headers) {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers, timeout: 30_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (data) => (text += data));
      response.on('error', reject);
      response.on('end', () => {
        let body;
        try {
          body = JSON.parse(text);
        } catch {}
        resolve({ status: response.statusCode, text: JSON.stringify(response.headers) + text, body });
      });
    })
      .on('timeout', function () {
        this.destroy(new Error('no response in 30 s'));
      })
      .on('error', reject);
  });
}

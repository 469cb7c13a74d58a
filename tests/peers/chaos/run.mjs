// Faults on a schedule that a seed decides, against processes under load; then everything must come back by itself.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackage } from '../package-under-test.mjs';
import { HTTP_FAULTS, generator, startServices } from './services.mjs';

const LOAD = fileURLToPath(new URL('load.mjs', import.meta.url));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Every provocation: what it is called in the report, and how it starts and ends. */
const FAULTS = {
  ...Object.fromEntries(HTTP_FAULTS.map((fault) => [`issuer ${fault}`, http('keys', fault)])),
  ...Object.fromEntries([...HTTP_FAULTS, 'quote'].map((fault) => [`token service ${fault}`, http('tokens', fault)])),
  'keys rotated': {
    start(world) {
      world.services.issuers.forEach((issuer) => issuer.rotate({ keepPrevious: true }));
      world.tellAll('rotated');
    },
  },
  'Redis hangs': { start: ({ services }) => services.redis().pause(), end: ({ services }) => services.redis().resume() },
  'Redis killed and started again': { start: ({ services }) => services.restartRedis() },
  'process killed and started again': { start: (world) => world.replaceProcess() },
  'module verify traps': { start: (world) => world.tell('trapVerify') },
  'module credentials traps': { start: (world) => world.tell('trapCredentials') },
  'clock 240 s ahead, and back': { start: (world) => world.tell('clockAhead'), end: (world) => world.tellAll('clockBack') },
};

function http(service, fault) {
  return {
    start: ({ services }) => (services[service].fault = fault),
    end: ({ services }) => {
      if (services[service].fault === fault) services[service].fault = undefined;
    },
  };
}

/**
 * Runs the load for a number of seconds with faults, then without until every operation succeeds. Resolves to the report; `wrong` in
 * it lists every result that must not be.
 */
export async function chaos({ seconds, seed, processes = 2, callers = 12, log = () => {} }) {
  const entries = await installPackage('chaos');
  const { testing } = await import(entries);
  const services = await startServices(testing.createTestIssuer);
  const dist = join(dirname(fileURLToPath(entries)), 'node_modules/countersign/dist');
  const { keysUrl, tokensUrl, controlUrl, redisUrl } = services;
  const job = JSON.stringify({
    entries,
    dist,
    keysUrl,
    tokensUrl,
    controlUrl,
    redisUrl,
    callers,
    sharedKey: randomBytes(32).toString('base64'),
  });

  const random = generator(seed);
  const report = { seed, seconds, faults: {}, operations: {}, wrong: [], samples: [] };
  const running = [];
  const startProcess = async () => {
    const child = fork(LOAD, [job], { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await once(child, 'message');
    child.on('exit', (code) => code !== null && report.wrong.push({ what: 'a process ended by itself', detail: String(code) }));
    return child;
  };
  const ask = async (child) => {
    const answer = once(child, 'message');
    child.send('report');
    return (await answer)[0];
  };
  const take = ({ tallies, wrong }) => {
    for (const [operation, counts] of Object.entries(tallies)) {
      const sum = (report.operations[operation] ??= {});
      for (const [result, count] of Object.entries(counts)) sum[result] = (sum[result] ?? 0) + count;
    }
    report.wrong.push(...wrong);
  };
  const world = {
    services,
    tellAll: (command) => running.forEach((child) => child.send(command)),
    tell: (command) => running[Math.floor(random() * running.length)].send(command),
    async replaceProcess() {
      const index = Math.floor(random() * running.length);
      const [child] = running.splice(index, 1, undefined);
      take(await ask(child));
      child.kill('SIGKILL');
      running[index] = await startProcess();
    },
  };

  try {
    for (let index = 0; index < processes; index++) running.push(await startProcess());
    const names = Object.keys(FAULTS);
    // Each once in a shuffled order, then again: a short run has the beginning of that.
    let order = [];
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      if (order.length === 0) order = shuffle(names, random);
      const name = order.pop();
      const fault = FAULTS[name];
      report.faults[name] = (report.faults[name] ?? 0) + 1;
      log(name);
      await fault.start(world);
      await sleep(300 + random() * 1500);
      await fault.end?.(world);
      await sleep(random() * 400);
      if (Object.values(report.faults).reduce((sum, count) => sum + count, 0) % 20 === 0)
        report.samples.push(...(await Promise.all(running.map(ask))).map(sample));
    }
    report.recoverySeconds = await recover(running, ask).catch((error) => void report.wrong.push({ what: error.message, detail: '' }));
    for (const child of running) {
      const last = await ask(child);
      report.samples.push(sample(last));
      take(last);
    }
    report.requests = { keys: services.keys.requests, tokens: services.tokens.requests };
  } finally {
    for (const child of running) {
      child?.removeAllListeners('exit');
      child?.kill('SIGKILL');
    }
    await services.stop();
  }
  return report;
}

/** The seconds until three in a row had no failed operation. Rejects where that takes more than 90. */
async function recover(running, ask) {
  const start = Date.now();
  for (const child of running) child.send('settle');
  let quiet = 0;
  let left = [];
  while (Date.now() - start < 90_000) {
    await sleep(1000);
    const failures = (await Promise.all(running.map(ask))).flatMap(({ tallies }) => Object.keys(tallies.settling ?? {}));
    const failed = failures.some((name) => !name.startsWith('refuse '));
    left = failures;
    quiet = failed ? 0 : quiet + 1;
    if (quiet === 3) return Math.round((Date.now() - start) / 1000) - 3;
  }
  throw new Error(`operations still failed 90 s after the last fault: ${left}`);
}

const sample = ({ memory, heap, resources, latency, eventLoop }) => ({
  memoryMiB: Math.round(memory / 2 ** 20),
  heapMiB: Math.round(heap / 2 ** 20),
  resources,
  p50: latency.p50 && Number(latency.p50.toFixed(1)),
  p99: latency.p99 && Number(latency.p99.toFixed(1)),
  eventLoopP99: Number(eventLoop.toFixed(1)),
});

/** The list in an order that `random` decides. */
export function shuffle(list, random) {
  const copy = [...list];
  for (let index = copy.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [copy[index], copy[other]] = [copy[other], copy[index]];
  }
  return copy;
}

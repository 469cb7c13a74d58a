// One process under load: verifies, guards, exchanges, shares and relays for many identities at once, and judges every result.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { inspect } from 'node:util';
import { createClient } from 'redis';
import { PROJECTS, TEAMS, keyOf, ownerOf } from './services.mjs';

const { entries, dist, keysUrl, tokensUrl, controlUrl, redisUrl, sharedKey, callers } = JSON.parse(process.argv[2]);
const { countersign, aws, exchange, guard, refresh } = await import(entries);
const { verifyModule } = await import(`${dist}/verify/module.js`);
const { credentialsModule } = await import(`${dist}/credentials/module.js`);

const CLIENT_SECRET = 'chaos-client-secret-0123456789';
const ENVIRONMENTS = ['production', 'preview'];
const pick = (list) => list[Math.floor(Math.random() * list.length)];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const client = createClient({ url: redisUrl, disableOfflineQueue: true, socket: { connectTimeout: 1000, reconnectStrategy: 100 } });
client.on('error', () => {});
await client.connect();
const store = exchange.redisStore(client);
// More than the default of 0.25 s: on a busy machine an event loop alone takes as long.
const storeTimeout = 2;
const shared = exchange.shareCredentials(store, sharedKey, { storeTimeout });

/** A verifier, a guard and a relay of each team's first project in production. */
const services = new Map(
  TEAMS.map((team) => {
    const options = { team, projectId: PROJECTS[0], environment: 'production' };
    const verifier = countersign.createVercelVerifier({
      ...options,
      jwks: keysUrl + team,
      jwksStore: countersign.authenticatedStore(store, sharedKey),
      storeTimeout,
    });
    const relay = refresh.createTokenRelay({
      ...options,
      ownerId: ownerOf(team),
      jwks: keysUrl + team,
      store,
      key: sharedKey,
      storeTimeout,
    });
    return [team, { verifier, guard: guard.createGuard(verifier), relay }];
  }),
);

const tallies = {};
const latencies = [];
const wrong = [];
let settling = false;
let rotatedAt = -Infinity;

/**
 * These issuers use a new key at once, and strangers ask for unknown keys all the time. One look-up in 5 s is made for them
 * (docs/limits.md), so a token of the new key may be refused for as long.
 */
const lookupIsDue = () => performance.now() - rotatedAt > 10_000;

/** Tokens by identity, minted anew now and then: what a deployment is handed. */
const minted = new Map();
async function mint(team, project, environment, expiresIn = 3600) {
  const name = `${team} ${project} ${environment} ${expiresIn}`;
  const known = minted.get(name);
  if (known && Math.random() < 0.95) return known;
  const response = await fetch(`${controlUrl}?${new URLSearchParams({ team, project, environment, expiresIn })}`);
  const token = await response.text();
  minted.set(name, token);
  return token;
}

function complain(what, detail) {
  if (wrong.length < 20) wrong.push({ what, detail: inspect(detail, { depth: 3 }).slice(0, 2000) });
}

/** Every printing of an error: none may hold what was sent. */
function judgeError(operation, error, secrets) {
  const code = error?.code ?? error?.name;
  tally(operation, String(code));
  if (!(error instanceof countersign.CountersignError)) complain(`${operation}: an error of another class`, error);
  const texts = [inspect(error, { depth: 8, showHidden: true }), JSON.stringify(error), String(error?.stack)];
  for (const secret of secrets) if (texts.some((text) => text.includes(secret))) complain(`${operation}: a secret in an error`, code);
  if (settling) tally('settling', `${operation} ${code} ${error?.causes?.[0]?.reason ?? ''}`);
}

function tally(operation, result) {
  const counts = (tallies[operation] ??= {});
  counts[result] = (counts[result] ?? 0) + 1;
}

/** A good token may meet an outage, and nothing else; a bad one is never accepted. */
const OPERATIONS = {
  async verify() {
    const team = pick(TEAMS);
    const token = await mint(team, PROJECTS[0], 'production');
    try {
      const { claims } = await services.get(team).verifier.verify(token);
      if (claims.owner !== team) complain('verify: claims of another team', claims);
      tally('verify', 'accepted');
    } catch (error) {
      judgeError('verify', error, [signatureOf(token)]);
      if (error.retryable !== true && (error.code !== 'ERR_JWKS_NO_MATCHING_KEY' || lookupIsDue()))
        complain('verify: a good token was refused', error);
    }
  },
  async refuse() {
    const team = pick(TEAMS);
    const other = TEAMS.find((name) => name !== team);
    const good = await mint(team, PROJECTS[0], 'production');
    const token = await pick([
      () => mint(team, PROJECTS[1], 'production'),
      () => mint(team, PROJECTS[0], 'preview'),
      () => mint(other, PROJECTS[0], 'production'),
      () => mint(team, PROJECTS[0], 'production', -60),
      () => `${good.slice(0, -8)}AAAAAAAA`,
      () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`,
      () => good.replace(/^[^.]+/, Buffer.from('{"alg":"RS256","kid":"unknown"}').toString('base64url')),
    ])();
    try {
      await services.get(team).verifier.verify(token);
      complain('refuse: a bad token was accepted', token.split('.').slice(0, 2));
    } catch (error) {
      judgeError(
        'refuse',
        error,
        [signatureOf(token)].filter((text) => text.length > 8),
      );
    }
    const { token: passed } = await services
      .get(team)
      .guard.check(new Request('https://app.example/', { headers: { authorization: `Bearer ${token}` } }));
    if (passed) complain('refuse: a bad token passed the guard', passed.claims);
  },
  async guard() {
    const team = pick(TEAMS);
    const token = await mint(team, PROJECTS[0], 'production');
    const { token: passed, response } = await services
      .get(team)
      .guard.check(new Request('https://app.example/', { headers: { authorization: `Bearer ${token}` } }));
    tally('guard', passed ? 'passed' : String(response.status));
    if (!passed && response.status !== 503 && lookupIsDue()) complain('guard: a good token was answered with', response.status);
    if (!passed && settling) tally('settling', `guard ${response.status}`);
  },
  async aws() {
    const [team, project, environment] = [pick(TEAMS), pick(PROJECTS), pick(ENVIRONMENTS)];
    const token = await mint(team, project, environment);
    const roleArn = `arn:aws:iam::123456789012:role/live-${pick([2, 30, 3600])}`;
    try {
      const credentials = await aws.awsCredentialsProvider({ roleArn, endpoint: tokensUrl, token, shared })();
      const expected = `ASIA${keyOf(`https://oidc.vercel.com/${team}`, `owner:${team}:project:${project}:environment:${environment}`, roleArn)}`;
      if (credentials.accessKeyId !== expected) complain('aws: the keys of another identity', [expected, credentials.accessKeyId]);
      if (credentials.expiration.getTime() <= Date.now()) complain('aws: expired keys', credentials.expiration);
      tally('aws', 'keys');
    } catch (error) {
      judgeError('aws', error, [signatureOf(token)]);
    }
  },
  async exchange() {
    const [team, project, environment] = [pick(TEAMS), pick(PROJECTS), pick(ENVIRONMENTS)];
    const token = await mint(team, project, environment);
    const audience = pick(['billing', 'search']);
    try {
      const { value } = await exchange.exchangeToken({
        url: tokensUrl,
        token,
        audience,
        clientId: 'chaos',
        clientSecret: CLIENT_SECRET,
        shared,
      });
      const expected = `token-${keyOf(`https://oidc.vercel.com/${team}`, `owner:${team}:project:${project}:environment:${environment}`, audience)}`;
      if (value !== expected) complain('exchange: the token of another identity', [expected, value]);
      tally('exchange', 'token');
    } catch (error) {
      judgeError('exchange', error, [signatureOf(token), CLIENT_SECRET]);
    }
  },
  async relay() {
    const team = pick(TEAMS);
    const { relay } = services.get(team);
    const token = await mint(team, PROJECTS[0], 'production');
    const result = await refresh.publishToken(relay, new Request('https://app.example/', { headers: { 'x-vercel-oidc-token': token } }));
    tally('publish', result.status === 'failed' ? result.error.code : result.status);
    try {
      const { value, source } = await countersign.getBearerToken({ relay, env: {}, request: new Headers(), refresh: false });
      if (source !== 'shared' || claimsOf(value).owner !== team) complain('relay: the token of another team', [source, claimsOf(value)]);
      tally('relay', 'token');
    } catch (error) {
      judgeError('relay', error, [signatureOf(token)]);
    }
  },
};

const signatureOf = (token) => token.slice(token.lastIndexOf('.') + 1);
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());

/** A clock that jumps forward and back. */
const trueNow = Date.now;
let offset = 0;
Date.now = () => trueNow() + offset;

const COMMANDS = {
  // Asks for more memory than there is, which aborts the module.
  trapVerify: () => verifyModule.call((wasm) => wasm.buffer(0xffff_fff0)),
  trapCredentials: () => credentialsModule.call((wasm) => wasm.complete_operation(0, 200, [], { length: 0xffff_fff0 }, 0)),
  clockAhead: () => (offset = 240_000),
  clockBack: () => (offset = 0),
  rotated: () => (rotatedAt = performance.now()),
  settle: () => (settling = true),
  report() {
    latencies.sort((a, b) => a - b);
    const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
    process.send({
      tallies,
      wrong,
      memory: process.memoryUsage.rss(),
      heap: process.memoryUsage().heapUsed,
      resources: process.getActiveResourcesInfo().length,
      latency: { p50: at(0.5), p99: at(0.99), most: at(1), count: latencies.length },
      eventLoop: delay.percentile(99) / 1e6,
    });
    latencies.length = 0;
    delete tallies.settling;
    globalThis.gc?.();
  },
};
process.on('message', (command) => {
  const { error } = console;
  // A panic is written to the console, and a provoked one is of no interest.
  if (command.startsWith('trap')) console.error = () => {};
  try {
    COMMANDS[command]();
  } catch {
    // It is thrown to its caller, which is here.
  } finally {
    console.error = error;
  }
});

const delay = monitorEventLoopDelay();
delay.enable();
const names = Object.keys(OPERATIONS);
for (let index = 0; index < callers; index++) {
  (async () => {
    for (;;) {
      const name = pick(names);
      const start = performance.now();
      await OPERATIONS[name]().catch((error) => {
        // Control is not part of the trial: a process that is stopped loses it.
        if (error?.cause?.code !== 'ECONNREFUSED') complain(`${name}: threw`, error);
      });
      latencies.push(performance.now() - start);
      await sleep(5 + Math.random() * 20);
    }
  })();
}
process.send('ready');

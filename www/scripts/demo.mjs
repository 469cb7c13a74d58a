// The main job, shown: a test issuer signs tokens, the app's guarded routes take them or refuse them, and say why.
//   node scripts/demo.mjs [--once]

import { startAgents } from './agents.mjs';
import { createTestIssuer, PROJECT_ID, startApp } from './local.mjs';

const ROUTES = [
  ['/api/node', 'Node.js route'],
  ['/api/edge', 'Edge route'],
  ['/protected', 'proxy'],
];

const issuer = await createTestIssuer();
const keys = await issuer.listen();
const agents = await startAgents(issuer, ['agent-1', 'agent-2']);
const fresh = await issuer.mint();
const app = await startApp(
  {
    COUNTERSIGN_TEAM: 'acme',
    COUNTERSIGN_PROJECT_ID: PROJECT_ID,
    COUNTERSIGN_ENVIRONMENT: 'production',
    COUNTERSIGN_JWKS_URL: keys.jwksUrl,
    VERCEL_OIDC_TOKEN: fresh,
    CRON_SECRET: 'demo',
    COUNTERSIGN_SANDBOXES: 'agent-1,agent-2',
    COUNTERSIGN_SANDBOX_API: agents.api.url,
  },
  3000,
);
const stop = async () => {
  await Promise.all([app.stop(), keys.close(), agents.stop()]);
};

const tokens = [
  ['a good token', await issuer.mint()],
  ['an expired token', await issuer.mint({}, { expiresIn: -60 })],
  ['a wrong project', await issuer.mint({ project_id: 'prj_another' })],
  ['no token', undefined],
];
const expected = [200, 401, 401, 401];
let surprises = 0;

console.log(`\nissuer ${issuer.issuer}, its keys at ${keys.jwksUrl}`);
console.log(`app    ${app.url}, which accepts project ${PROJECT_ID} in production\n`);
row('route', 'called with', 'status', 'why');
row('-----', '-----------', '------', '---');
for (const [path, kind] of ROUTES) {
  for (const [index, [name, token]] of tokens.entries()) {
    const response = await fetch(app.url + path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
    if (response.status !== expected[index]) surprises += 1;
    row(`${path} (${kind})`, name, response.status, await reason(response));
  }
}
const health = await (await fetch(`${app.url}/api/health`)).json();
row('/api/health', 'anyone', 200, `credential in use: ${health.credentials.selected}`);
for (const [caller, secret, status] of [['a stranger', 'guess', 401], ['the cron job', 'demo', 200], ['it again', 'demo', 200]]) {
  const response = await fetch(`${app.url}/api/cron/refresh`, { headers: { authorization: `Bearer ${secret}` } });
  if (response.status !== status) surprises += 1;
  const { error, refreshed, skipped } = await response.json();
  row('/api/cron/refresh', caller, response.status, error ?? `${refreshed} sandboxes have a fresh token, ${skipped.fresh} had one`);
}
if ((await agents.seen('agent-1', 2))[1] !== fresh) surprises += 1;
console.log();

if (surprises > 0) {
  console.error(`${surprises} answers are not the expected ones`);
  await stop();
  process.exit(1);
}
if (process.argv.includes('--once')) {
  await stop();
} else {
  console.log(`The claim inspector is at ${app.url} until you press Ctrl-C. A token to paste, good for an hour:\n\n${await issuer.mint()}\n`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop().then(() => process.exit(0)));
}

function row(route, called, status, why) {
  console.log(`${route.padEnd(26)} ${called.padEnd(17)} ${String(status).padEnd(6)} ${why}`);
}

async function reason(response) {
  if (response.ok) return 'accepted';
  const { code, error_description: description } = await response.json();
  return code ? `${code}: ${description}` : description;
}

// The main job, shown: a test issuer signs tokens, the app's guarded routes take them or refuse them, and say why.
//   node scripts/demo.mjs [--once]

import { startGateway } from './gateway.mjs';
import { createTestIssuer, createVercelVerifier, PROJECT_ID, startApp } from './local.mjs';

const ROUTES = [
  ['/api/node', 'Node.js route'],
  ['/api/edge', 'Edge route'],
  ['/protected', 'proxy'],
];

const issuer = await createTestIssuer();
const keys = await issuer.listen();
// It lets in what the gateway would: this app calls it with its own identity, and no secret is configured anywhere.
const gateway = await startGateway({
  verifier: createVercelVerifier({ team: 'acme', projectId: PROJECT_ID, environment: 'production', jwks: keys.jwksUrl }),
});
const app = await startApp(
  {
    COUNTERSIGN_TEAM: 'acme',
    COUNTERSIGN_PROJECT_ID: PROJECT_ID,
    COUNTERSIGN_ENVIRONMENT: 'production',
    COUNTERSIGN_JWKS_URL: keys.jwksUrl,
    COUNTERSIGN_GATEWAY_URL: gateway.baseURL,
    VERCEL_OIDC_TOKEN: await issuer.mint(),
  },
  3000,
);
const stop = async () => {
  await Promise.all([app.stop(), keys.close(), gateway.close()]);
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
const spoken = await fetch(`${app.url}/api/gateway`, { method: 'POST', body: 'hello', headers: { authorization: `Bearer ${tokens[0][1]}` } });
const { text } = await spoken.json();
const [call] = gateway.requests;
if (text !== 'hello' || call?.authMethod !== 'oidc') surprises += 1;
row('/api/gateway (AI Gateway)', 'a good token', spoken.status, `"${text}", asked as ${call?.caller}`);
const health = await (await fetch(`${app.url}/api/health`)).json();
row('/api/health', 'anyone', 200, `credential in use: ${health.credentials.selected}`);
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

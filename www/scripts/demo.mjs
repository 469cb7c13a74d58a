// The main job, shown: a test issuer signs tokens, and the app takes them, refuses them or trades them, and says why. Each part starts
// what stands in for others' services, says what the app must know of it, and shows what comes of it.
//   node scripts/demo.mjs [--once]

import { cloud } from './demo/cloud.mjs';
import { connect } from './demo/connect.mjs';
import { gateway } from './demo/gateway.mjs';
import { refresh } from './demo/refresh.mjs';
import { relay } from './demo/relay.mjs';
import { routes } from './demo/routes.mjs';
import { startRedis } from '../../tests/peers/refresh/redis-server.mjs';
import { createTestIssuer, PROJECT_ID, startApp } from './local.mjs';

const PARTS = [routes, cloud, connect, gateway, relay, refresh];

const issuer = await createTestIssuer();
const keys = await issuer.listen();
const redis = await startRedis();
const setting = { issuer, keys, redis, token: await issuer.mint() };
const parts = [];
for (const start of PARTS) parts.push(await start(setting));
const app = await startApp(
  {
    COUNTERSIGN_TEAM: 'acme',
    COUNTERSIGN_PROJECT_ID: PROJECT_ID,
    COUNTERSIGN_ENVIRONMENT: 'production',
    COUNTERSIGN_JWKS_URL: keys.jwksUrl,
    REDIS_URL: redis.url,
    VERCEL_OIDC_TOKEN: setting.token,
    ...Object.assign({}, ...parts.map(({ env }) => env)),
  },
  3000,
);
const stop = async () => {
  await Promise.all([app.stop(), keys.close(), redis.stop(), ...parts.map((part) => part.stop?.())]);
};

let surprises = 0;
const show = {
  url: app.url,
  row(route, called, status, why) {
    console.log(`${route.padEnd(28)} ${called.padEnd(18)} ${String(status).padEnd(6)} ${why}`);
  },
  /** Calls the app, with a bearer token unless it is undefined. */
  call: (path, token, init = {}) =>
    fetch(app.url + path, { ...init, headers: { ...init.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) } }),
  expect(as) {
    if (!as) surprises += 1;
  },
};

console.log(`\nissuer ${issuer.issuer}, its keys at ${keys.jwksUrl}`);
console.log(`app    ${app.url}, which accepts project ${PROJECT_ID} in production\n`);
show.row('route', 'called with', 'status', 'why');
show.row('-----', '-----------', '------', '---');
for (const part of parts) await part.show(show);
console.log();

if (surprises > 0) {
  console.error(`${surprises} answers are not the expected ones`);
  await stop();
  process.exit(1);
}
if (process.argv.includes('--once')) {
  await stop();
} else {
  console.log(
    `The claim inspector is at ${app.url} until you press Ctrl-C. A token to paste, good for an hour:\n\n${await issuer.mint()}\n`,
  );
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop().then(() => process.exit(0)));
}

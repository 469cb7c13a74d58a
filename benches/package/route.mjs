// A guarded route of Next.js beside the same route unguarded, under load from another process. The app is in route/.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from '../../tests/js/runtimes/command.mjs';
import { buildApp, startApp } from '../../tests/www/lib/next-app.mjs';
import { spread } from './measure.mjs';
import { AUDIENCE, ISSUER, subject } from './tokens.mjs';

const here = fileURLToPath(new URL('route', import.meta.url));

/** The least share of its requests per second that a guarded route must keep. */
const TARGET = 0.97;

/** Of the app in route/, the unguarded one first. */
export const ROUTES = [
  { path: '/open', name: 'the same route unguarded' },
  { path: '/guarded', name: 'guarded Next.js route' },
  { path: '/uncached', name: 'guarded Next.js route, no token remembered' },
];

/** Tokens of so many callers in turn. */
const CALLERS = 64;
/** Short and many: what else the machine does seldom hits a whole round and spares its neighbours. */
const ROUNDS = 120;
const ROUND_MS = 300;
const WARM_UP_MS = 5000;
const CONNECTIONS = 16;

export async function route(claims, progress) {
  const { alg, jwk, tokens } = subject('RS256 2048', claims, CALLERS);
  const verifier = { issuer: ISSUER, audience: AUDIENCE, algorithms: [alg], jwks: { keys: [jwk] } };
  const env = { ROUTE_VERIFIER: JSON.stringify(verifier) };
  progress('route: next build');
  const built = await buildApp(here, 'bench-route', env);
  const app = await startApp(built, { env, path: ROUTES[0].path });
  try {
    const work = {
      url: app.url,
      paths: ROUTES.map(({ path }) => path),
      tokens,
      rounds: ROUNDS,
      roundMs: ROUND_MS,
      warmUpMs: WARM_UP_MS,
      connections: CONNECTIONS,
    };
    progress(`route: ${ROUNDS} rounds of ${ROUTES.length} routes`);
    const found = JSON.parse(await command(process.execPath, [join(here, 'load.mjs'), JSON.stringify(work)], { timeout: 600_000 }));
    return rowsOf(found);
  } finally {
    await app.stop();
  }
}

/** `found` holds the requests per second of each route in each round. */
export function rowsOf(found) {
  const [open] = found;
  return found.map((rates, i) => {
    const row = { name: ROUTES[i].name, rounds: rates.length, ...spread(rates) };
    if (i === 0) return row;
    // In each round, so that a machine that is slower for a while slows both sides.
    const ratios = rates.map((rate, round) => rate / open[round]).sort((a, b) => a - b);
    const at = (share) => ratios[Math.floor(share * (ratios.length - 1))];
    return { ...row, ratio: at(1 / 2), ratioQuarter: at(1 / 4), ratioThreeQuarters: at(3 / 4), target: TARGET };
  });
}

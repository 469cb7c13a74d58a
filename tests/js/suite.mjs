// The suite: every case runs, from the packed tarball, in every runtime that the package supports.
// README.md says how to add one.

import { cases as attacks } from './cases/attacks.mjs';
import { cases as cache } from './cases/cache.mjs';
import { cases as captured } from './cases/captured.mjs';
import { cases as chain } from './cases/chain.mjs';
import { cases as claims } from './cases/claims.mjs';
import { cases as clouds } from './cases/clouds.mjs';
import { cases as connect } from './cases/connect.mjs';
import { cases as connectDeliveries } from './cases/connect-deliveries.mjs';
import { cases as connectEntries } from './cases/connect-entries.mjs';
import { cases as connectService } from './cases/connect-service.mjs';
import { cases as credentialsEdges } from './cases/credentials-edges.mjs';
import { cases as decode } from './cases/decode.mjs';
import { cases as differential } from './cases/differential.mjs';
import { cases as events } from './cases/events.mjs';
import { cases as exchange } from './cases/exchange.mjs';
import { cases as explain } from './cases/explain.mjs';
import { cases as federation } from './cases/federation.mjs';
import { cases as gateway } from './cases/gateway.mjs';
import { cases as guard } from './cases/guard.mjs';
import { cases as guardEdges } from './cases/guard-edges.mjs';
import { cases as infra } from './cases/infra.mjs';
import { cases as inspect } from './cases/inspect.mjs';
import { cases as issuers } from './cases/issuers.mjs';
import { cases as keys } from './cases/keys.mjs';
import { cases as leases } from './cases/leases.mjs';
import { cases as loading } from './cases/loading.mjs';
import { cases as next } from './cases/next.mjs';
import { cases as options } from './cases/options.mjs';
import { cases as pem } from './cases/pem.mjs';
import { cases as policies } from './cases/policies.mjs';
import { cases as refresh } from './cases/refresh.mjs';
import { cases as relay } from './cases/relay.mjs';
import { cases as schedule } from './cases/schedule.mjs';
import { cases as secrets } from './cases/secrets.mjs';
import { cases as timing } from './cases/timing.mjs';
import { cases as vercelOidc } from './cases/vercel-oidc.mjs';
import { cases as verify } from './cases/verify.mjs';
import { cases as verifyEdges } from './cases/verify-edges.mjs';
import { cases as verifySources } from './cases/verify-sources.mjs';

/** @typedef {{name: string, run(env: import('./harness.mjs').Env): unknown}} Case */

/** @type {Case[]} */
export const cases = [
  ...loading,
  ...options,
  ...decode,
  ...verify,
  ...attacks,
  ...differential,
  ...verifyEdges,
  ...verifySources,
  ...claims,
  ...issuers,
  ...keys,
  ...pem,
  ...cache,
  ...chain,
  ...captured,
  ...gateway,
  ...credentialsEdges,
  ...vercelOidc,
  ...exchange,
  ...clouds,
  ...events,
  ...federation,
  ...guard,
  ...guardEdges,
  ...next,
  ...connect,
  ...connectDeliveries,
  ...connectEntries,
  ...connectService,
  ...explain,
  ...infra,
  ...inspect,
  ...refresh,
  ...leases,
  ...timing,
  ...policies,
  ...relay,
  ...schedule,
  ...secrets,
];

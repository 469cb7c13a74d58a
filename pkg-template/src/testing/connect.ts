// A Connect service for tests and local development: the wire of Vercel Connect, with connectors that the caller makes up.

import { invalidOption } from '../core/errors.js';
import { assertKnown, ownOptions } from '../core/options.js';
import type { TestIssuer } from '../testing.js';
import type { VercelClaims } from '../verify/types.js';
import { verifyModule } from '../verify/module.js';
import { type Verifier, createVercelVerifier } from '../verify/verifier.js';
import { type TestConnector, readConnectors } from './connect/connectors.js';
import { type TestDelivery, type TestDeliveryResult, deliver } from './connect/deliver.js';
import { type TestConnectFault, undergo } from './connect/faults.js';
import type { TestConnectToken } from './connect/ledger.js';
import { type Identify, Service } from './connect/service.js';
import { TEAM_ID } from './names.js';
import { type LocalServer, serve } from './serve.js';

/** Options of {@link createTestConnect}. Unknown members are refused. */
export interface TestConnectOptions {
  /** Whose tokens callers present: one of `https://oidc.vercel.com/<team>`. */
  issuer?: TestIssuer;
  /** The id of that issuer's team. Default: that of the tokens which the test issuer mints. */
  ownerId?: string;
  /** Verifies callers in its place: for your team's real development tokens, or those of another issuer. */
  verifier?: Verifier<VercelClaims>;
  connectors: TestConnector[];
  /** How long a provider token lives, in seconds. Default: 3600. */
  tokenLifetime?: number;
  /** An access token of Vercel that may manage the connectors. Default: none may. */
  accessToken?: string;
}

/** A connector as the service keeps it. */
export type TestConnectorState = Readonly<
  Pick<Required<TestConnector>, 'uid' | 'id' | 'type' | 'name' | 'service' | 'links' | 'triggers' | 'triggerDestinations'>
>;

/** A Connect service for tests and local development. */
export interface TestConnect {
  /**
   * Answers for `https://api.vercel.com`, its regions and `https://connect.vercel.com`, and for the keys that deliveries are verified
   * with. Rejects for every other URL, as a closed network does.
   */
  readonly fetch: typeof fetch;
  /** Serves the same over HTTP on 127.0.0.1, on a free port unless one is given. Needs Node.js 20.16, Deno or Bun. */
  listen(port?: number): Promise<LocalServer>;
  /** How many provider tokens it has issued, each of which Vercel would have billed. */
  readonly billed: number;
  /** The provider tokens that are live. */
  readonly tokens: readonly TestConnectToken[];
  /** The introspection response of a token (RFC 7662); undefined where it is not active. */
  introspect(token: string): TestConnectToken | undefined;
  /**
   * Delivers to a route what a trigger of this connector would send, with a token of the issuer. Rejects with `ERR_INVALID_OPTION`
   * where there is no such connector, or the service has a `verifier` in place of an `issuer`.
   */
  deliver(connector: string, delivery: TestDelivery): Promise<TestDeliveryResult>;
  /** The connectors with their links and trigger destinations, as they are now. */
  readonly connectors: readonly TestConnectorState[];
  /** Lets the next requests go wrong, one for each fault. */
  fail(...faults: TestConnectFault[]): void;
}

/**
 * Makes a Connect service: it verifies who is calling, checks that the project is linked to the connector and the link is
 * enabled for the environment, issues short-lived tokens and revokes them. No provider is behind it.
 *
 * Opening the `url` of an authorization or an installation, or the address of a sign-in, is consent. The webhooks of those are never
 * called; `deliver` sends those of triggers. Throws `ERR_INVALID_OPTION`.
 */
export function createTestConnect(options: TestConnectOptions): TestConnect {
  const own = ownOptions(options);
  assertKnown(verifyModule, own, ['issuer', 'ownerId', 'verifier', 'connectors', 'tokenLifetime', 'accessToken']);
  const { issuer, ownerId = TEAM_ID, verifier, connectors, tokenLifetime = 3600, accessToken } = own;
  if (!issuer === !verifier) throw invalidOption('issuer', 'is required, or `verifier` in its place');
  if (!(tokenLifetime > 0)) throw invalidOption('tokenLifetime', 'must be a number of seconds above zero');
  if (accessToken !== undefined && (typeof accessToken !== 'string' || accessToken === ''))
    throw invalidOption('accessToken', 'must be a string that is not empty');
  const identify: Identify = verifier ? (token) => verifier.verify(token) : identifier(issuer as TestIssuer, ownerId);
  const known = readConnectors(connectors);
  const access = accessToken === undefined ? undefined : { accessToken, teamId: ownerId, slug: issuer && teamOf(issuer) };
  const service = new Service(identify, known, tokenLifetime * 1000, access);
  const faults: TestConnectFault[] = [];
  const answer = (request: Request) => undergo(faults.shift(), request, () => service.answer(request));

  return {
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const { origin } = new URL(request.url);
      if (issuer && request.url === JWKS_URL) return undergo(faults.shift(), request, async () => Response.json(issuer.jwks));
      if (!/^https:\/\/(api(-[a-z]{3}\d)?|connect)\.vercel\.com$/.test(origin))
        throw new TypeError(`the test service does not serve ${origin}`);
      return answer(request);
    },
    listen: (port) => serve(answer, port),
    get billed() {
      return service.ledger.issued;
    },
    get tokens() {
      return service.ledger.live();
    },
    introspect: (token) => service.ledger.live().find((live) => live.token === token),
    async deliver(name, delivery) {
      if (!issuer) throw invalidOption('verifier', 'mints no tokens; deliveries need an `issuer`');
      const connector = known.find(({ uid, id }) => uid === name || id === name);
      if (!connector) throw invalidOption('connector', 'must be the `uid` or the `id` of a connector of this service');
      return deliver(issuer, connector, delivery);
    },
    get connectors() {
      return known.map(({ uid, id, type, name, service, links, triggers, triggerDestinations }) =>
        structuredClone({ uid, id, type, name, service, links, triggers, triggerDestinations }),
      );
    },
    fail: (...more) => void faults.push(...more),
  };
}

/** The JWK Set that Vercel publishes for all teams. */
const JWKS_URL = 'https://oidc.vercel.com/.well-known/jwks';

/** Any project and environment of the team may call: what each of them may do is said by the connectors. */
function identifier(issuer: TestIssuer, ownerId: string): Identify {
  const team = teamOf(issuer);
  if (team === undefined) throw invalidOption('issuer', 'must be one of https://oidc.vercel.com/<team>; give a `verifier` for another');
  const verifier = createVercelVerifier({ team, ownerId, projectId: '*', environment: '*', jwks: issuer.jwks });
  return async (token) => {
    // A rotation is seen at once, so that no test waits for it.
    verifier.setKeys(issuer.jwks);
    return verifier.verifySync(token);
  };
}

/** The slug of the team whose tokens an issuer mints. */
const teamOf = (issuer: TestIssuer): string | undefined => /^https:\/\/oidc\.vercel\.com\/([^/]+)$/.exec(issuer.issuer)?.[1];

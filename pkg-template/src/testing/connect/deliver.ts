// Sends deliveries to a route, as Vercel Connect does for a trigger and as an attacker would.

import { invalidOption } from '../../core/errors.js';
import { assertKnown, isUrl, ownOptions } from '../../core/options.js';
import { sleep } from '../../core/single-flight.js';
import type { MintClaims, MintOptions, TestIssuer } from '../../testing.js';
import { verifyModule } from '../../verify/module.js';
import { type Connector, destinationEnvironment } from './connectors.js';
import { random } from './ledger.js';

/** A delivery to make. Unknown members are refused. */
export interface TestDelivery {
  /** The route: a function of requests, or a URL that is requested. */
  to: string | URL | ((request: Request) => Response | Promise<Response>);
  /** The body; an object is sent as JSON. Default: `{}`. */
  body?: string | Uint8Array | object;
  /** More headers, such as those of the provider. */
  headers?: Record<string, string>;
  /** The project of the destination. Default: that of the connector's first trigger destination, else of its first link. */
  projectId?: string;
  /** The environment of the destination. Default: that of that destination, else the first of that link. */
  environment?: string;
  /** Claims of the token, over those of the destination: another team, another audience. `undefined` leaves one out. */
  claims?: MintClaims;
  /** Options of the mint, such as `{ expiresIn: -60 }`. */
  mint?: MintOptions;
  /** Spoils the signature of the token. Default: false. */
  forged?: boolean;
  /** A token in place of a new one, such as that of another delivery; null for none. */
  token?: string | null;
  /** The milliseconds that each attempt waits before it is sent, after its token was minted. Default: 0. */
  delayMs?: number;
  /** The number of attempts at most. It is repeated after 500, 502, 503 and 504, with the same token. Default: 3. */
  attempts?: number;
  /** The method. Default: `POST`. */
  method?: string;
}

/** The outcome of a delivery. */
export interface TestDeliveryResult {
  /** The last response. */
  readonly response: Response;
  /** The status of each attempt. A route that throws counts as 500. */
  readonly statuses: readonly number[];
  /** The token that was sent, to send it again. */
  readonly token: string | null;
}

const OPTIONS = ['to', 'body', 'headers', 'projectId', 'environment', 'claims', 'mint', 'forged', 'token', 'delayMs', 'attempts', 'method'];

/** The statuses after which Vercel Connect repeats a delivery. */
const REPEATED = new Set([500, 502, 503, 504]);

/** Delivers to a route, as the service behind this connector. */
export async function deliver(issuer: TestIssuer, connector: Connector, delivery: TestDelivery): Promise<TestDeliveryResult> {
  const own = ownOptions(delivery, 'delivery');
  assertKnown(verifyModule, own, OPTIONS);
  const { to, body = {}, headers = {}, forged = false, delayMs = 0, attempts = 3, method = 'POST' } = own;
  if (typeof to !== 'function' && !isUrl(to) && !(typeof to === 'string' && URL.canParse(to)))
    throw invalidOption('to', 'must be a function or a URL');
  if (!(Number.isInteger(attempts) && attempts >= 1)) throw invalidOption('attempts', 'must be a whole number from 1');
  const token = own.token !== undefined ? own.token : await mint(issuer, connector, own);
  const sent = token !== null && forged ? spoilt(token) : token;
  const content = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const statuses: number[] = [];
  for (;;) {
    if (delayMs > 0) await sleep(delayMs);
    const authorization = sent === null ? {} : { authorization: `Bearer ${sent}` };
    const init = {
      method,
      headers: { 'content-type': 'application/json', ...headers, ...authorization },
      ...(method === 'GET' || method === 'HEAD' ? {} : { body: content as BodyInit }),
    };
    const request = new Request(typeof to === 'function' ? 'https://acme.example/webhooks' : to, init);
    const response = typeof to === 'function' ? await answerOf(to, request) : await fetch(request);
    statuses.push(response.status);
    if (!REPEATED.has(response.status) || statuses.length === attempts) return { response, statuses, token: sent };
  }
}

/** Mints the token of a delivery. No two tokens are the same. */
function mint(issuer: TestIssuer, connector: Connector, { projectId, environment, claims, mint }: TestDelivery): Promise<string> {
  const is = (place: { projectId: string }) => projectId === undefined || place.projectId === projectId;
  const destination = connector.triggerDestinations.find(is);
  const link = connector.links.find(is) ?? connector.links[0];
  const target = {
    project_id: projectId ?? destination?.projectId ?? link?.projectId,
    environment: environment ?? (destination ? destinationEnvironment(destination) : link?.environments[0]),
  };
  return issuer.mint({ ...target, jti: random(), ...claims }, mint);
}

/** A route that throws answers as a server would. */
async function answerOf(route: (request: Request) => Response | Promise<Response>, request: Request): Promise<Response> {
  try {
    return await route(request);
  } catch {
    return new Response('Internal Server Error', { status: 500 });
  }
}

/** The token with another signature. */
function spoilt(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

// The Connect service itself: who is calling, what it may do, and what comes of it.

import { CountersignError } from '../../core/errors.js';
import { header } from '../../host/request.js';
import type { VercelClaims } from '../../verify/types.js';
import type { VerifiedToken } from '../../verify/verifier.js';
import { type Connector, enable, findConnector, readConnectors } from './connectors.js';
import { refuse } from './faults.js';
import { Ledger, random, subjectKey } from './ledger.js';
import { Management, type ManagementAccess } from './management.js';
import { type JsonObject, Refusal, readBody, readConsent, readProvision, readReach, readSubject } from './requests.js';
import { SignIn } from './sign-in.js';

/** Finds out who presents a token, or rejects with a `CountersignError`. */
export type Identify = (token: string) => VerifiedToken<VercelClaims> | Promise<VerifiedToken<VercelClaims>>;

/** The URL of the consent page. */
const CONSENT = '/connect/consent/';

/** The default time-out of a consent, in milliseconds. */
const CONSENT_MS = 600_000;

/** An open request for consent. */
interface Invitation {
  agree(): void;
  expiresAt: number;
  returnUrl?: string;
}

export class Service {
  readonly ledger = new Ledger();
  readonly #identify: Identify;
  readonly #connectors: Connector[];
  readonly #lifetimeMs: number;
  readonly #invitations = new Map<string, Invitation>();
  readonly #signIn: SignIn;
  readonly #management: Management | undefined;

  constructor(identify: Identify, connectors: Connector[], lifetimeMs: number, access?: ManagementAccess) {
    this.#management = access && new Management(access, connectors);
    this.#identify = identify;
    this.#connectors = connectors;
    this.#lifetimeMs = lifetimeMs;
    const findClient = async (name: string, token: string) => {
      const caller = await this.#verify(token);
      return { caller, connector: this.#connector(encodeURIComponent(name), caller) };
    };
    this.#signIn = new SignIn(findClient, connectors, lifetimeMs);
  }

  async answer(request: Request): Promise<Response> {
    try {
      return await this.#route(request);
    } catch (thrown) {
      if (thrown instanceof Refusal) return refuse(thrown);
      if (thrown instanceof URIError)
        return refuse(new Refusal(400, 'bad_request', 'the connector is not percent-encoded as it should be'));
      throw thrown;
    }
  }

  async #route(request: Request): Promise<Response> {
    const { pathname, origin } = new URL(request.url);
    if (request.method === 'GET' && pathname.startsWith(CONSENT)) return this.#agree(pathname.slice(CONSENT.length));
    if (pathname.startsWith('/oauth/')) return this.#signIn.answer(request);
    if (this.#management?.isAddressed(request)) return this.#management.answer(request);
    if (`${request.method} ${pathname}` === 'POST /v1/connect/connectors/managed/oauth') {
      return this.#provision(await this.#caller(request), await readBody(request));
    }
    const [, action, name, tokens = ''] = /^\/v1\/connect\/(token|authorize|install|connectors)\/([^/]+)(\/tokens)?$/.exec(pathname) ?? [];
    if (action === undefined || name === undefined) throw new Refusal(404, 'not_found', 'there is nothing under this path');
    const caller = await this.#caller(request);
    const connector = this.#connector(name, caller);
    switch (`${request.method} ${action}${tokens}`) {
      case 'GET connectors':
        return Response.json(metadata(connector));
      case 'POST token':
        return this.#issue(connector, caller, await readBody(request));
      case 'DELETE connectors/tokens':
        return this.#revoke(connector, await readBody(request));
      case 'POST authorize':
        return this.#authorize(connector, await readBody(request), origin);
      case 'POST install':
        return this.#install(connector, await readBody(request), origin);
      default:
        throw new Refusal(404, 'not_found', 'this method does nothing under this path');
    }
  }

  async #caller(request: Request): Promise<VercelClaims> {
    const [, token] = /^Bearer +(\S+)$/i.exec(header(request, 'authorization') ?? '') ?? [];
    if (token === undefined) throw new Refusal(401, 'unauthorized', 'a bearer token is required');
    return this.#verify(token);
  }

  async #verify(token: string): Promise<VercelClaims> {
    try {
      return (await this.#identify(token)).claims;
    } catch (thrown) {
      if (!(thrown instanceof CountersignError)) throw thrown;
      throw new Refusal(401, 'unauthorized', `${thrown.code}: ${thrown.message}`);
    }
  }

  /** Creates the connector of an MCP server, or links it to the caller's project and environment. */
  #provision({ project_id: projectId, environment }: VercelClaims, body: JsonObject): Response {
    const { uid } = readProvision(body);
    let connector = this.#connectors.find((known) => known.uid === uid);
    if (connector && connector.type !== 'oauth') throw new Refusal(409, 'conflict', 'The connector exists and is not an OAuth connector');
    if (!connector) {
      [connector] = readConnectors([{ uid, id: `scl_managed${this.#connectors.length + 1}`, links: [] }]) as [Connector];
      this.#connectors.push(connector);
    }
    enable(connector, projectId, environment);
    return Response.json(metadata(connector));
  }

  /** The connector of this name, where the caller may use it. */
  #connector(encoded: string, caller: VercelClaims): Connector {
    const connector = findConnector(this.#connectors, encoded);
    if (!connector) throw new Refusal(404, 'not_found', 'there is no such connector');
    const link = connector.links.find(({ projectId }) => projectId === caller.project_id);
    if (!link) throw new Refusal(403, 'forbidden', 'The connector is not linked to this project');
    if (link.environments.includes(caller.environment)) return connector;
    throw new Refusal(403, 'forbidden', 'The connector is not enabled for this environment');
  }

  #issue(connector: Connector, caller: VercelClaims, body: JsonObject): Response {
    const subject = readSubject(body);
    const reach = readReach(body);
    if (!connector.subjects.includes(subject.type)) {
      throw new Refusal(422, 'unresolved_token', `this connector issues no tokens for a subject of type ${subject.type}`);
    }
    const excess = connector.scopes.length > 0 && reach.scopes.find((scope) => scope !== '*' && !connector.scopes.includes(scope));
    if (excess) throw new Refusal(400, 'bad_request', `the scope ${excess} is not one of this connector`);
    const place = connector.installed.find(({ id }) => id === (reach.installationId ?? id));
    if (!place && (subject.type === 'app' || reach.installationId !== undefined)) {
      throw new Refusal(422, 'connector_installation_required', 'the connector has to be installed first');
    }
    if (subject.type === 'user' && !connector.agreed.has(subjectKey(subject))) {
      throw new Refusal(422, 'user_authorization_required', 'the user has to agree first');
    }
    const { token, tokenId, expiresAt } = this.ledger.issue({
      ...reach,
      ...(place && { installationId: place.id }),
      // `*` asks for all that there is.
      scopes: reach.scopes.includes('*') && connector.scopes.length > 0 ? connector.scopes : reach.scopes,
      connector: connector.uid,
      subject,
      projectId: caller.project_id,
      environment: caller.environment,
      expiresAt: Date.now() + this.#lifetimeMs,
    });
    const { id, uid, type, name } = connector;
    return Response.json({
      token,
      tokenId,
      expiresAt,
      connector: { id, uid, type },
      name,
      ...(place && { installationId: place.id, tenantId: place.tenantId }),
      ...(subject.type === 'user' && { externalSubject: subject.id }),
    });
  }

  #revoke(connector: Connector, body: JsonObject): Response {
    const subject = readSubject(body);
    const { installationId } = readReach(body);
    const ended = this.ledger.revoke(connector.uid, subject, installationId);
    // What the user had agreed to goes with the tokens.
    connector.agreed.delete(subjectKey(subject));
    return Response.json({ tokensFound: ended, deleted: ended, providerRevoked: ended, providerSkipped: 0, providerFailed: 0 });
  }

  #authorize(connector: Connector, body: JsonObject, origin: string): Response {
    const subject = readSubject(body);
    if (subject.type !== 'user') throw new Refusal(400, 'bad_request', 'only a subject of type user can be asked to agree');
    readReach(body);
    return this.#invite(connector, body, origin, () => connector.agreed.add(subjectKey(subject)));
  }

  #install(connector: Connector, body: JsonObject, origin: string): Response {
    const { installationId = `inst_${random()}` } = readReach(body);
    const { tenantId } = readConsent(body);
    return this.#invite(connector, body, origin, () => {
      connector.installed.push({ id: installationId, ...(tenantId !== undefined && { tenantId }) });
    });
  }

  #invite(connector: Connector, body: JsonObject, origin: string, agree: () => void): Response {
    const { returnUrl, expiresInMs = CONSENT_MS, deviceCode } = readConsent(body);
    const expiresAt = Date.now() + expiresInMs;
    const request = random();
    this.#invitations.set(request, { agree, expiresAt, ...(returnUrl !== undefined && { returnUrl }) });
    const { id, uid, type, service, name } = connector;
    return Response.json({
      request,
      verifier: random(),
      url: `${origin}${CONSENT}${request}`,
      ...(deviceCode && { deviceCode: random().slice(0, 8) }),
      expiresAt,
      connector: { id, uid, type, service, name },
    });
  }

  /** The user has opened the URL, which counts as consent here. */
  #agree(request: string): Response {
    const invitation = this.#invitations.get(request);
    if (!invitation) throw new Refusal(404, 'not_found', 'nobody was asked to agree to this, or they have agreed already');
    this.#invitations.delete(request);
    if (invitation.expiresAt <= Date.now()) throw new Refusal(410, 'gone', 'it is too late to agree to this');
    invitation.agree();
    const { returnUrl } = invitation;
    if (returnUrl !== undefined) return new Response(null, { status: 303, headers: { location: returnUrl } });
    return new Response('Agreed. You can close this page.', { headers: { 'content-type': 'text/plain' } });
  }
}

function metadata({ id, uid, name, type, service, vendor, createdAt }: Connector): object {
  return { id, uid, name, type, service, createdAt, updatedAt: createdAt, data: vendor };
}

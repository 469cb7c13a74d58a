// The management of connectors, as Vercel's REST API has it: connectors, the projects they are attached to, trigger destinations.

import { header } from '../../host/request.js';
import type { TriggerDestination } from '../../inspect_bg.js';
import { type Connector, MAX_DESTINATIONS, destinationEnvironment, enable, findConnector, readConnectors } from './connectors.js';
import { type JsonObject, Refusal, readBody, readDestinations, readEnvironments, readNewConnector } from './requests.js';

/** The access token that opens the management, and the team that it belongs to. */
export interface ManagementAccess {
  readonly accessToken: string;
  readonly teamId: string;
  readonly slug: string | undefined;
}

export class Management {
  readonly #access: ManagementAccess;
  readonly #connectors: Connector[];

  constructor(access: ManagementAccess, connectors: Connector[]) {
    this.#access = access;
    this.#connectors = connectors;
  }

  /** Whether a request presents the access token. */
  isAddressed(request: Request): boolean {
    return header(request, 'authorization') === `Bearer ${this.#access.accessToken}`;
  }

  async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    this.#checkTeam(url.searchParams);
    const [, version, name = '', part = '', project = ''] =
      /^\/(v[12])\/connect\/connectors(?:\/([^/]+))?(?:\/(projects|trigger-destinations))?(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
    const route = [request.method, version, name && '{connector}', part, project && '{project}'].filter(Boolean).join(' ');
    const query = url.searchParams;
    switch (route) {
      case 'GET v2':
        return this.#list(query);
      case 'POST v1':
        return this.#create(await readBody(request));
      case 'GET v1 {connector}':
        return Response.json(describe(this.#find(name)));
      case 'GET v2 {connector} projects':
        return this.#listProjects(this.#find(name), query);
      case 'POST v1 {connector} projects {project}':
        return this.#attach(this.#find(name), project, await readBody(request));
      case 'DELETE v1 {connector} projects {project}':
        return this.#detach(this.#find(name), project);
      case 'PATCH v1 {connector} trigger-destinations':
        return this.#replaceDestinations(this.#find(name), await readBody(request));
      default:
        throw new Refusal(404, 'not_found', 'there is nothing under this path');
    }
  }

  #checkTeam(query: URLSearchParams): void {
    const { teamId, slug } = this.#access;
    const named = { teamId: query.get('teamId'), slug: query.get('slug') };
    if (named.teamId !== null && named.slug !== null) throw new Refusal(400, 'bad_request', '`teamId` and `slug` exclude each other');
    if ((named.teamId ?? teamId) !== teamId || (named.slug ?? slug) !== slug)
      throw new Refusal(403, 'forbidden', 'the access token does not belong to this team');
  }

  #find(encoded: string): Connector {
    const connector = findConnector(this.#connectors, encoded);
    if (!connector) throw new Refusal(404, 'not_found', 'there is no such connector');
    return connector;
  }

  #list(query: URLSearchParams): Response {
    const projectId = query.get('projectId');
    const rows = this.#connectors.filter(({ links }) => projectId === null || links.some((link) => link.projectId === projectId));
    const { page, pagination } = paged(rows, query, 20);
    return Response.json({ connectors: page.map(describe), pagination });
  }

  #create(body: JsonObject): Response {
    const { uid, ...rest } = readNewConnector(body);
    if (this.#connectors.some((known) => known.uid === uid)) throw new Refusal(409, 'conflict', 'there is a connector of this uid');
    const [connector] = readConnectors([{ uid, id: `scl_created${this.#connectors.length + 1}`, links: [], ...rest }]) as [Connector];
    this.#connectors.push(connector);
    return Response.json(describe(connector), { status: 201 });
  }

  #listProjects(connector: Connector, query: URLSearchParams): Response {
    const { page, pagination } = paged(connector.links, query, 50);
    return Response.json({ projects: page.map((link) => connection(connector, link)), pagination });
  }

  #attach(connector: Connector, projectId: string, body: JsonObject): Response {
    const environments = readEnvironments(body);
    const link = connector.links.find((known) => known.projectId === projectId);
    if (link) link.environments = environments;
    else connector.links.push({ projectId, environments });
    return Response.json(connection(connector, { projectId, environments }));
  }

  #detach(connector: Connector, projectId: string): Response {
    const at = connector.links.findIndex((known) => known.projectId === projectId);
    if (at < 0) throw new Refusal(404, 'not_found', 'the connector is not attached to this project');
    connector.links.splice(at, 1);
    return new Response(null, { status: 204 });
  }

  /** Replaces the whole set. A destination enables its environment, and removing it does not take that back. */
  #replaceDestinations(connector: Connector, body: JsonObject): Response {
    const destinations: TriggerDestination[] = readDestinations(body);
    if (!connector.triggers) throw new Refusal(422, 'unprocessable_entity', 'triggers are not enabled for this connector');
    if (destinations.length > MAX_DESTINATIONS)
      throw new Refusal(422, 'unprocessable_entity', `there are at most ${MAX_DESTINATIONS} destinations`);
    connector.triggerDestinations.splice(0, Infinity, ...destinations);
    for (const destination of destinations) enable(connector, destination.projectId, destinationEnvironment(destination));
    return Response.json(describe(connector));
  }
}

/** A page of a list, whose cursor is the index of its first element. */
function paged<T>(rows: readonly T[], query: URLSearchParams, most: number): { page: T[]; pagination: { next: string | null } } {
  const [start, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit') ?? most)];
  if (!(Number.isInteger(start) && Number.isInteger(limit) && limit >= 1 && limit <= 100))
    throw new Refusal(400, 'bad_request', '`cursor` or `limit` is not one of this service');
  const end = start + limit;
  return { page: rows.slice(start, end), pagination: { next: end < rows.length ? String(end) : null } };
}

function describe(connector: Connector): object {
  const { id, uid, name, type, service, createdAt, subjects, triggers, triggerDestinations } = connector;
  return {
    id,
    uid,
    name,
    displayName: name,
    type,
    typeName: type,
    service,
    createdAt,
    updatedAt: createdAt,
    supportedSubjectTypes: subjects,
    supportsIcon: 'false',
    supportsInstallation: true,
    supportsRevocation: true,
    supportsTriggers: true,
    ...(triggers && { triggers: { enabled: true } }),
    triggerDestinations,
  };
}

function connection({ id, createdAt }: Connector, { projectId, environments }: Connector['links'][number]): object {
  return {
    connectorId: id,
    createdAt,
    updatedAt: createdAt,
    enabledEnvironments: environments,
    project: { id: projectId, name: projectId },
  };
}

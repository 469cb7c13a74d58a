// The connectors of the Connect service, as the caller describes them.

import type { ConnectTokenSubject } from '../../connect/types.js';
import { invalidOption } from '../../core/errors.js';
import { assertKnown } from '../../core/options.js';
import type { TriggerDestination } from '../../inspect_bg.js';
import { verifyModule } from '../../verify/module.js';
import { subjectKey } from './ledger.js';

/** A project that may use a connector. */
export interface TestConnectorLink {
  /** `prj_…` */
  projectId: string;
  /** The environments that the link is enabled for. */
  environments: string[];
}

/** A connector. Unknown members are refused. */
export interface TestConnector {
  /** The name that callers use, such as `slack/acme-bot`. */
  uid: string;
  /** The other name, `scl_…`. Default: one that is made up. */
  id?: string;
  /** Default: `oauth`. */
  type?: string;
  /** For people. Default: the uid. */
  name?: string;
  /** The service behind it. Default: what the uid begins with. */
  service?: string;
  /** The provider's public settings, which the metadata show. Default: none. */
  vendor?: Record<string, unknown>;
  links: TestConnectorLink[];
  /** Whom it issues tokens for. Default: every kind. */
  subjects?: ConnectTokenSubject['type'][];
  /** The scopes that callers may request. Default: any. */
  scopes?: string[];
  /** The installations at the provider; an empty list lets apps be told to install it. Default: one place. */
  installations?: string[];
  /** The ids of users who have agreed already. Default: none. */
  users?: string[];
  /** Whether its triggers are enabled. Default: true. */
  triggers?: boolean;
  /** The routes that get the deliveries of its triggers. Default: none. */
  triggerDestinations?: TriggerDestination[];
}

/** A connector as the service keeps it. */
export interface Connector extends Required<Omit<TestConnector, 'installations' | 'users'>> {
  readonly createdAt: number;
  readonly installed: { id: string; tenantId?: string }[];
  /** The keys of the users who have agreed. */
  readonly agreed: Set<string>;
  /** The user who signs in, unless the request names another. */
  readonly signsIn: string;
}

const KINDS: ConnectTokenSubject['type'][] = ['app', 'user', 'jwt-bearer', 'token'];
const MEMBERS = [
  'uid',
  'id',
  'type',
  'name',
  'service',
  'vendor',
  'links',
  'subjects',
  'scopes',
  'installations',
  'users',
  'triggers',
  'triggerDestinations',
];

/** The most destinations of one connector. */
export const MAX_DESTINATIONS = 3;

export function readConnectors(connectors: TestConnector[]): Connector[] {
  if (!Array.isArray(connectors)) throw invalidOption('connectors', 'must be an array');
  return connectors.map((connector, index) => {
    assertKnown(verifyModule, connector, MEMBERS, 'connectors');
    const { uid, links, installations = [`inst_test${index + 1}`], users = [], triggerDestinations = [], ...rest } = connector;
    if (typeof uid !== 'string' || uid === '') throw invalidOption('connectors.uid', 'must be a string that is not empty');
    if (!Array.isArray(links) || !links.every(isLink)) {
      throw invalidOption('connectors.links', 'must be an array of objects with `projectId` and `environments`');
    }
    return {
      id: `scl_test${index + 1}`,
      type: 'oauth',
      name: uid,
      service: uid.split('/')[0] as string,
      vendor: {},
      subjects: KINDS,
      scopes: [],
      triggers: true,
      ...rest,
      uid,
      links: links.map(({ projectId, environments }) => ({ projectId, environments: [...environments] })),
      triggerDestinations: triggerDestinations.map((destination) => ({ ...destination })),
      createdAt: Date.now(),
      installed: installations.map((id) => ({ id })),
      signsIn: users[0] ?? 'test-user',
      agreed: new Set(users.map((id) => subjectKey({ type: 'user', id }))),
    };
  });
}

const isLink = (link: Partial<TestConnectorLink> | null): boolean =>
  typeof link?.projectId === 'string' && Array.isArray(link.environments);

/** The connector of a name that is percent-encoded. Throws a `URIError` for another encoding. */
export function findConnector(connectors: readonly Connector[], encoded: string): Connector | undefined {
  const name = decodeURIComponent(encoded);
  return connectors.find(({ uid, id }) => uid === name || id === name);
}

/** The environment that a destination delivers to. */
export const destinationEnvironment = ({ branch, customEnvironmentId }: TriggerDestination): string =>
  customEnvironmentId ?? (branch === undefined ? 'production' : 'preview');

/** Enables a connector for an environment of a project. */
export function enable({ links }: Connector, projectId: string, environment: string): void {
  const link = links.find((known) => known.projectId === projectId);
  if (!link) links.push({ projectId, environments: [environment] });
  else if (!link.environments.includes(environment)) link.environments.push(environment);
}

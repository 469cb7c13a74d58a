// The connectors of a team. The core decides which requests are sent, and what responses mean.

import { invalidOption } from '../core/errors.js';
import { assertObject, ownOptions, plainJson } from '../core/options.js';
import { inspectModule } from '../inspect/module.js';
import type { DeepReadonly } from '../inspect/readonly.js';
import type * as wasm from '../inspect_bg.js';
import { type RunHost, carryOut, splitHost } from './run.js';

export type { TriggerDestination } from '../inspect_bg.js';

/** A connector to create: a `type` with complete `data`, or a `service` with a `connectionMethod`. Unknown members are refused. */
export interface NewConnector {
  /** Such as `slack`, `github` or `oauth`. */
  type?: string;
  /** The service's slug or URL. */
  service?: string;
  /** The way of connecting to the service, whose settings Vercel Connect then supplies. */
  connectionMethod?: string;
  /** For people. Default: the uid. */
  name?: string;
  /** The provider's settings, such as the client's id and secret. Sent once, never reported. */
  data: Record<string, unknown>;
  /** Values of the connection method's fields. */
  params?: Record<string, string>;
  /** Which of the service's products it is for. */
  target?: string;
  /** Enables triggers. */
  triggers?: boolean;
  /** The events that its triggers send. */
  events?: string[];
}

/** The settings of one connector. What is left out stays as it is. Unknown members are refused. */
export interface ConnectorSettings extends Omit<wasm.ConnectorSettings, 'create'> {
  /** Creates the connector where it is missing. Default: a missing connector is reported. An existing one is not changed by it. */
  create?: NewConnector;
}

/** The changes of a run, or of a dry run, those that it would make. */
export type ConnectorsReport = DeepReadonly<wasm.ConnectorsReport>;

/** Options of {@link syncConnectors}. Unknown members are refused. */
export interface ConnectorsOptions extends Omit<wasm.ConnectorsOptions, 'connectors' | 'planned'>, RunHost {
  /** The connectors by uid, such as `slack/acme-bot`. Connectors that are not named stay as they are. */
  connectors: Record<string, ConnectorSettings>;
  /** The report of a dry run. A run whose plan differs from it is refused before anything is changed. */
  planned?: ConnectorsReport;
}

const CREATE = ['type', 'service', 'connectionMethod', 'name', 'data', 'params', 'target', 'triggers', 'events'];

/**
 * Makes connectors of Vercel Connect what `connectors` says: the projects and environments that they are attached to, and the
 * destinations of their triggers. It creates connectors that are missing where it is told how, deletes none, and touches none that is
 * not named.
 *
 * It can be run again at any time, and stopped after any request. Where Vercel is busy or unreachable it repeats the request, for a
 * minute or as long as Vercel asks for, five minutes at most.
 *
 * A run that would remove something is refused before anything is changed, unless `allowRemovals` is true: the error is an
 * `ERR_INVALID_OPTION` whose `option` is `allowRemovals`. A run with `planned` makes the changes of that report or none.
 *
 * @throws {CountersignError} `ERR_INVALID_OPTION`; `ERR_EXCHANGE_REJECTED` where Vercel refuses, `ERR_EXCHANGE_FAILED` and
 * `ERR_EXCHANGE_TIMEOUT` where it cannot be reached, `ERR_EXCHANGE_INVALID` where the response is not as documented.
 */
export async function syncConnectors(options: ConnectorsOptions): Promise<ConnectorsReport> {
  const { connectors, planned, ...rest } = ownOptions(options);
  assertObject(connectors, 'connectors');
  const settings = Object.entries(ownOptions(connectors, 'connectors')).map(([uid, given]) => [uid, readSettings(uid, given)]);
  const { host, plain } = splitHost({
    ...rest,
    connectors: Object.fromEntries(settings) as wasm.ConnectorsOptions['connectors'],
    ...(planned !== undefined && { planned: plainJson(planned, 'planned') }),
  });
  return carryOut(
    inspectModule.call((wasm) => wasm.begin_connectors(plain as wasm.ConnectorsOptions)),
    host,
  );
}

/** The settings as the core reads them: what creates a connector is the JSON that is sent. */
function readSettings(uid: string, given: ConnectorSettings): object {
  const option = `connectors.${uid}`;
  const { create, ...rest } = ownOptions(given, option);
  if (create === undefined) return rest;
  const own = ownOptions(create, `${option}.create`);
  const unknown = Object.keys(own).find((member) => !CREATE.includes(member));
  if (unknown !== undefined) throw invalidOption(`${option}.create`, `must have no other members than ${CREATE.join(', ')}`);
  const { type, service, connectionMethod, name = uid } = own;
  if (type === undefined && (service === undefined || connectionMethod === undefined))
    throw invalidOption(`${option}.create`, 'must have a `type`, or a `service` and a `connectionMethod`');
  assertObject(own.data, `${option}.create.data`);
  return { ...rest, create: plainJson({ uid, ...own, name }, `${option}.create`) };
}

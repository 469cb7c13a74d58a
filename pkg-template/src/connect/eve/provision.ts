// Connectors of MCP servers that Connect creates on demand.

import type { ConnectOptions } from '../calls.js';
import { ownOptions } from '../../core/options.js';
import { credentialsModule } from '../../credentials/module.js';
import { splitOptions } from '../call.js';
import { callConnect } from '../client.js';
import { refusing } from '../errors.js';

/** Connectors that exist, by connector, server and identity. */
const provisioned = new Set<string>();
const MAX_PROVISIONED = 100;

/**
 * Creates the connector for an MCP server, or links it to the project, once for each. Does nothing for an id, a reserved name or a
 * connection without an address.
 *
 * Rejects with a `ConnectError`.
 */
export async function provisionConnector(connector: string, serverUrl: unknown, options: ConnectOptions): Promise<void> {
  const server = typeof serverUrl === 'string' ? serverUrl.trim() : '';
  if (server === '' || !credentialsModule.call((wasm) => wasm.is_provisionable_connector(connector))) return;
  const { forceRefresh: _, ...call } = ownOptions(options);
  const { place, subject, fetcher } = splitOptions(connector, call);
  // A connector is linked to the project and the environment of an identity.
  const token = await subject();
  const key = JSON.stringify([connector, server, place.region, place.endpoint, token]);
  if (provisioned.has(key)) return;
  const params = JSON.stringify({ serverUrl: server, uid: connector });
  await refusing(callConnect('provision', place, params, async () => token, fetcher));
  if (provisioned.size >= MAX_PROVISIONED) provisioned.clear();
  provisioned.add(key);
}

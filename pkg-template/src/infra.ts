/**
 * Sets up trust between a Vercel project and a cloud, keeps the project's environment variables in step with what was set up, and
 * connectors of Vercel Connect in step with a file.
 *
 * For build machines: it loads a WebAssembly module of its own, which no request path needs.
 *
 * @module
 */

export {
  type ConnectorSettings,
  type ConnectorsOptions,
  type ConnectorsReport,
  type NewConnector,
  type TriggerDestination,
  syncConnectors,
} from './infra/connectors.js';
export {
  type ProjectOptions,
  type PulledEnvironment,
  type PullOptions,
  type SyncLine,
  type SyncOptions,
  type SyncReport,
  type Target,
  type VariablesFormat,
  formatDotenv,
  pullEnvironment,
  readVariables,
  syncEnvironment,
} from './infra/environment.js';
export type { Progress, RunHost } from './infra/run.js';
export {
  type AwsTrust,
  type AwsTrustOptions,
  type AwsTrustPolicy,
  type AzureFederatedCredential,
  type AzureTrustOptions,
  type GcpTrust,
  type GcpTrustOptions,
  type TrustOptions,
  awsTrust,
  azureTrust,
  gcpTrust,
} from './infra/trust.js';

/**
 * Keeps long-lived consumers of a short-lived token fresh: sandboxes, workers, sidecars that outlive the token they were started with.
 *
 * {@link refreshAll} is what a cron job calls, {@link createSandboxPolicyWriter} how the token reaches a sandbox, {@link scheduleRefresh} what a single
 * process runs. {@link publishToken} hands the newest token to work that runs elsewhere and later.
 *
 * @module
 */

export {
  type RefreshAllOptions,
  type RefreshResult,
  type RefreshSummary,
  type RefreshTarget,
  type RefreshWriter,
  type SkipReason,
  refreshAll,
} from './refresh/all.js';
export { type Acquired, type RegisteredTarget, type TargetPage, type TargetRegistry, createMemoryRegistry } from './refresh/registry.js';
export { type RedisRegistryOptions, createRedisRegistry } from './refresh/redis.js';
export type {
  SandboxPolicy,
  SandboxPolicyEntryMatcher,
  SandboxPolicyMatch,
  SandboxPolicyMatcher,
  SandboxPolicyRule,
} from './refresh/network-policy.js';
export {
  type PublishResult,
  type RelayStore,
  type TokenRelay,
  type TokenRelayOptions,
  createTokenRelay,
  publishToken,
} from './refresh/relay.js';
export { type SandboxPolicyHandle, type SandboxPolicyWriterOptions, createSandboxPolicyWriter } from './refresh/sandbox-policy.js';
export { type SandboxHandle, type SandboxRestart, type SandboxWriterOptions, createSandboxWriter } from './refresh/sandbox.js';
export { type RefreshSchedule, type ScheduleOptions, type ScheduleWriter, scheduleRefresh } from './refresh/schedule.js';
export { type PlaceholderFile, type StartupScriptOptions, startupScript } from './refresh/startup.js';
export type { RefreshToken, TokenSource } from './refresh/token.js';
export type { StoreError, StoreErrorContext, StoreOperation, StoreOptions } from './stores/guard.js';
export type { StoreKey } from './stores/keys.js';
export type { IoRedisClient, NodeRedisClient, NodeRedisCluster, RedisClient, UpstashRedisClient } from './stores/redis.js';

/**
 * Keeps long-lived consumers of a short-lived token fresh: sandboxes, workers, sidecars that outlive the token they were started with.
 *
 * {@link refreshAll} is what a cron job calls, {@link createSandboxPolicyWriter} how the token reaches a sandbox, {@link scheduleRefresh} what a single
 * process runs.
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
export { type RedisClient, type RedisRegistryOptions, createRedisRegistry } from './refresh/redis.js';
export type {
  SandboxPolicy,
  SandboxPolicyEntryMatcher,
  SandboxPolicyMatch,
  SandboxPolicyMatcher,
  SandboxPolicyRule,
} from './refresh/network-policy.js';
export { type SandboxPolicyHandle, type SandboxPolicyWriterOptions, createSandboxPolicyWriter } from './refresh/sandbox-policy.js';
export { type SandboxHandle, type SandboxRestart, type SandboxWriterOptions, createSandboxWriter } from './refresh/sandbox.js';
export { type RefreshSchedule, type ScheduleOptions, type ScheduleWriter, scheduleRefresh } from './refresh/schedule.js';
export { type PlaceholderFile, type StartupScriptOptions, startupScript } from './refresh/startup.js';
export type { RefreshToken, TokenSource } from './refresh/token.js';

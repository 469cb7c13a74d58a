import { Sandbox } from '@vercel/sandbox';
import {
  type RegisteredTarget,
  type TargetRegistry,
  createMemoryRegistry,
  createRedisRegistry,
  createSandboxPolicyWriter,
} from 'countersign/refresh';
import { redis } from './redis';
import { isTrustworthy } from './trust';

let named: Promise<TargetRegistry> | undefined;

/** The sandboxes to keep fresh: in Redis, which all instances of the app share, or the named ones, in this process's memory. */
export async function sandboxRegistry(): Promise<TargetRegistry> {
  const url = process.env.REDIS_URL;
  return url ? createRedisRegistry(await redis(url)) : (named ??= namedSandboxes());
}

async function namedSandboxes(): Promise<TargetRegistry> {
  const registry = createMemoryRegistry();
  for (const name of (process.env.COUNTERSIGN_SANDBOXES ?? '').split(',').map((name) => name.trim())) {
    if (name) await registry.add(name);
  }
  return registry;
}

/** Has the firewall of a sandbox set the token on requests to the AI Gateway. Everything else may be reached, as it is. */
export const writeToSandbox = createSandboxPolicyWriter<RegisteredTarget>({
  sandbox: ({ id }, { signal }) => Sandbox.get({ name: id, resume: false, signal, ...fakeApi() }),
  policy: { allow: { '*': [] } },
});

/** For the demo and the tests: a fake of Vercel's API on this machine. It is sent the deployment's token, so nothing else may be named. */
function fakeApi(): { fetch?: typeof fetch } {
  const base = process.env.COUNTERSIGN_SANDBOX_API;
  if (!base || !isTrustworthy(base)) return {};
  return { fetch: (input, init) => fetch(String(input).replace('https://vercel.com', base), withoutDispatcher(init)) };
}

/** The SDK's connection pool is one of another version of undici than the one in Node.js. */
function withoutDispatcher(init: RequestInit | undefined): RequestInit {
  const { dispatcher: _, ...rest } = (init ?? {}) as RequestInit & { dispatcher?: unknown };
  return rest;
}

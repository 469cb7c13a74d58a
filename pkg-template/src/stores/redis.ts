// Redis: one adapter for the clients that people use, and the store that is made of it.

import { invalidOption } from '../core/errors.js';
import { assertKnown, ownOptions } from '../core/options.js';
import { credentialsModule } from '../credentials/module.js';
import type { CredentialStore } from '../exchange/shared-cache.js';
import type { RelayStore } from '../refresh/relay.js';

/** A client of the npm package `redis`, or a pool of them: `createClient()`, `createClientPool()`. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  sendCommand(args: string[]): Promise<unknown>;
}

/** A cluster client of the npm package `redis`: `createCluster()`. */
export interface NodeRedisCluster {
  readonly isOpen: boolean;
  sendCommand(firstKey: string, isReadonly: boolean, args: string[]): Promise<unknown>;
  nodeClient(...args: never[]): unknown;
}

/** A client of the npm package `ioredis`: `Redis` or `Cluster`. */
export interface IoRedisClient {
  readonly status: string;
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** A client of the npm package `@upstash/redis`: `Redis`. */
export interface UpstashRedisClient {
  eval(script: string, keys: string[], args: string[]): Promise<unknown>;
  evalsha(...args: never[]): unknown;
  readYourWritesSyncToken: string | undefined;
}

/** A Redis client of the caller, who connects it, handles its errors and closes it. */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoRedisClient | UpstashRedisClient;

/** A reply of Redis. Clients may be set to return buffers; here a text is a string. */
export type RedisReply = string | number | null | RedisReply[];

/** The commands that this package needs, by any client. */
export interface RedisCommands {
  /** Sends a command whose first argument is its one key. */
  command(name: string, key: string, ...args: string[]): Promise<RedisReply>;
  /** Runs a Lua script. In a cluster its keys must be in one hash slot. */
  script(script: string, keys: string[], ...args: string[]): Promise<RedisReply>;
}

/** Returns the commands of a client. Throws `ERR_INVALID_OPTION` for anything else than a client that can be used. */
export function redisCommands(client: RedisClient): RedisCommands {
  const kind = kindOf(client);
  if (kind === 'upstash') return upstash(client as UpstashRedisClient);
  const send = sender(client, kind);
  return {
    command: async (name, key, ...args) => toReply(await send(key, [name, key, ...args])),
    script: async (script, keys, ...args) =>
      toReply(await send(keys[0] as string, ['EVAL', script, String(keys.length), ...keys, ...args])),
  };
}

type Kind = 'node-redis' | 'node-redis-cluster' | 'ioredis' | 'upstash';

/** Each by members that the others do not have. */
function kindOf(client: unknown): Kind {
  const refuse = (problem: string) => invalidOption('client', problem);
  const is = (name: string, type: string) => typeof (client as Record<string, unknown>)[name] === type;
  if (typeof client === 'object' && client !== null) {
    if (is('then', 'function')) throw refuse('must be awaited first');
    if (is('eval', 'function') && is('evalsha', 'function') && 'readYourWritesSyncToken' in client) return 'upstash';
    if (is('call', 'function') && is('defineCommand', 'function') && is('status', 'string')) {
      if ((client as IoRedisClient).status === 'end') throw refuse('is closed');
      return 'ioredis';
    }
    // A sentinel client has `acquire` too, and another `sendCommand`.
    if (is('sendCommand', 'function') && is('isOpen', 'boolean') && !is('acquire', 'function')) {
      if (!(client as NodeRedisClient).isOpen) throw refuse('is not connected: await its `connect()` first');
      return is('nodeClient', 'function') ? 'node-redis-cluster' : 'node-redis';
    }
  }
  throw refuse('must be a client of `redis`, `ioredis` or `@upstash/redis`');
}

/** How a command is sent. A cluster client finds the node by the key. */
function sender(client: RedisClient, kind: Exclude<Kind, 'upstash'>): (key: string, command: [string, ...string[]]) => Promise<unknown> {
  if (kind === 'ioredis') return (_key, command) => (client as IoRedisClient).call(...command);
  if (kind === 'node-redis-cluster') return (key, command) => (client as NodeRedisCluster).sendCommand(key, false, command);
  return (_key, command) => (client as NodeRedisClient).sendCommand(command);
}

/**
 * This client parses replies as JSON unless it is told otherwise, so `7` and `{}` would not stay texts. So every text of a reply
 * gets a mark that is not JSON.
 */
function upstash(client: UpstashRedisClient): RedisCommands {
  const script: RedisCommands['script'] = async (script, keys, ...args) => unmark(await client.eval(marked(script), keys, args));
  return { script, command: (name, key, ...args) => script('return redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))', [key], name, ...args) };
}

const marked = (script: string): string => `
local function run() ${script}
end
local function mark(reply)
  if type(reply) == 'string' then return '=' .. reply end
  if type(reply) ~= 'table' then return reply end
  if reply.ok then return '=' .. reply.ok end
  for at, element in ipairs(reply) do reply[at] = mark(element) end
  return reply
end
return mark(run())`;

function unmark(reply: unknown): RedisReply {
  if (Array.isArray(reply)) return reply.map(unmark);
  if (typeof reply === 'string') return reply.slice(1);
  return typeof reply === 'number' ? reply : null;
}

const decoder = new TextDecoder();

function toReply(reply: unknown): RedisReply {
  if (Array.isArray(reply)) return reply.map(toReply);
  if (reply === null || reply === undefined) return null;
  if (typeof reply === 'number') return reply;
  return reply instanceof Uint8Array ? decoder.decode(reply) : String(reply);
}

/** KEYS: lease. ARGV: mark. A lease that has run out may be another instance's by now. */
const RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end";

/**
 * KEYS: entry. ARGV: value, expiry in seconds since the epoch, value that may be replaced. An entry is its expiry, a space and its
 * value.
 */
const SET_LATEST = `
local present = redis.call('GET', KEYS[1])
if present then
  local expiry, value = string.match(present, '^(%d+) (.*)$')
  if expiry and value ~= ARGV[3] and tonumber(expiry) >= tonumber(ARGV[2]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[1])
redis.call('EXPIREAT', KEYS[1], ARGV[2])
return 1`;

/** Options of {@link redisStore}. */
export interface RedisStoreOptions {
  /** The beginning of every key. Default: `countersign:`. */
  prefix?: string;
}

/** A store in Redis, for everything of this package that takes one. */
export interface RedisStore extends CredentialStore, RelayStore {
  get(name: string): Promise<string | undefined>;
}

/**
 * Makes a store in Redis 5 or newer, through a client of `redis`, `ioredis` or `@upstash/redis`. The caller connects the client,
 * handles its errors and closes it.
 *
 * Throws `ERR_INVALID_OPTION` for anything else, and for a client that is not connected.
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): RedisStore {
  const own = ownOptions(options);
  assertKnown(credentialsModule, own, ['prefix']);
  const { prefix = 'countersign:' } = own;
  if (typeof prefix !== 'string') throw invalidOption('prefix', 'must be a string');
  const redis = redisCommands(client);
  const read = async (name: string) => {
    const reply = await redis.command('GET', prefix + name);
    return typeof reply === 'string' ? reply : undefined;
  };
  return {
    get: read,
    set: (name, value, ttlSeconds) => redis.command('SET', prefix + name, value, 'EX', String(ttlSeconds)),
    async lease(name, ttlSeconds) {
      const mark = crypto.randomUUID();
      const release = () => redis.script(RELEASE, [prefix + name], mark);
      try {
        const taken = await redis.command('SET', prefix + name, mark, 'NX', 'EX', String(ttlSeconds));
        return taken === null ? undefined : release;
      } catch (thrown) {
        // Redis may have taken the command before the connection broke.
        release().catch(() => {});
        throw thrown;
      }
    },
    async getLatest(name) {
      const entry = await read(name);
      return entry?.replace(/^\d+ /, '');
    },
    async setLatest(name, value, expiresAt, replaceable) {
      return (await redis.script(SET_LATEST, [prefix + name], value, String(Math.floor(expiresAt)), replaceable ?? '')) === 1;
    },
  };
}

// The registry in Redis. What must not be torn apart is one script each.

import { invalidOption } from '../core/errors.js';
import { type RedisClient, type RedisCommands, redisCommands } from '../stores/redis.js';
import { StoreGuard, type StoreOperation, type StoreOptions } from '../stores/guard.js';
import { knownOptions } from './options.js';
import { type Acquired, PAGE, type RegisteredTarget, type TargetPage, type TargetRegistry, checkId, checkUntil } from './registry.js';

/** Options of {@link createRedisRegistry}. */
export interface RedisRegistryOptions extends StoreOptions {
  /** Before every key. Registries with different prefixes have nothing to do with each other. Default: `countersign:refresh`. */
  prefix?: string;
}

/**
 * A registry that processes share, in Redis 5 or newer, through a client of `redis`, `ioredis` or `@upstash/redis`. The caller connects
 * the client, handles its errors and closes it.
 *
 * No token is stored: only names, and until when each has one. A command may take eight times `storeTimeout` (2 s), then the call rejects with
 * `StoreError`, which `refreshAll` reports as the failure of the target. Throws `ERR_INVALID_OPTION` for anything else than a connected client.
 */
export function createRedisRegistry(client: RedisClient, options: RedisRegistryOptions = {}): TargetRegistry {
  const { prefix = 'countersign:refresh', ...guarded } = knownOptions(options, ['prefix', 'storeTimeout', 'onStoreError']);
  if (typeof prefix !== 'string' || prefix === '' || /[{}]/.test(prefix)) throw invalidOption('prefix', 'must be a string without braces');
  return new RedisRegistry(redisCommands(client), prefix, new StoreGuard(guarded));
}

/** KEYS: names, times, lease. ARGV: id, until or nothing. */
const ADD = `
redis.call('DEL', KEYS[3])
redis.call('ZADD', KEYS[1], 0, ARGV[1])
if ARGV[2] == '' then redis.call('HDEL', KEYS[2], ARGV[1]) else redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) end`;

/** KEYS: names, times, lease. ARGV: id, owner or nothing. */
const REMOVE = `
if ARGV[2] ~= '' and redis.call('GET', KEYS[3]) ~= ARGV[2] then return end
redis.call('DEL', KEYS[3])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])`;

/** KEYS: names, times. ARGV: where to begin, how many. Answers with names and times in turn. */
const LIST = `
local page = {}
for _, id in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
  page[#page + 1] = id
  page[#page + 1] = redis.call('HGET', KEYS[2], id) or ''
end
return page`;

/** KEYS: names, times, lease. ARGV: id, owner, milliseconds. */
const ACQUIRE = `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {'gone'} end
if not redis.call('SET', KEYS[3], ARGV[2], 'NX', 'PX', ARGV[3]) then return {'leased'} end
return {'acquired', redis.call('HGET', KEYS[2], ARGV[1]) or ''}`;

/** KEYS: lease. ARGV: owner, milliseconds. */
const RENEW = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS: names, times, lease. ARGV: id, owner, until or nothing. A target that was removed meanwhile stays removed. */
const COMPLETE = `
if redis.call('GET', KEYS[3]) ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[3])
if ARGV[3] == '' or not redis.call('ZSCORE', KEYS[1], ARGV[1]) then redis.call('HDEL', KEYS[2], ARGV[1])
else redis.call('HSET', KEYS[2], ARGV[1], ARGV[3]) end
return 1`;

/** KEYS: lease. ARGV: owner. */
const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

class RedisRegistry implements TargetRegistry {
  readonly #redis: RedisCommands;
  readonly #guard: StoreGuard;
  readonly #prefix: string;
  readonly #names: string;
  readonly #times: string;

  constructor(redis: RedisCommands, prefix: string, guard: StoreGuard) {
    this.#redis = redis;
    this.#guard = guard;
    // In braces: a cluster keeps what has the same text there together, and a script needs its keys in one place.
    this.#prefix = `{${prefix}}`;
    this.#names = `${this.#prefix}:targets`;
    this.#times = `${this.#prefix}:until`;
  }

  async add(id: string, until?: Date): Promise<void> {
    await this.#run('add', ADD, this.#keysOf(id), checkId(id), stored(checkUntil(until)));
  }

  async remove(id: string, owner = ''): Promise<void> {
    await this.#run('remove', REMOVE, this.#keysOf(id), id, owner);
  }

  async list(cursor?: string): Promise<TargetPage> {
    // All have the same score, so their order is that of their names, and the last name is where to go on.
    const answer = texts(
      await this.#run('list', LIST, [this.#names, this.#times], cursor === undefined ? '-' : `(${cursor}`, String(PAGE)),
    );
    const targets: RegisteredTarget[] = [];
    for (let at = 0; at < answer.length; at += 2) targets.push({ id: answer[at] as string, ...known(answer[at + 1]) });
    const last = targets.at(-1);
    return { targets, ...(last && targets.length === PAGE && { cursor: last.id }) };
  }

  async acquire(id: string, owner: string, ttlMs: number): Promise<Acquired> {
    const claim = () => this.#redis.script(ACQUIRE, this.#keysOf(id), id, owner, String(ttlMs));
    // A lease that is granted after its time-out has no one who works under it.
    const [state, until] = texts(await this.#guard.require('acquire', claim, () => this.release(id, owner)));
    return state === 'acquired' ? { state, ...known(until) } : { state: state === 'gone' ? 'gone' : 'leased' };
  }

  async renew(id: string, owner: string, ttlMs: number): Promise<boolean> {
    return Number(await this.#run('renew', RENEW, [this.#lease(id)], owner, String(ttlMs))) === 1;
  }

  async complete(id: string, owner: string, until?: Date): Promise<boolean> {
    return Number(await this.#run('complete', COMPLETE, this.#keysOf(id), id, owner, stored(until))) === 1;
  }

  async release(id: string, owner: string): Promise<void> {
    await this.#run('release', RELEASE, [this.#lease(id)], owner);
  }

  readonly #lease = (id: string) => `${this.#prefix}:lease:${id}`;
  readonly #keysOf = (id: string) => [this.#names, this.#times, this.#lease(id)];
  readonly #run = (operation: StoreOperation, script: string, keys: string[], ...args: string[]) =>
    this.#guard.require(operation, () => this.#redis.script(script, keys, ...args));
}

const texts = (answer: unknown): string[] => (answer as unknown[]).map(String);

const stored = (until: Date | undefined): string => (until ? String(until.getTime()) : '');

function known(until: string | undefined): { until?: Date } {
  return until ? { until: new Date(Number(until)) } : {};
}

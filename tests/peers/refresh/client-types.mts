// The real clients, as their own declarations have them. Only type-checked.
import { Redis as UpstashRedis } from '@upstash/redis';
import { redisStore } from 'countersign/exchange';
import { createRedisRegistry } from 'countersign/refresh';
import { Cluster, Redis } from 'ioredis';
import { createClient, createClientPool, createCluster } from 'redis';
import { createClient as createClient5, createClientPool as createClientPool5, createCluster as createCluster5 } from 'redis-5';

const url = 'redis://127.0.0.1';
for (const make of [redisStore, createRedisRegistry]) {
  make(createClient({ url }));
  make(await createClient({ url }).connect());
  make(createClientPool({ url }));
  make(createCluster({ rootNodes: [{ url }] }));
  make(createClient5({ url, RESP: 3 }));
  make(createClientPool5({ url }));
  make(createCluster5({ rootNodes: [{ url }] }));
  make(new Redis(url));
  make(new Cluster([{ host: '127.0.0.1', port: 6379 }]));
  make(new UpstashRedis({ url: 'https://a.upstash.io', token: 't' }));
  make(UpstashRedis.fromEnv());
  // @ts-expect-error not a client
  make(url);
}

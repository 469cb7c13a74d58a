// The Redis clients that people use, each connected to a real server: `{ name: { cluster, connect(server) } }`.
import { Redis as UpstashRedis } from '@upstash/redis';
import { Cluster, Redis } from 'ioredis';
import { createClient, createClientPool, createCluster } from 'redis';
import { createClient as createClient5, createClientPool as createClientPool5, createCluster as createCluster5 } from 'redis-5';
import { startUpstash } from './upstash-server.mjs';

const closing = async (client) => ({ client: await client.connect(), close: () => client.destroy() });

export const CLIENTS = {
  'redis 6': { connect: ({ url }) => closing(createClient({ url })) },
  'redis 6, pool': { connect: ({ url }) => closing(createClientPool({ url })) },
  'redis 6, cluster': { cluster: true, connect: ({ url }) => closing(createCluster({ rootNodes: [{ url }] })) },
  'redis 5': { connect: ({ url }) => closing(createClient5({ url })) },
  'redis 5 with RESP3': { connect: ({ url }) => closing(createClient5({ url, RESP: 3 })) },
  'redis 5, pool': { connect: ({ url }) => closing(createClientPool5({ url })) },
  'redis 5, cluster': { cluster: true, connect: ({ url }) => closing(createCluster5({ rootNodes: [{ url }] })) },
  ioredis: {
    connect: async ({ url }) => {
      const client = new Redis(url);
      return { client, close: () => client.disconnect() };
    },
  },
  'ioredis, cluster': {
    cluster: true,
    connect: async ({ port }) => {
      const client = new Cluster([{ host: '127.0.0.1', port }]);
      return { client, close: () => client.disconnect() };
    },
  },
  '@upstash/redis': {
    connect: async ({ url }) => {
      const server = await startUpstash(url);
      const client = new UpstashRedis({ url: server.url, token: server.token, enableTelemetry: false });
      return { client, close: () => server.stop() };
    },
  },
  '@upstash/redis, without batches': {
    connect: async ({ url }) => {
      const server = await startUpstash(url);
      const client = new UpstashRedis({
        url: server.url,
        token: server.token,
        enableTelemetry: false,
        enableAutoPipelining: false,
        responseEncoding: false,
      });
      return { client, close: () => server.stop() };
    },
  },
};

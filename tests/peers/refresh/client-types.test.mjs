// The declarations of `redisStore` and `createRedisRegistry` take the clients' own types.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installProject } from '../../js/install.mjs';

test('the clients of `redis`, `ioredis` and `@upstash/redis` type-check', async () => {
  const project = await installProject('peers-client-types');
  await mkdir(join(project, 'node_modules/@upstash'), { recursive: true });
  for (const name of ['redis', 'redis-5', 'ioredis', '@upstash/redis']) {
    await symlink(fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url)), join(project, 'node_modules', name));
  }
  await symlink(fileURLToPath(new URL('../../js/node_modules/@types', import.meta.url)), join(project, 'node_modules/@types'));
  await cp(new URL('client-types.mts', import.meta.url), join(project, 'client-types.mts'));
  const tsc = fileURLToPath(new URL('../../js/node_modules/.bin/tsc', import.meta.url));
  const flags = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--types',
    'node',
    '--ignoreConfig',
  ];
  const { stdout } = await promisify(execFile)(tsc, [...flags, 'client-types.mts'], { cwd: project }).catch((error) => error);
  assert.equal(stdout, '');
});

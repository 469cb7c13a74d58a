// Work that outlives its token: a job in another process, whose captured token has expired, takes the newest one from the relay.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const JOB = fileURLToPath(new URL('relay-job.mjs', import.meta.url));
const OWNER_ID = 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3';

export async function relay({ issuer, keys, redis, token }) {
  const key = randomBytes(32).toString('base64');
  const captured = { token: await issuer.mint({}, { expiresIn: -60 }), expiresAt: Math.floor(Date.now() / 1000) - 60 };
  const job = async () => {
    const { PATH } = process.env;
    const env = { PATH, REDIS_URL: redis.url, RELAY_KEY: key, JWKS_URL: keys.jwksUrl, CAPTURED: JSON.stringify(captured) };
    return JSON.parse((await promisify(execFile)(process.execPath, [JOB], { env })).stdout);
  };
  return {
    env: { COUNTERSIGN_RELAY_KEY: key, COUNTERSIGN_OWNER_ID: OWNER_ID },
    async show({ call, row, expect }) {
      const before = await job();
      expect(before.code === 'ERR_CREDENTIAL_EXPIRED');
      row('a job in another process', 'an expired token', '-', before.code);
      // Vercel hands the deployment's newest token to each request.
      const headers = { 'x-vercel-oidc-token': await issuer.mint() };
      const response = await call('/api/gateway', token, { method: 'POST', body: 'hello', headers });
      expect(response.status === 200);
      row('/api/gateway (relay)', 'a good token', response.status, 'publishes the newest token, encrypted, to Redis');
      let after = await job();
      // The request does not wait for the publication.
      for (let tries = 0; after.source === undefined && tries < 20; tries++) after = await job();
      expect(after.source === 'shared');
      row('the job again', 'after it', '-', `has a token from the source \`${after.source}\`, good until ${after.expiresAt}`);
    },
  };
}

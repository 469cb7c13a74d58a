// The deployment's identity, traded for keys of a role: a bucket is listed with them. moto is in AWS's place, where it is installed.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort, requireFromApp } from '../local.mjs';

const ROLE = 'arn:aws:iam::123456789012:role/demo';
const program = process.env.MOTO_SERVER ?? fileURLToPath(new URL('../../../target/moto/bin/moto_server', import.meta.url));

export async function aws({ token }) {
  if (!existsSync(program)) {
    return {
      env: {},
      show: ({ row }) => row('/api/bucket (Node.js route)', 'nobody', '-', 'not shown: `cargo xtask test build peers` installs moto, which stands in for AWS'),
    };
  }
  const port = await freePort(0);
  const endpoint = `http://127.0.0.1:${port}`;
  const moto = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  while (moto.exitCode === null && !(await fetch(`${endpoint}/moto-api/data.json`).catch(() => undefined))) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { CreateBucketCommand, PutObjectCommand, S3Client } = requireFromApp('@aws-sdk/client-s3');
  const s3 = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials: { accessKeyId: 'demo', secretAccessKey: 'demo' } });
  await s3.send(new CreateBucketCommand({ Bucket: 'demo' }));
  await s3.send(new PutObjectCommand({ Bucket: 'demo', Key: 'greeting.txt', Body: 'hello' }));
  return {
    env: { AWS_ROLE_ARN: ROLE, AWS_REGION: 'us-east-1', COUNTERSIGN_BUCKET: 'demo', COUNTERSIGN_AWS_ENDPOINT: endpoint },
    async show({ call, row, expect }) {
      const response = await call('/api/bucket', token);
      const { objects, accountId, expiresAt } = await response.json();
      expect(response.status === 200 && objects?.length === 1);
      row('/api/bucket (Node.js route)', 'a good token', response.status, `keys of account ${accountId} until ${expiresAt} list ${objects?.map(({ key }) => key)}`);
    },
    stop: () => moto.kill(),
  };
}

// A cloud that trusts the project, the project told about it, and an object kept there with keys that the app traded its token for.

import { setUpInfrastructure } from './infrastructure.mjs';
import { reason } from './routes.mjs';

const CONTENT = 'kept without a key of AWS’s';

export async function cloud({ issuer, token }) {
  const steps = [];
  const { env, read, stop } = await setUpInfrastructure((step) => steps.push(step));
  const callers = [
    ['a good token', token, 201],
    ['a wrong project', await issuer.mint({ project_id: 'prj_another' }), 401],
    ['no token', undefined, 401],
  ];
  return {
    env,
    async show({ call, row, expect }) {
      for (const step of steps) row('infrastructure', 'countersign/infra', 'done', step);
      for (const [name, presented, status] of callers) {
        const response = await call('/api/upload', presented, { method: 'POST', body: CONTENT });
        expect(response.status === status);
        if (!response.ok) {
          row('/api/upload (S3)', name, response.status, await reason(response));
          continue;
        }
        const { bucket, key } = await response.json();
        const kept = await read(bucket, key);
        expect(kept === CONTENT);
        row('/api/upload (S3)', name, response.status, `the bucket ${bucket} has “${kept}”`);
      }
      const listed = await call('/api/bucket', token);
      const { objects, accountId, expiresAt } = await listed.json();
      expect(listed.status === 200 && objects?.length === 1);
      row(
        '/api/bucket (S3)',
        'a good token',
        listed.status,
        `keys of account ${accountId} until ${expiresAt} list ${objects?.length} object`,
      );
    },
    stop,
  };
}

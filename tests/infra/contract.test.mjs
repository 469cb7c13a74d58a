// The fake is held against `@vercel/sdk`, Vercel's own client: it understands what the client sends, the client understands
// what it answers, and this package's requests are the client's.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Vercel } from '@vercel/sdk';
import { infra } from './package.mjs';
import { startVercelApi } from './vercel-api.mjs';

const TEAM = { id: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3', slug: 'acme' };
const ALL = ['production', 'preview', 'development'];

let api;
let projects;
before(async () => {
  api = await startVercelApi({ team: TEAM, projects: ['site', 'other'], customEnvironments: ['env_staging'] });
  ({ projects } = new Vercel({ bearerToken: api.token, serverURL: api.url }));
});
after(() => api.close());

/** The requests that `work` makes. */
async function captured(work) {
  const from = api.requests.length;
  await work();
  return api.requests.slice(from).map(({ method, path, query, headers, body }) => ({
    method,
    path,
    query,
    body,
    headers: { accept: headers.accept, authorization: headers.authorization, ...(body && { 'content-type': headers['content-type'] }) },
  }));
}

const sync = (options) =>
  infra.syncEnvironment({ project: 'site', team: 'acme', token: api.token, apiUrl: api.url, allowRemovals: true, ...options });

/** A variable as this package has written it, for the client to write it again. */
const asInput = ({ key, value, type, target, comment, customEnvironmentIds }) => ({
  key,
  value,
  type,
  ...(target.length > 0 && { target }),
  ...(customEnvironmentIds.length > 0 && { customEnvironmentIds }),
  comment,
});

test('the client understands every answer of the fake', async () => {
  const context = { idOrName: 'other', slug: 'acme' };
  const single = { key: 'ONE', value: '1', type: 'encrypted', target: ALL, comment: 'by the client' };
  const created = await projects.createProjectEnv({ ...context, requestBody: single });
  assert.deepEqual([created.created.key, created.failed], ['ONE', []]);
  const batch = ['TWO', 'THREE'].map((key) => ({ ...single, key, type: 'plain' }));
  const both = await projects.createProjectEnv({ ...context, requestBody: batch });
  assert.deepEqual(
    both.created.map(({ key }) => key),
    ['TWO', 'THREE'],
  );

  const again = await projects.createProjectEnv({ ...context, requestBody: [single, { ...single, key: 'FOUR' }] });
  assert.deepEqual([again.created.map(({ key }) => key), again.failed.map(({ error }) => error.code)], [['FOUR'], ['ENV_CONFLICT']]);
  await assert.rejects(projects.createProjectEnv({ ...context, requestBody: single }), { statusCode: 400 });
  const upserted = await projects.createProjectEnv({ ...context, upsert: 'true', requestBody: { ...single, value: '2' } });
  assert.equal(upserted.created.id, created.created.id);
  const narrower = await projects.createProjectEnv({ ...context, upsert: 'true', requestBody: [{ ...single, target: ['preview'] }] });
  assert.equal(narrower.failed[0].error.code, 'ENV_CONFLICT', 'an upsert that does not match every environment');

  const id = created.created.id;
  const edited = await projects.editProjectEnv({ ...context, id, requestBody: { comment: 'edited', target: ['production'] } });
  assert.deepEqual([edited.comment, edited.target], ['edited', ['production']]);
  const sealed = await projects.filterProjectEnvs(context);
  const shown = await projects.filterProjectEnvs({ ...context, decrypt: 'true' });
  const value = (list) => list.envs.find((row) => row.id === id).value;
  assert.notEqual(value(sealed), '2');
  assert.equal(value(shown), '2');
  assert.deepEqual(shown.pagination, { count: 4, next: null, prev: null });
  assert.equal((await projects.getProjectEnv({ ...context, id })).value, '2');
  await projects.removeProjectEnv({ ...context, id });
  const rest = shown.envs.map((row) => row.id).filter((other) => other !== id);
  assert.equal((await projects.batchRemoveProjectEnv({ ...context, requestBody: { ids: rest } })).deleted, 3);
  assert.equal(api.variables('other').length, 0);

  await assert.rejects(projects.filterProjectEnvs({ idOrName: 'nowhere', slug: 'acme' }), { statusCode: 404 });
  await assert.rejects(projects.filterProjectEnvs({ idOrName: 'other', teamId: 'team_another' }), { statusCode: 403 });
});

for (const team of [TEAM.slug, TEAM.id]) {
  test(`requests are the client's, field for field: team ${team}`, async () => {
    const context = { idOrName: 'site', ...(team === TEAM.id ? { teamId: team } : { slug: team }) };
    api.variables().length = 0;
    const values = { A: 'x', B: 'ü"\\\n' };
    const [list, create] = await captured(() => sync({ team, values }));
    assert.deepEqual([list], await captured(() => projects.filterProjectEnvs({ ...context, decrypt: 'true' })));
    const written = api.variables().map(asInput);
    assert.deepEqual(
      written.map(({ key, value, target }) => [key, value, target.toSorted()]),
      [
        ['A', 'x', ALL.toSorted()],
        ['B', values.B, ALL.toSorted()],
      ],
    );
    assert.deepEqual([create], await captured(() => projects.createProjectEnv({ ...context, requestBody: written })));

    const [, upsert] = await captured(() => sync({ team, values: { ...values, A: 'y' } }));
    const changed = api
      .variables()
      .filter(({ key }) => key === 'A')
      .map(asInput);
    assert.deepEqual([upsert], await captured(() => projects.createProjectEnv({ ...context, upsert: 'true', requestBody: changed })));

    const ids = api
      .variables()
      .filter(({ key }) => key === 'B')
      .map(({ id }) => id);
    const [, remove] = await captured(() => sync({ team, values: { A: 'y' } }));
    assert.deepEqual([remove], await captured(() => projects.batchRemoveProjectEnv({ ...context, requestBody: { ids } })));

    const [, edit] = await captured(() => sync({ team, values: { A: 'y' }, targets: [...ALL, 'env_staging'] }));
    const [{ id, comment }] = api.variables();
    const moved = { value: 'y', type: 'encrypted', target: ALL.toSorted(), customEnvironmentIds: ['env_staging'], comment };
    assert.deepEqual([edit], await captured(() => projects.editProjectEnv({ ...context, id, requestBody: moved })));

    const [, narrow] = await captured(() => sync({ team, values: { A: 'z' }, targets: ['env_staging'] }));
    const places = { target: ALL.toSorted(), customEnvironmentIds: [] };
    assert.deepEqual([narrow], await captured(() => projects.editProjectEnv({ ...context, id, requestBody: places })));

    api.variables().length = 0;
    const [, custom] = await captured(() => sync({ team, values: { A: 'y' }, targets: ['env_staging'] }));
    const staged = api.variables().map(asInput);
    assert.ok(!('target' in staged[0]));
    assert.deepEqual([custom], await captured(() => projects.createProjectEnv({ ...context, requestBody: staged })));
  });
}

test('a variable that the list does not decrypt is read as the client reads one', async () => {
  api.variables().length = 0;
  const { id } = api.add({ key: 'SEALED', value: 'x' });
  // As a listing would be that ignores `decrypt`.
  const fetcher = (url, init) => fetch(String(url).replace('decrypt=true', 'decrypt=false'), init);
  const options = { project: 'site', team: 'acme', token: api.token, apiUrl: api.url, fetch: fetcher };
  const [, read] = await captured(async () => assert.equal((await infra.pullEnvironment(options)).values.SEALED, 'x'));
  assert.deepEqual([read], await captured(() => projects.getProjectEnv({ idOrName: 'site', slug: 'acme', id })));
});

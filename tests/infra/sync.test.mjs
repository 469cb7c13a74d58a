// `syncEnvironment` over HTTP: what it does to a project, whatever happens on the way.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, test } from 'node:test';
import { inspect } from 'node:util';
import { fileURLToPath } from 'node:url';
import { CountersignError, infra, memoryBytes } from './package.mjs';
import { startVercelApi } from './vercel-api.mjs';

const SECRET = 's3cr3t-value';
const VALUES = { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/site', AWS_REGION: 'eu-central-1', S3_BUCKET_NAME: SECRET };

let api;
beforeEach(async () => {
  // Two variables a page, so that a small project has several.
  api = await startVercelApi({ team: { id: 'team_1', slug: 'acme' }, pageSize: 2 });
});
afterEach(() => api.close());

const base = () => ({ project: 'site', team: 'acme', token: api.token, apiUrl: api.url });
const sync = (options) => infra.syncEnvironment({ ...base(), values: VALUES, allowRemovals: true, ...options });
const ALL = ['development', 'preview', 'production'];
const LISTS = ['created', 'updated', 'unchanged', 'removed', 'foreign'];
/** Lines of a report, by name: all of them are in the three standard environments. */
const names = (report) =>
  Object.fromEntries(
    LISTS.map((key) => {
      const lines = report[key];
      for (const { targets } of lines) assert.deepEqual(targets, ALL);
      return [key, lines.map(({ name }) => name)];
    }),
  );
const content = () => Object.fromEntries(api.variables().map(({ key, value }) => [key, value]));

/** A project with everything in it: something to leave, to create, to write over, to move, to remove, and others' variables. */
async function prepare() {
  await sync({ values: { AWS_REGION: 'us-east-1', OLD: 'x', OLDER: 'x' } });
  await sync({ stack: 'other', values: { THEIRS: 'x' } });
  api.add({ key: 'BY_HAND', value: 'untouched' });
  api.add({ key: 'S3_BUCKET_NAME', value: 'untouched', target: ['preview'] });
  api.add({ key: 'AWS_REGION', value: 'untouched', target: ['preview'], gitBranch: 'main' });
  const before = api.variables().filter(({ comment = '' }) => !comment.includes('stack default'));
  return structuredClone(before);
}

const foreign = () => api.variables().filter(({ comment = '' }) => !comment.includes('stack default'));

test('it does what the plan says, twice is once, and nothing foreign is touched', async () => {
  const before = await prepare();
  const plan = await sync({ dryRun: true });
  assert.deepEqual(plan.needsDeployment, ['preview', 'production']);
  assert.deepEqual(names(plan), {
    created: ['AWS_ROLE_ARN'],
    updated: ['AWS_REGION'],
    unchanged: [],
    removed: ['OLD', 'OLDER'],
    foreign: ['S3_BUCKET_NAME'],
  });
  const progress = [];
  assert.deepEqual(await sync({ onProgress: (at) => progress.push(at) }), plan);
  assert.deepEqual(progress.at(0), { phase: 'read', done: 2 });
  assert.deepEqual(progress.at(-1), { phase: 'write', done: 4, total: 4 });
  assert.deepEqual(foreign(), before);
  const again = await sync();
  assert.deepEqual(again.needsDeployment, []);
  assert.deepEqual(names(again), {
    created: [],
    updated: [],
    unchanged: ['AWS_REGION', 'AWS_ROLE_ARN'],
    removed: [],
    foreign: ['S3_BUCKET_NAME'],
  });
});

for (const fault of ['lost', 'answer lost', 'busy', 'failed late']) {
  test(`a fault at any request is survived: ${fault}`, { timeout: 120_000 }, async () => {
    // Patience is counted in requests: here waiting takes no time.
    const setTimeoutOfNode = globalThis.setTimeout;
    globalThis.setTimeout = (run, ms, ...rest) => setTimeoutOfNode(run, ms >= 30_000 ? ms : 0, ...rest);
    try {
      for (let at = 0; ; at += 1) {
        api.variables().length = 0;
        api.failWhen(() => undefined);
        const before = await prepare();
        const from = api.requests.length;
        api.failWhen((number) => (number === from + at ? fault : undefined));
        await sync();
        const made = api.requests.length - from;
        assert.deepEqual(foreign(), before);
        check();
        if (made <= at) break;
      }
    } finally {
      globalThis.setTimeout = setTimeoutOfNode;
    }
  });
}

test('killed at any request, a second run completes', { timeout: 120_000 }, async () => {
  for (const fault of ['lost', 'answer lost']) {
    for (let at = 0; ; at += 1) {
      api.variables().length = 0;
      api.failWhen(() => undefined);
      const before = await prepare();
      const from = api.requests.length;
      const child = spawn(process.execPath, [fileURLToPath(new URL('killed.mjs', import.meta.url))], {
        stdio: ['pipe', 'inherit', 'inherit'],
      });
      // The process dies in the middle of the request, whatever becomes of it at Vercel.
      api.failWhen((number) => (number === from + at ? (child.kill('SIGKILL'), fault) : undefined));
      child.stdin.end(JSON.stringify({ ...base(), values: VALUES, allowRemovals: true }));
      const [code, signal] = await once(child, 'exit');
      assert.ok(code === 0 || signal === 'SIGKILL', `exit code ${code}`);
      api.failWhen(() => undefined);
      assert.deepEqual(foreign(), before);
      await sync();
      assert.deepEqual(foreign(), before);
      check();
      if (code === 0) break;
    }
  }
});

/** The project after a run, however it came to be: as wanted, and nothing twice. */
function check() {
  const ours = api.variables().filter((variable) => !foreign().includes(variable));
  assert.deepEqual(ours.map(({ key, value }) => [key, value]).sort(), [
    ['AWS_REGION', VALUES.AWS_REGION],
    ['AWS_ROLE_ARN', VALUES.AWS_ROLE_ARN],
  ]);
}

test('what lies outside the targets is not touched, and each line of a plan names its environments', async () => {
  await sync({ values: { A: '1', OLD: '1' }, targets: ['production'] });
  const production = structuredClone(api.variables());
  assert.deepEqual(await sync({ values: { A: '2' }, targets: ['preview'] }), {
    created: [{ name: 'A', targets: ['preview'] }],
    updated: [],
    takenOver: [],
    unchanged: [],
    removed: [],
    foreign: [],
    needsDeployment: ['preview'],
  });
  assert.deepEqual(
    api.variables().filter(({ target }) => target.includes('production')),
    production,
  );
  api.variables().length = 0;
  // One variable in all environments: it leaves those that are named, and stays as it is in the others.
  await sync({ values: { A: '1', OLD: '1' } });
  const options = { values: { A: '2' }, targets: ['production'] };
  const plan = await sync({ ...options, dryRun: true });
  assert.deepEqual(plan, {
    created: [],
    updated: [{ name: 'A', targets: ['production'] }],
    takenOver: [],
    unchanged: [],
    removed: [{ name: 'OLD', targets: ['production'] }],
    foreign: [],
    needsDeployment: ['production'],
  });
  assert.deepEqual(await sync(options), plan);
  const meanings = api.variables().flatMap(({ key, value, target }) => target.map((at) => `${key} in ${at}: ${value}`));
  assert.deepEqual(meanings.sort(), [
    'A in development: 1',
    'A in preview: 1',
    'A in production: 2',
    'OLD in development: 1',
    'OLD in preview: 1',
  ]);
});

test('removals are refused by name, before anything is changed', async () => {
  await sync({ values: { A: '1', OLD: '1' } });
  const before = structuredClone(api.variables());
  const refused = await sync({ values: { A: '2' }, allowRemovals: false }).catch((error) => error);
  assert.ok(refused instanceof CountersignError);
  assert.deepEqual([refused.code, refused.option, refused.retryable], ['ERR_INVALID_OPTION', 'allowRemovals', false]);
  assert.equal(refused.message, '`allowRemovals` must be true to remove 1 variable, such as OLD from development, preview, production');
  assert.deepEqual(api.variables(), before);
});

test('a variable that is set in the meantime is not overwritten', async () => {
  let set = false;
  const fetcher = (url, init) => {
    if (init.method === 'POST' && !set) {
      set = true;
      api.add({ key: 'AWS_ROLE_ARN', value: 'by hand' });
    }
    return fetch(url, init);
  };
  const { created, foreign } = names(await sync({ fetch: fetcher }));
  assert.deepEqual({ created, foreign }, { created: ['AWS_REGION', 'S3_BUCKET_NAME'], foreign: ['AWS_ROLE_ARN'] });
  assert.equal(content().AWS_ROLE_ARN, 'by hand');
});

test('sensitive values are compared by fingerprint, or written again', async () => {
  const deployed = { targets: ['production', 'preview'], type: 'sensitive' };
  await sync(deployed);
  const updated = async (options) => (await sync(options)).updated.map(({ name }) => name);
  assert.deepEqual(await updated(deployed), Object.keys(VALUES).sort());
  const keyed = { ...deployed, fingerprintKey: '0123456789abcdef' };
  await sync(keyed);
  assert.deepEqual(
    (await sync(keyed)).unchanged.map(({ name }) => name),
    Object.keys(VALUES).sort(),
  );
  assert.deepEqual(await updated({ ...keyed, values: { ...VALUES, AWS_REGION: 'x' } }), ['AWS_REGION']);
  await assert.rejects(sync({ type: 'sensitive' }), { code: 'ERR_INVALID_OPTION' });
});

test('ten thousand variables: batches, progress, and memory that does not grow with what is there', { timeout: 300_000 }, async () => {
  const large = await startVercelApi();
  try {
    const values = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`NAME_${n}`, `${n}`]));
    const options = { project: 'site', token: large.token, apiUrl: large.url, values };
    const progress = [];
    const first = await infra.syncEnvironment({ ...options, onProgress: ({ done }) => progress.push(done) });
    assert.equal(first.created.length, 10_000);
    assert.equal(large.requests.length, 101);
    assert.ok(progress.length > 100 && progress.at(-1) === 10_000);
    const memory = memoryBytes();
    for (let n = 0; n < 10_000; n += 1) large.add({ key: `THEIRS_${n}`, value: 'x'.repeat(1000) });
    const second = await infra.syncEnvironment(options);
    assert.equal(second.unchanged.length, 10_000);
    assert.ok(large.requests.slice(101).every(({ method }) => method === 'GET'));
    assert.ok(memoryBytes() <= memory + 2 ** 21, `${memory} bytes became ${memoryBytes()}`);
  } finally {
    await large.close();
  }
});

test('values and token are shown nowhere', async () => {
  const shown = [];
  const collect = (value) =>
    shown.push(inspect(value, { depth: 10, showHidden: false }), JSON.stringify(value), String(value?.stack ?? value));
  collect(await sync({ onProgress: collect }));
  const pulled = await infra.pullEnvironment(base());
  assert.equal(pulled.values.S3_BUCKET_NAME, SECRET);
  collect(pulled);
  const refused = async (options) =>
    collect(await infra.syncEnvironment({ ...base(), values: VALUES, ...options }).catch((error) => error));
  await refused({ token: `${api.token}x` });
  await refused({ values: { 'A B': SECRET } });
  await refused({ values: { A: { SECRET } } });
  await refused({ values: SECRET });
  await refused({ values: { A: `${SECRET}\0` } });
  await refused({ fingerprintKey: SECRET });
  await refused({ targets: [SECRET] });
  await refused({ takeOver: [SECRET] });
  await refused({ gitBranch: `${SECRET} ` });
  await refused({ deployHook: SECRET });
  await refused({ deployHook: `http://hook.example/${SECRET}` });
  await refused({ fetch: async () => new Response(JSON.stringify({ error: { code: 'bad_request', message: SECRET } }), { status: 400 }) });
  await refused({ fetch: async () => new Response(SECRET) });
  collect(infra.readVariables);
  for (const text of [`A=${SECRET}#`, `{"A":["${SECRET}"]}`]) {
    try {
      infra.readVariables(text, text.startsWith('{') ? 'json' : 'dotenv');
      assert.fail('accepted');
    } catch (error) {
      collect(error);
    }
  }
  assert.ok(shown.length > 30);
  assert.deepEqual(
    shown.filter((text) => text?.includes(SECRET) || text?.includes(api.token)),
    [],
  );
});

test('errors say what to do and who refused', async () => {
  await assert.rejects(sync({ token: 'wrong' }), {
    code: 'ERR_EXCHANGE_REJECTED',
    status: 403,
    retryable: false,
    provider: { name: 'vercel', code: 'forbidden', requestId: 'fra1::fake' },
    message: 'Vercel refused the request: forbidden',
  });
  await assert.rejects(sync({ values: {} }), { code: 'ERR_INVALID_OPTION' });
  await assert.rejects(sync({ vales: {} }), { code: 'ERR_INVALID_OPTION', message: 'unknown option `vales`; did you mean `values`?' });
  await assert.rejects(sync({ fetch: 5 }), { code: 'ERR_INVALID_OPTION' });
  await assert.rejects(infra.syncEnvironment(), { code: 'ERR_INVALID_OPTION' });
  assert.deepEqual(api.variables(), []);
});

test('what reports progress may end the run', async () => {
  await assert.rejects(
    sync({
      onProgress: () => {
        throw new RangeError('enough');
      },
    }),
    RangeError,
  );
  assert.equal(api.requests.length, 1);
});

test('pull reads what can be read, and only what is for the environment', async () => {
  await sync();
  api.add({ key: 'PREVIEW_ONLY', value: 'x', target: ['preview'] });
  api.add({ key: 'HIDDEN', value: 'x', type: 'sensitive', target: ['production'] });
  api.add({ key: 'AWS_REGION', value: 'branch', target: ['preview'], gitBranch: 'main' });
  const { values, names, unreadable } = await infra.pullEnvironment(base());
  assert.deepEqual([values, names.toSorted(), unreadable], [VALUES, Object.keys(VALUES).sort(), []]);
  assert.deepEqual((await infra.pullEnvironment({ ...base(), target: 'production' })).unreadable, ['HIDDEN']);
  assert.equal((await infra.pullEnvironment({ ...base(), target: 'preview' })).values.AWS_REGION, VALUES.AWS_REGION);
});

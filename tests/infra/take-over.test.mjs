// Variables of a branch, variables that are taken over, and deploy hooks: over HTTP, and from the command line.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import { inspect } from 'node:util';
import { fileURLToPath } from 'node:url';
import { infra } from './package.mjs';
import { startVercelApi } from './vercel-api.mjs';

const PROGRAM = fileURLToPath(new URL('../../pkg/dist/cli/main.js', import.meta.url));
const SECRET = 'h00k-s3cret';

let api;
let hook;
let calls;
let status;
beforeEach(async () => {
  api = await startVercelApi({ team: { id: 'team_1', slug: 'acme' } });
  [calls, status] = [[], 201];
  hook = createServer((request, response) => {
    calls.push({ method: request.method, url: request.url, authorization: request.headers.authorization });
    response.writeHead(status, { location: '/elsewhere' }).end(`{"error":{"code":"${SECRET}","message":"${request.url}"}}`);
  });
  await once(hook.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => Promise.all([api.close(), new Promise((resolve) => hook.close(resolve))]));

const hookUrl = () => `http://127.0.0.1:${hook.address().port}/v1/integrations/deploy/prj_1/${SECRET}`;
const sync = (options) => infra.syncEnvironment({ project: 'site', team: 'acme', token: api.token, apiUrl: api.url, ...options });
const meanings = (name) =>
  api
    .variables()
    .filter(({ key }) => key === name)
    .flatMap(({ value, target, gitBranch }) => target.map((at) => `${at}${gitBranch ? `@${gitBranch}` : ''}=${value}`))
    .sort();

async function run(args, { env = {}, input = '{"A":"1"}' } = {}) {
  const inherited = { PATH: process.env.PATH, VERCEL_TOKEN: api.token, VERCEL_PROJECT_ID: 'site', VERCEL_ORG_ID: 'team_1' };
  const child = spawn(process.execPath, [PROGRAM, 'env', ...args, '--api-url', api.url], { env: { ...inherited, ...env } });
  child.stdin.on('error', () => undefined).end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  assert.ok(!(stdout + stderr).includes(SECRET), 'the URL of the hook is a secret');
  return { code, stdout, stderr };
}

test("a branch's variables are written and removed beside those of all previews", async () => {
  api.add({ key: 'A', value: 'by hand' });
  const of = (gitBranch, values, more) => sync({ gitBranch, values, allowRemovals: true, ...more });
  assert.deepEqual((await of('feature/x', { A: '1', B: '1' })).created, [
    { name: 'A', targets: ['preview'] },
    { name: 'B', targets: ['preview'] },
  ]);
  await of('other', { A: '2' });
  assert.deepEqual((await of('feature/x', { A: '3' })).removed, [{ name: 'B', targets: ['preview'] }]);
  assert.deepEqual((await sync({ values: { A: '4' } })).foreign.length, 1);
  const expected = ['development=by hand', 'preview=by hand', 'preview@feature/x=3', 'preview@other=2', 'production=by hand'];
  assert.deepEqual(meanings('A'), expected);
  assert.deepEqual(meanings('B'), []);
  await assert.rejects(of('x', { A: '1' }, { targets: ['production'] }), { code: 'ERR_INVALID_OPTION', option: 'targets' });
});

test('a variable that a person has set is taken over by its name', async () => {
  api.add({ key: 'A', value: 'by hand', type: 'plain', comment: 'ask Ada' });
  api.add({ key: 'B', value: 'by hand' });
  await sync({ stack: 'other', values: { C: 'theirs' } });
  const values = { A: '1', B: '1', C: '1' };
  const { takenOver, foreign } = await sync({ values, takeOver: ['A', 'C'] });
  assert.deepEqual(
    [takenOver, foreign].map((lines) => lines.map(({ name }) => name)),
    [['A'], ['B', 'C']],
  );
  assert.deepEqual(meanings('A'), ['development=1', 'preview=1', 'production=1']);
  assert.deepEqual([meanings('B')[0], meanings('C')[0]], ['development=by hand', 'development=theirs']);
  const { type, comment } = api.variables().find(({ key }) => key === 'A');
  assert.deepEqual([type, comment], ['encrypted', 'Set by countersign, stack default: do not edit.']);
  assert.deepEqual((await sync({ values, takeOver: ['A'] })).unchanged.length, 1);
  await assert.rejects(sync({ values, takeOver: ['A', 'D'] }), { code: 'ERR_INVALID_OPTION', option: 'takeOver[1]' });
});

test('the deploy hook is called once after a change, without the access token, and shown nowhere', async () => {
  const shown = [];
  const withHook = async (options) => {
    const report = await sync({ deployHook: hookUrl(), onProgress: (at) => shown.push(JSON.stringify(at)), ...options });
    shown.push(JSON.stringify(report), inspect(report, { depth: 9 }));
    return report;
  };
  assert.equal((await withHook({ values: { A: '1' }, dryRun: true })).deployHook, undefined);
  assert.deepEqual(calls, []);
  const { needsDeployment, deployHook } = await withHook({ values: { A: '1' } });
  assert.deepEqual([needsDeployment, deployHook], [['preview', 'production'], { ok: true }]);
  const call = { method: 'POST', url: `/v1/integrations/deploy/prj_1/${SECRET}`, authorization: undefined };
  assert.deepEqual(calls, [call]);
  assert.deepEqual((await withHook({ values: { A: '1' } })).needsDeployment, []);
  assert.equal(calls.length, 1, 'nothing changed');
  status = 404;
  assert.deepEqual((await withHook({ values: { A: '2' } })).deployHook, { ok: false, reason: 'it answered with status 404' });
  status = 307;
  const redirected = { ok: false, reason: 'it answered with status 307' };
  assert.deepEqual((await withHook({ values: { A: '3' } })).deployHook, redirected);
  assert.equal(calls.length, 3, 'neither repeated nor followed');
  const unreachable = { fetch: (url, init) => (url.includes(SECRET) ? Promise.reject(new TypeError(url)) : fetch(url, init)) };
  const setTimeoutOfNode = globalThis.setTimeout;
  globalThis.setTimeout = (callback, ms, ...rest) => setTimeoutOfNode(callback, ms >= 30_000 ? ms : 0, ...rest);
  try {
    assert.equal((await withHook({ values: { A: '4' }, ...unreachable })).deployHook.reason, 'it could not be reached');
  } finally {
    globalThis.setTimeout = setTimeoutOfNode;
  }
  assert.deepEqual(
    shown.filter((line) => line.includes(SECRET)),
    [],
  );
});

test('the command says that a deployment is needed, or calls the hook that a variable names', async () => {
  const plan = await run(['plan', '--text', '--no-color']);
  assert.match(plan.stdout, /preview, production would need a new deployment/);
  const first = await run(['sync', '--text', '--no-color']);
  assert.match(first.stdout, /preview, production need a new deployment: those that exist keep their\s+variables\./);
  const development = await run(['sync', '--target', 'development', '--text', '--no-color'], { input: '{"A":"2"}' });
  assert.doesNotMatch(development.stdout, /deployment/);
  const env = { HOOK: hookUrl() };
  const hooked = await run(['sync', '--deploy-hook-env', 'HOOK', '--text', '--no-color'], { input: '{"A":"3"}', env });
  assert.deepEqual([hooked.code, calls.length], [0, 1]);
  assert.match(hooked.stdout, /The deploy hook was called\./);
  status = 403;
  const failed = await run(['sync', '--deploy-hook-env', 'HOOK', '--json'], { input: '{"A":"4"}', env });
  assert.deepEqual([failed.code, JSON.parse(failed.stdout).deployHook], [1, { ok: false, reason: 'it answered with status 403' }]);
  assert.equal((await run(['sync', '--deploy-hook-env', hookUrl()])).code, 2, 'a URL in place of its name');
  for (const args of [
    ['plan', '--deploy-hook-env', 'HOOK'],
    ['pull', '--take-over', 'A'],
    ['pull', '--git-branch', 'x'],
  ]) {
    const misplaced = await run(args, { env });
    assert.equal(misplaced.code, 2, misplaced.stderr);
    assert.match(misplaced.stderr, /goes with `sync`/);
  }
});

test('the command takes a variable over, and writes for a branch', async () => {
  api.add({ key: 'A', value: 'by hand' });
  const left = await run(['sync', '--text', '--no-color']);
  assert.deepEqual([left.code, meanings('A')[0]], [1, 'development=by hand']);
  const taken = await run(['sync', '--take-over', 'A', '--text', '--no-color']);
  assert.equal(taken.code, 0, taken.stderr);
  assert.match(taken.stdout, /^~ A +taken over \(development, preview, production\)\n/);
  assert.equal((await run(['sync', '--git-branch', 'feature/x'], { input: '{"A":"9"}' })).code, 0);
  assert.deepEqual(meanings('A'), ['development=1', 'preview=1', 'preview@feature/x=9', 'production=1']);
});

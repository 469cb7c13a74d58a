// The writer for Vercel Sandbox: the real SDK, a fake of its API on this machine, and processes that really run.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Sandbox } from '@vercel/sandbox';
import { CREDENTIALS, modeOf, startSandboxApi } from '../../../www/scripts/sandbox-api.mjs';
import { importPackage } from '../package-under-test.mjs';

const { refresh, testing } = await importPackage('peers-refresh-sandbox');
const issuer = await testing.createTestIssuer();

const KEY_FILE = '/vercel/sandbox/.credentials/key';
const SCRIPT = '/vercel/sandbox/start.sh';
// Notes its number and what it was given, and lives on.
const command = ['sh', '-c', 'echo "$$ $AI_GATEWAY_API_KEY" >>/vercel/sandbox/seen; exec sleep 600'];

let api;
let sdk;
before(async () => {
  api = await startSandboxApi();
  sdk = { ...CREDENTIALS, fetch: api.fetch };
});
after(() => api?.stop());

/** A sandbox as an application makes it: the token of that moment in its environment, the script in it, the process started. */
async function startSandbox(name, token) {
  const sandbox = await Sandbox.create({ ...sdk, name, env: { AI_GATEWAY_API_KEY: token } });
  const files = [{ path: '/vercel/sandbox/agent.json', content: '{"apiKey":"from-environment"}' }];
  await sandbox.writeFiles([{ path: SCRIPT, content: refresh.startupScript({ command, keyFile: KEY_FILE, files }), mode: 0o700 }]);
  await sandbox.runCommand({ cmd: 'sh', args: [SCRIPT], detached: true });
  const state = api.sandboxes.get(name);
  await seen(state, 1);
  return state;
}

/** What its processes have noted, once there are so many notes. */
async function seen({ folder }, count) {
  for (;;) {
    const lines = (await readFile(`${folder}/sandbox/seen`, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    if (lines.length >= count) return lines.map((line) => line.split(' '));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const lives = (pid) => {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
};

const writerOf = (options) =>
  refresh.createSandboxWriter({
    sandbox: ({ id }) => Sandbox.get({ ...sdk, name: id }),
    keyFile: KEY_FILE,
    restart: { cmd: 'sh', args: [SCRIPT] },
    ...options,
  });

test('lesson 5: environment given at creation is gone or stale later, so a refresh writes the file and restarts', async () => {
  const [stale, fresh, fresher] = [await issuer.mint({}, { expiresIn: 60 }), await issuer.mint(), await issuer.mint({ jti: '2' })];
  const state = await startSandbox('agent', stale);
  const [[firstPid, firstToken]] = await seen(state, 1);
  assert.equal(firstToken, stale);

  const run = (token) => refresh.refreshAll([{ id: 'agent' }], writerOf(), { token: () => token });
  const summary = await run(fresh);
  assert.deepEqual([summary.refreshed, summary.failures], [1, []]);
  const [, [secondPid, secondToken]] = await seen(state, 2);
  assert.equal(secondToken, fresh, 'the file counts, not the environment of the creation');
  assert.ok(!lives(firstPid) && lives(secondPid), 'the one process made way for the other');
  await run(fresher);
  const [, , [thirdPid, thirdToken]] = await seen(state, 3);
  assert.equal(thirdToken, fresher);
  assert.ok(!lives(secondPid) && lives(thirdPid));

  assert.equal(modeOf(`${state.folder}/sandbox/.credentials/key`), '600');
  assert.deepEqual((await readdir(`${state.folder}/sandbox/.credentials`)).sort(), ['key', 'key.pid'], 'nothing temporary is left');
});

test('lesson 6: a run writes to every sandbox that runs, and reports each', async () => {
  const token = await issuer.mint();
  const old = await issuer.mint({}, { expiresIn: 60 });
  const states = Object.fromEntries(
    await Promise.all(['one', 'two', 'stopped', 'full'].map(async (name) => [name, await startSandbox(name, old)])),
  );
  states.stopped.status = 'stopped';
  states.stopped.requests.length = 0;
  states.full.fault = { on: 'fs/write', status: 400, body: { error: { code: 'no_space', message: `no space for ${token}` } } };
  const registry = refresh.createMemoryRegistry();
  for (const id of ['one', 'two', 'stopped', 'full', 'deleted']) await registry.add(id);
  const results = {};
  const summary = await refresh.refreshAll(registry, writerOf(), {
    token: () => token,
    concurrency: 2,
    onResult: ({ id, status, reason }) => (results[id] = [status, reason]),
  });
  assert.deepEqual(results.one, ['refreshed', undefined]);
  assert.deepEqual(results.two, ['refreshed', undefined]);
  assert.deepEqual(results.stopped, ['skipped', 'not-running']);
  assert.deepEqual(results.deleted, ['skipped', 'gone']);
  assert.equal(results.full[0], 'failed');
  assert.match(results.full[1], /Status code 400 is not ok: no space for \[redacted\]/);
  assert.ok(!JSON.stringify(summary).includes(token.slice(-30)));
  assert.deepEqual(states.stopped.requests, ['GET sandbox'], 'a stopped sandbox is not woken up');
  assert.deepEqual(
    (await registry.list()).targets.map(({ id }) => id),
    ['one', 'two', 'stopped', 'full'],
    'the deleted one is forgotten',
  );
  for (const name of ['one', 'two']) assert.equal((await seen(states[name], 2))[1][1], token);
});

test('a sandbox that was stopped gets a fresh token when it is resumed', async () => {
  const state = await startSandbox('resumed', await issuer.mint({}, { expiresIn: 60 }));
  state.status = 'stopped';
  const token = await issuer.mint();
  const onResume = async (sandbox) => {
    const summary = await refresh.refreshAll([sandbox.name], writerOf({ sandbox: () => sandbox }), { token: () => token });
    assert.equal(summary.refreshed, 1, JSON.stringify(summary));
  };
  await Sandbox.get({ ...sdk, name: 'resumed', resume: true, onResume });
  assert.equal((await seen(state, 2))[1][1], token);
});

test('a key file that cannot be put in its place leaves nothing behind', async () => {
  const state = await startSandbox('blocked', await issuer.mint());
  const keyFile = '/vercel/sandbox/.credentials';
  const summary = await refresh.refreshAll([{ id: 'blocked' }], writerOf({ keyFile }), { token: () => issuer.mint() });
  assert.deepEqual(summary.failures, [{ id: 'blocked', reason: 'Error: the key file could not be put in its place: exit code 1' }]);
  assert.deepEqual((await readdir(`${state.folder}/sandbox`)).sort(), ['.credentials', 'agent.json', 'seen', 'start.sh']);
  assert.deepEqual((await readdir(`${state.folder}/sandbox/.credentials`)).sort(), ['key.pid']);
  assert.equal((await seen(state, 1)).length, 1, 'and nothing is restarted');
});

test('a restart that is waited for must end well', async () => {
  const state = await startSandbox('waits', await issuer.mint());
  const token = () => issuer.mint();
  const run = (args) =>
    refresh.refreshAll(
      ['waits'],
      writerOf({ sandbox: (id) => Sandbox.get({ ...sdk, name: id }), restart: { cmd: 'sh', args, wait: true } }),
      { token },
    );
  assert.equal((await run(['-c', 'test -z "$AI_GATEWAY_API_KEY"'])).refreshed, 1, 'the variable of the creation is blank');
  assert.deepEqual((await run(['-c', 'exit 3'])).failures, [{ id: 'waits', reason: 'Error: the restart failed: exit code 3' }]);
  assert.ok(state.requests.length > 0);
});

test('a sandbox that hangs is given up after its time, and the SDK lets go', async () => {
  await startSandbox('hangs', await issuer.mint());
  const restart = { cmd: 'sleep', args: ['600'], wait: true };
  const summary = await refresh.refreshAll([{ id: 'hangs' }], writerOf({ restart }), { token: () => issuer.mint(), timeout: 1 });
  assert.deepEqual(summary.failures, [{ id: 'hangs', reason: 'timed out after 1 s' }]);
});

test('options are held to their word', () => {
  const wrong = [
    { keyFile: 'relative' },
    { keyFile: '/a/../b' },
    { keyFile: '/a\nb' },
    { keyFile: '/a/' },
    { variable: 'A B' },
    { variable: 'PATH' },
    { restart: undefined },
    { restart: { args: [] } },
    { sandbox: 'agent' },
    { region: 'iad1' },
  ];
  for (const options of wrong) assert.throws(() => writerOf(options), { code: 'ERR_INVALID_OPTION' }, JSON.stringify(options));
});
